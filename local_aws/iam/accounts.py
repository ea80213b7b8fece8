"""IAM: several accounts on one server. The administrator of an account has its number as access key ID.

Any other ID that no role has belongs to the administrator of moto's own account.
"""

import re
from collections.abc import Callable

from moto.core.responses import BaseResponse
from moto.iam import models

from local_aws.patching import replaces


@replaces(
    BaseResponse,
    "get_access_key",
    because="moto reads only access key IDs of 20 characters, which say nothing to a reader",
    source="tool",
    written_against="d2140f06",
)
def _access_key(original: Callable[..., str], self: BaseResponse) -> str:
    administrator = re.search(r"Credential=(\d{12})/", self.headers.get("Authorization", ""))
    return administrator[1] if administrator else original(self)


@replaces(
    models,
    "get_account_id_from",
    because="moto knows only the accounts of the keys that it has handed out",
    source="tool",
    written_against="83d4b96f",
)
def _account_of(original: Callable[..., str], access_key: str) -> str:
    return access_key if re.fullmatch(r"\d{12}", access_key) else original(access_key)
