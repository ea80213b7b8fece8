"""KMS: keys for message authentication codes, and who may use them."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.canaries import ACCOUNT, allow, code, policy

MAC = {"Message": b"a constant", "MacAlgorithm": "HMAC_SHA_256"}


@pytest.fixture
def hmac_key(aws: Callable[..., Any]) -> Callable[..., str]:
    """Creates an HMAC key; returns its ARN."""

    def make(**options: Any) -> str:  # noqa: ANN401
        request = {"KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256", **options}
        arn: str = aws("kms").create_key(**request)["KeyMetadata"]["Arn"]
        return arn

    return make


@pytest.fixture
def kms_of(aws: Callable[..., Any], role: Callable[..., str]) -> Callable[..., Any]:
    """Makes clients with the keys of a role with these statements."""

    def make(*statements: dict[str, Any]) -> Any:  # noqa: ANN401
        arn = role("lambda.amazonaws.com", *statements)
        keys = aws("sts").assume_role(RoleArn=arn, RoleSessionName="canary")["Credentials"]
        return aws(
            "kms",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return make


def test_a_key_gives_one_message_the_same_mac_each_time(aws: Callable[..., Any], hmac_key: Callable[..., str]) -> None:
    key, other = hmac_key(), hmac_key()
    first = aws("kms").generate_mac(KeyId=key, **MAC)
    assert (first["KeyId"], first["MacAlgorithm"], len(first["Mac"])) == (key, "HMAC_SHA_256", 32)
    assert aws("kms").generate_mac(KeyId=key.rsplit("/", 1)[-1], **MAC)["Mac"] == first["Mac"]
    assert aws("kms").generate_mac(KeyId=other, **MAC)["Mac"] != first["Mac"]
    assert aws("kms").generate_mac(KeyId=key, **{**MAC, "Message": b"another"})["Mac"] != first["Mac"]


def test_an_hmac_key_is_described_with_its_algorithm(aws: Callable[..., Any], hmac_key: Callable[..., str]) -> None:
    described = aws("kms").describe_key(KeyId=hmac_key())["KeyMetadata"]
    assert described["MacAlgorithms"] == ["HMAC_SHA_256"]
    assert "EncryptionAlgorithms" not in described


def test_only_an_hmac_key_that_is_enabled_gives_macs(
    aws: Callable[..., Any], hmac_key: Callable[..., str], key: Callable[..., str]
) -> None:
    kms, usable = aws("kms"), hmac_key()
    assert code(kms.generate_mac, KeyId=key(), **MAC) == "InvalidKeyUsageException"
    assert code(kms.generate_mac, KeyId=usable, **{**MAC, "MacAlgorithm": "HMAC_SHA_512"}) == "InvalidKeyUsageException"
    key_id = usable.rsplit("/", 1)[-1]
    kms.disable_key(KeyId=key_id)
    assert code(kms.generate_mac, KeyId=usable, **MAC) == "DisabledException"
    kms.schedule_key_deletion(KeyId=key_id)
    assert code(kms.generate_mac, KeyId=usable, **MAC) == "KMSInvalidStateException"


def test_an_hmac_key_does_not_rotate(aws: Callable[..., Any], hmac_key: Callable[..., str]) -> None:
    key = hmac_key()
    assert code(aws("kms").enable_key_rotation, KeyId=key) == "UnsupportedOperationException"
    assert aws("kms").get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False


def test_a_role_needs_the_permission_on_the_key(
    aws: Callable[..., Any], hmac_key: Callable[..., str], kms_of: Callable[..., Any], name: str
) -> None:
    key, other = hmac_key(), hmac_key()
    aws("kms").create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    kms = kms_of(allow("kms:GenerateMac", on=key))
    assert kms.generate_mac(KeyId=key, **MAC)["KeyId"] == key
    assert kms.generate_mac(KeyId=f"alias/{name}", **MAC)["KeyId"] == key
    with pytest.raises(ClientError, match=rf"kms:GenerateMac on resource: {other} because no identity-based") as error:
        kms.generate_mac(KeyId=other, **MAC)
    assert error.value.response["Error"]["Code"] == "AccessDeniedException"
    assert code(kms.verify_mac, KeyId=key, Mac=b"0", **MAC) == "AccessDeniedException"


def test_a_permission_can_be_restricted_to_an_algorithm(
    hmac_key: Callable[..., str], kms_of: Callable[..., Any]
) -> None:
    key = hmac_key()
    condition = {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}}
    kms = kms_of(allow("kms:GenerateMac", on=key, Condition=condition))
    assert kms.generate_mac(KeyId=key, **MAC)
    assert code(kms.generate_mac, KeyId=key, **{**MAC, "MacAlgorithm": "HMAC_SHA_512"}) == "AccessDeniedException"


def test_a_role_needs_a_key_policy_that_lets_it_in_or_leaves_it_to_iam(
    hmac_key: Callable[..., str], kms_of: Callable[..., Any]
) -> None:
    administrators = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/administrators"})
    key = hmac_key(Policy=policy(administrators))
    kms = kms_of(allow("kms:GenerateMac", on="*"))
    with pytest.raises(ClientError, match="because no resource-based policy allows the kms:GenerateMac action"):
        kms.generate_mac(KeyId=key, **MAC)


def test_keys_of_other_accounts_are_closed(aws: Callable[..., Any], hmac_key: Callable[..., str]) -> None:
    other = aws("kms", aws_access_key_id="222222222222")
    assert code(other.generate_mac, KeyId=hmac_key(), **MAC) == "AccessDeniedException"
