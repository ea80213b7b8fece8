"""KMS: keys for message authentication codes (HMAC).

https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
"""

from collections.abc import Callable
from typing import Any

from moto.kms.models import Key, KmsBackend

from local_aws.errors import ServiceError
from local_aws.patching import replaces

USAGE = "GENERATE_VERIFY_MAC"


@replaces(
    Key,
    "to_dict",
    because="moto lists algorithms for encryption, and none for authentication, of an HMAC key",
    source="https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html",
    written_against="09b57d7c",
)
def _to_dict(original: Callable[..., dict[str, Any]], key: Key) -> dict[str, Any]:
    described = original(key)
    if key.key_usage == USAGE:
        metadata = described["KeyMetadata"]
        del metadata["EncryptionAlgorithms"], metadata["SigningAlgorithms"]
        metadata["MacAlgorithms"] = [_algorithm(key)]
    return described


def _algorithm(key: Key) -> str:
    return str(key.key_spec).replace("HMAC_", "HMAC_SHA_")


@replaces(
    KmsBackend,
    "generate_mac",
    because="moto answers with the ID of the key instead of its ARN, accepts disabled keys and algorithms that the "
    "key does not support, and does not say what is wrong with a key",
    source="https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html",
    written_against="464327c7",
)
def _generate_mac(
    original: Callable[..., tuple[str, str, str]],
    backend: KmsBackend,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    **rest: Any,  # noqa: ANN401
) -> tuple[str, str, str]:
    key = backend.describe_key(key_id)
    if key.key_state == "PendingDeletion":
        raise ServiceError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled:
        raise ServiceError("DisabledException", f"{key.arn} is disabled.")
    if key.key_usage != USAGE:
        reason = f"{key.arn} key usage is {key.key_usage} which is not valid for GenerateMac."
        raise ServiceError("InvalidKeyUsageException", reason)
    if mac_algorithm != _algorithm(key):
        reason = f"Algorithm {mac_algorithm} and key spec {key.key_spec} are incompatible."
        raise ServiceError("InvalidKeyUsageException", reason)
    mac, algorithm, _ = original(backend, message, key_id, mac_algorithm, **rest)
    return mac, algorithm, key.arn


@replaces(
    KmsBackend,
    "enable_key_rotation",
    because="only symmetric encryption keys rotate",
    source="https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html",
    written_against="d2a20648",
)
def _enable_key_rotation(original: Callable[..., None], backend: KmsBackend, key_id: str) -> None:
    key = backend.describe_key(key_id)
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise ServiceError(
            "UnsupportedOperationException", f"{key.arn} key spec is {key.key_spec}, which cannot rotate."
        )
    original(backend, key_id)
