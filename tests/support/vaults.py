"""What AWS Backup answers about vaults, for the unit tests: moto knows no recovery points."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from rotator.clients import Clients

ACCOUNT = "123456789012"
VAULT_ARN = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:vault"


def described(
    identifier: str,
    table: str,
    created: datetime,
    *,
    account: str = ACCOUNT,
    vault_arn: str = VAULT_ARN,
    **changes: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """A recovery point as AWS describes it."""
    return {
        "RecoveryPointArn": f"arn:aws:backup:us-east-1:{vault_arn.split(':')[4]}:recovery-point:{identifier}",
        "ResourceArn": f"arn:aws:dynamodb:us-east-1:{account}:table/{table}",
        "BackupVaultArn": vault_arn,
        "CreationDate": created,
        "Status": "COMPLETED",
        "BackupSizeInBytes": 2**30,
        **changes,
    }


class Vaults:
    """Answers the calls of a client to AWS Backup, and keeps them as `requests`."""

    def __init__(
        self,
        clients: Clients,
        points: Iterable[dict[str, Any]],
        errors: Mapping[str, str] | None = None,
        *,
        listed_before_errors: int = 0,
    ) -> None:
        """`errors` is what AWS answers about vaults that cannot be read, by their names."""
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._points = list(points)
        self._errors = errors or {}
        self._listed_before_errors = listed_before_errors
        events: Any = clients.backup.meta.events
        events.register("before-parameter-build.backup.*", self._remember)
        events.register("before-call.backup.*", self._answer)

    def _remember(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401
        self.requests.append((model.name, dict(params)))

    def _answer(self, **_: object) -> tuple[SimpleNamespace, dict[str, Any]]:
        operation, request = self.requests[-1]
        if operation == "ListBackupVaults":
            arns = dict.fromkeys(point["BackupVaultArn"] for point in self._points)
            return _response({"BackupVaultList": [{"BackupVaultArn": arn} for arn in arns]})
        start = int(request.get("NextToken", 0))
        error = self._errors.get(request["BackupVaultName"])
        if error and start >= self._listed_before_errors:
            return _response({"Error": {"Code": error, "Message": "Insufficient privileges"}}, 400)
        held = [point for point in self._points if _is_in(point["BackupVaultArn"], request)]
        if operation == "DescribeRecoveryPoint":
            if f":{request.get('BackupVaultAccountId', ACCOUNT)}:" not in request["RecoveryPointArn"]:
                return _response({"Error": {"Code": "AccessDeniedException", "Message": "another account's"}}, 403)
            for point in held:
                if point["RecoveryPointArn"] == request["RecoveryPointArn"]:
                    return _response(point)
            return _response({"Error": {"Code": "ResourceNotFoundException", "Message": "not here"}}, 400)
        size = request["MaxResults"]
        following = {"NextToken": str(start + size)} if start + size < len(held) else {}
        return _response({"RecoveryPoints": held[start : start + size], **following})


def _is_in(vault_arn: str, request: dict[str, Any]) -> bool:
    *_, account, _, name = vault_arn.split(":")
    return (name, account) == (request["BackupVaultName"], request.get("BackupVaultAccountId", ACCOUNT))


def _response(parsed: dict[str, Any], status: int = 200) -> tuple[SimpleNamespace, dict[str, Any]]:
    return SimpleNamespace(status_code=status), parsed
