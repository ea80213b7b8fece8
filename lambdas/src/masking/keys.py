"""The keys that masks are made with, each derived from the secret for one purpose."""

import hmac
from dataclasses import dataclass
from typing import Self

_DIGEST = "sha256"


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (https://www.rfc-editor.org/rfc/rfc2104): 32 bytes."""
    return hmac.digest(key, message, _DIGEST)


@dataclass(frozen=True, repr=False)
class Keys:
    """No two of them are the same, and none tells anything of the secret or of another.

    They depend on the secret alone, so that a value gets the same mask in each table and attribute.
    """

    hash: bytes
    email: bytes
    digits: bytes
    seal: bytes
    authenticate: bytes
    collide: bytes
    mark: bytes

    @classmethod
    def of(cls, secret: bytes) -> Self:
        return cls(
            hash=mac(secret, b"hash"),
            email=mac(secret, b"email"),
            digits=mac(secret, b"digits"),
            seal=mac(secret, b"seal"),
            authenticate=mac(secret, b"authenticate"),
            collide=mac(secret, b"collide"),
            mark=mac(secret, b"mark"),
        )
