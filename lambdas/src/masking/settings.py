"""What Terraform passes to the functions through their environment."""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from masking.errors import SettingsChanged
from masking.rules import Rules
from masking.state import Segment
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

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits, which are others where other masks are made or other attributes have to be listed."""
        methods = [(rule.text, rule.method) for rule in self.rules.in_order]
        text = json.dumps([methods, self.all_listed, self.hmac_key_arn])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def check_unchanged(self, segment: Segment[Any]) -> None:
        """Raises `SettingsChanged` where the segment was made with another fingerprint.

        One that was made before there were fingerprints passes.
        """
        if segment.get("Settings", self.fingerprint) != self.fingerprint:
            raise SettingsChanged(
                f"attributes, unlisted or hmac_key_arn changed while this execution masked {segment['Table']['Name']}. "
                "Redrive the rotation, which starts a new execution of this state machine, or start one yourself."
            )
