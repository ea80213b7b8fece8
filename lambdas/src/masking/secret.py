"""The secret of the masks: what an HMAC key of AWS KMS makes of a constant. It is kept in memory only."""

from functools import cache
from typing import TYPE_CHECKING

from masking.keys import Keys
from rotator.aws_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_MESSAGE = b"backup-dynamodb-rotator masking"


@cache
def keys_of(hmac_key_arn: str, kms: "KMSClient") -> Keys:
    """Asks KMS once in the life of a process.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
    """
    with translated_errors():
        return Keys.of(kms.generate_mac(KeyId=hmac_key_arn, Message=_MESSAGE, MacAlgorithm="HMAC_SHA_256")["Mac"])
