"""What Terraform passes to the functions through their environment."""

import base64
import gzip
import json
from dataclasses import dataclass
from typing import Self

from masking.rules import Rules
from rotator.settings import required

ATTRIBUTES = "ATTRIBUTES"
UNLISTED = "UNLISTED"
HMAC_KEY_ARN = "HMAC_KEY_ARN"
WORKERS = "WORKERS"


@dataclass(frozen=True)
class MaskingSettings:
    """The rules, whether they have to list all attributes, the key of the secret, and the number of segments."""

    rules: Rules
    all_listed: bool
    hmac_key_arn: str
    workers: int

    @classmethod
    def from_env(cls) -> Self:
        """Reads the environment. `ATTRIBUTES` is a JSON object from path to method, compressed.

        Raises `MissingSetting` with the variable's name, and `InvalidInput`.
        """
        return cls(
            rules=Rules.of(json.loads(gzip.decompress(base64.b64decode(required(ATTRIBUTES))))),
            all_listed=required(UNLISTED) == "fail",
            hmac_key_arn=required(HMAC_KEY_ARN),
            workers=int(required(WORKERS)),
        )
