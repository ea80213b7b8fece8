"""Where a scan stopped, encrypted and authenticated, because it is the key of an item and part of the state.

Encrypt-then-MAC with standard means, since the functions have no library of ciphers: the keystream is HMAC-SHA256 in
counter mode (https://csrc.nist.gov/pubs/sp/800/108/r1/upd1/final), under a nonce of its own for each position.
"""

import base64
import hmac
import json
import os
from typing import Any

from masking.errors import InvalidInput
from masking.keys import Keys, mac

_NONCE_BYTES = 16
_TAG_BYTES = 32


def seal(position: dict[str, Any], segment: str, keys: Keys) -> str:
    """A table key in the form of DynamoDB's API, sealed for one segment of one table."""
    nonce = os.urandom(_NONCE_BYTES)
    plain = json.dumps(position, default=_base64, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = nonce + _combined(plain, nonce, keys)
    return base64.b64encode(sealed + _tag(sealed, segment, keys)).decode()


def unseal(text: str, segment: str, keys: Keys) -> dict[str, Any]:
    """The opposite of `seal`. Raises `InvalidInput` where the position is not one of this segment."""
    try:
        received = base64.b64decode(text, validate=True)
    except ValueError:
        received = b""
    sealed, tag = received[:-_TAG_BYTES], received[-_TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(sealed, segment, keys)):
        raise InvalidInput(
            f"The position of the segment {segment} was not sealed with the current HMAC key, or it was altered. "
            "Start a new execution, which begins at the first item."
        )
    nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    position: dict[str, Any] = json.loads(_combined(encrypted, nonce, keys), object_hook=_with_bytes)
    return position


def _combined(text: bytes, nonce: bytes, keys: Keys) -> bytes:
    """Each byte exclusive or one of the keystream: both encrypts and decrypts."""
    blocks = -(-len(text) // _TAG_BYTES)
    stream = b"".join(mac(keys.seal, nonce + block.to_bytes(4)) for block in range(blocks))
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _tag(sealed: bytes, segment: str, keys: Keys) -> bytes:
    # A nonce and a name of a segment can't be taken for each other: the nonce has a fixed length, and comes last.
    return mac(keys.authenticate, segment.encode() + b"\0" + sealed)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """The value of an attribute of type B. An attribute may also be named B, but then holds no text itself."""
    return {"B": base64.b64decode(value["B"])} if isinstance(value.get("B"), str) else value
