"""Each action that a role of the module may do is needed: without it, something that the module promises does not come.

What is granted is read from the deployed policies, and what needs it is found by running the scenarios below.
"""

import itertools
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pytest_terraform.tf import TerraformTestApi

from local_aws import Fault, changed_settings, injected, used_permissions
from tests.support.accounts import STAGING, Vault
from tests.support.aws import ENDPOINT, client, held_up, recovery_points
from tests.support.deployment import BackupJob, Deployment, notification
from tests.support.leaks import log_texts
from tests.support.masking import SHORT_SECONDS, Masking, make_copy
from tests.support.permissions import statements, without
from tests.support.polling import unhurried, wait_until
from tests.support.shop import item
from tests.support.tables import (
    make_table,
    make_table_to_resize,
    make_table_with_every_setting,
    make_table_with_settings,
)

MODULE = Path(__file__).parents[2]
QUICK = {"restore_seconds": 0.01, "backup_seconds": 0.1, "retry_factor": 0.05}
PATIENCE_SECONDS = 30
REPORT_SECONDS = 5
# After two retries of Lambda's.
LETTER_SECONDS = 6
# Lambda writes them once the function has ended.
LOG_SECONDS = 2

# AWS names the action that it denies, with exceptions: it continues without logs, traces, reports and dead letters,
# retries for minutes to invoke a function, or names the purpose. By service, what is said instead.
MISSED = {
    "backup:": ("counts as refused",),
    "events:": ("managed-rule",),
    "kms:": ("no dead letter",),
    "lambda:": ("no end of the rotation", "no hook of the rotation", "no sweep"),
    "logs:": ("logged nothing", "Log Destination"),
    "sns:": ("no report",),
    "sqs:": ("no dead letter",),
    "states:": ("no report",),
    "xray:": ("is not traced",),
}

# An item that keeps its key when it is masked.
UNMOVED = {name: {"S": "0"} for name in ("pk", "sk", "phone")}

TAG = {"Key": "team", "Value": "orders"}

_numbers = itertools.count()


def fresh(kind: str) -> str:
    """A name that no other run has."""
    return f"rotator-test-{next(_numbers)}-{kind}"


class Scenarios:
    """What the module promises. Each fails where it does not come, and is called with a name of its own each time."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = Deployment(deployment.outputs, PATIENCE_SECONDS)

    def native_recovery_point(self) -> None:
        self._rotation("staging", make_table(fresh("production")), native=True)

    def advanced_recovery_point(self) -> None:
        self._rotation("staging", make_table(fresh("production")), native=False)

    def native_recovery_point_with_a_key(self) -> None:
        key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.deployment.outputs["backup_key_arn"]["value"]}
        self._rotation("unsealed", make_table(fresh("sealed"), SSESpecification=key), native=True)

    def verdict_whose_response_was_lost(self) -> None:
        lost = Fault(operation="PutRestoreValidationResult", drop=True, takes_effect=True, times=1)
        with injected(os.environ[ENDPOINT], lost):
            state = self._rotation("staging", make_table(fresh("production")), native=False)
        job_id = state["StartRestoreJobOutput"]["RestoreJobId"]
        verdict = client("backup").describe_restore_job(RestoreJobId=job_id).get("ValidationStatus")
        refused = self.deployment.log_lines("report_result", "Verdict not recorded in AWS Backup")
        reasons = [line["reason"] for line in refused if line["restore_job"] == job_id]
        assert verdict == "SUCCESSFUL", f"no verdict: {reasons}"
        assert not reasons, f"the verdict {verdict} counts as refused: {reasons}"

    def table_with_the_name_of_a_copy(self) -> None:
        job = self._back_up(make_table(f"{fresh('nights')}-20200101-00-00-00"), native=True)
        lines = wait_until(
            "log", partial(self.deployment.log_lines, "start_workflow", job.recovery_point_id), PATIENCE_SECONDS
        )
        assert self.deployment.executions(job), f"not rotated: {lines}"

    def refresh_of_a_table(self) -> None:
        name = fresh("scheduled")
        self._back_up(make_table(name), native=True, vault="first")
        self._assert_found(SourceTable=name)

    def refresh_of_a_recovery_point(self) -> None:
        for native in (True, False):
            job = self._back_up(make_table(fresh("scheduled")), native=native, vault="first")
            self._assert_found(Rule="nightly", RecoveryPointArn=job.recovery_point_arn)

    def refresh_from_a_vault_that_is_not_given(self) -> None:
        name = fresh("nights")
        self._back_up(make_table(name), native=True, vault="other")
        self._assert_found(SourceTable=name)

    def sweep_by_schedule(self) -> None:
        def swept() -> int:
            return len(self.deployment.log_lines("start_workflow", "Vaults swept"))

        before = swept()
        self.deployment.fire_sweep()
        wait_until("sweep", lambda: swept() > before, REPORT_SECONDS)

    def undelivered_sweep(self) -> None:
        # What was left there would count as this one.
        self.deployment.messages("undelivered_notifications_queue")
        with without("lambda:InvokeFunction", self.deployment.rotator["scheduler_role"]["name"]):
            self.deployment.fire_sweep()

            def arrived() -> bool:
                return {"Sweep": {}} in self.deployment.messages("undelivered_notifications_queue")

            wait_until("dead letter", arrived, REPORT_SECONDS)

    def lost_answer(self) -> None:
        name = fresh("production")
        lost = Fault(operation="RestoreTableFromBackup", drop=True, takes_effect=True, times=1, containing=name)
        # The table is ACTIVE when the next one comes, and no longer tells what it was restored from.
        late = Fault(operation="RestoreTableFromBackup", seconds=0.5, containing=name)
        with injected(os.environ[ENDPOINT], lost), injected(os.environ[ENDPOINT], late):
            self._rotation("staging", make_table(name), native=True)

    def settings(self) -> None:
        self._rotation("complete", make_table_with_every_setting(fresh("settings")), native=True)

    def tags_of_a_table_of_another_region(self) -> None:
        name, region = fresh("tags"), "eu-west-1"
        client("backup", region=region).create_backup_vault(BackupVaultName=name)
        vault = Vault(STAGING, name, self.deployment.outputs["backup_role_arn"]["value"], region)
        job = vault.back_up(make_table(name, region=region, Tags=[TAG]))
        copy = vault.copy(job, self.deployment.vault("first")["arn"])
        self.deployment.sweep()
        state = self.deployment.rotate("tagged", copy)
        copy_arn = state["DescribeTableOutput"]["Table"]["TableArn"]
        assert TAG in client("dynamodb").list_tags_of_resource(ResourceArn=copy_arn)["Tags"]

    def settings_of_a_table_that_is_gone(self) -> None:
        name = fresh("gone")
        with held_up(name):
            job = self._back_up(make_table_with_settings(name, "stream"), native=True)
            client("dynamodb").delete_table(TableName=name)
        state = self.deployment.rotate("recorded", job)
        assert state["CarryOverSettingsOutput"]["Settings"]["stream"] == "applied"

    def failed_rotation(self) -> None:
        name = fresh("unlucky")
        job = self._back_up(make_table(name), native=True)
        self.deployment.end_of_rotation("too-long", job)
        self._assert_reported(f"Failed: rotation of {name} by rule too-long")

    def failed_report(self) -> None:
        name = fresh("production")
        refused = Fault(service="sns", operation="Publish", error="AuthorizationError", containing=name)
        with injected(os.environ[ENDPOINT], refused):
            job = self._back_up(make_table(name), native=True)
            self.deployment.rotate("staging", job)

            def arrived() -> bool | None:
                messages = self.deployment.messages("failed_reports_queue")
                return any(job.id in json.dumps(message) for message in messages) or None

            wait_until("dead letter", arrived, LETTER_SECONDS)

    def native_with_options(self) -> None:
        self._rotation("resized", make_table_to_resize(fresh("resize")), native=True)

    def advanced_with_options(self) -> None:
        self._rotation("resized", make_table_to_resize(fresh("resize")), native=False)

    def hook(self) -> None:
        forget("/rotator-test/hooked/table-arn")
        self._rotation("hooked", make_table(fresh("hook")), native=True)

    def stop_of_a_hook(self) -> None:
        forget("/rotator-test/hooked/table-arn")
        job = self._back_up(make_table(fresh("hook")), native=True)
        hook = self.deployment.hook_of(job)
        client("stepfunctions").stop_execution(executionArn=self.deployment.execution_arn("hooked", job))
        status = client("stepfunctions").describe_execution(executionArn=hook)["status"]
        assert status == "ABORTED", f"the hook is {status}: states:StopExecution"

    def function_as_hook(self) -> None:
        self._rotation("edited", make_table(fresh("customers")), native=True)

    def retention(self) -> None:
        forget("/rotator-test/kept/table-arn")
        table_arn = make_table_with_settings(fresh("keep"), "auto_scaling")
        for _ in range(4):
            state = self._rotation("kept", table_arn, native=True)
            time.sleep(1)
        assert state["DeleteOldTablesOutput"]["Deleted"]

    def retention_without_a_parameter(self) -> None:
        table_arn = make_table(fresh("prune"))
        for _ in range(2):
            state = self._rotation("pruned", table_arn, native=True)
            time.sleep(1)
        assert state["DeleteOldTablesOutput"]["Deleted"]

    def rolling_back(self) -> None:
        table_arn = make_table(fresh("named"))
        for _ in range(2):
            state = self._rotation("named", table_arn, native=True)
            time.sleep(1)
        answer = self.deployment.invoke(
            "update_ssm_parameter", {"RollBack": {"Parameter": state["TargetParameterName"]}}
        )
        assert "errorMessage" not in answer, answer["errorMessage"]

    def dead_letter(self) -> None:
        text = f"The backup of {make_table(fresh('unreadable'))} is complete."
        self.deployment.publish(notification(text))

        def arrived() -> bool | None:
            messages = self.deployment.messages("failed_notifications_queue")
            return any(text in json.dumps(message) for message in messages) or None

        wait_until("dead letter", arrived, LETTER_SECONDS)

    def deployment_of_the_state_machine(self) -> None:
        deploy_again(self.deployment.rotator["state_machine_arn"])

    def _rotation(self, rule: str, table_arn: str, *, native: bool) -> dict[str, Any]:
        began = time.time()
        job = self._back_up(table_arn, native=native)
        state = self.deployment.rotate(rule, job)
        subject = f"Complete: rotation of {table_arn.rpartition('/')[2]} by rule {rule}"
        self._assert_reported(subject)
        not_run = {"delete_old_tables"} if not state["Keep"] else set()
        not_run |= {"update_ssm_parameter"} if not state["TargetParameterName"] else set()
        self._assert_seen({*self.deployment.rotator["functions"]} - not_run, job.recovery_point_id, began)
        return state

    def _assert_reported(self, subject: str) -> None:
        def reported() -> bool | None:
            return subject in [message["Subject"] for message in self.deployment.inbox()] or None

        wait_until("report", reported, REPORT_SECONDS)

    def _assert_seen(self, functions: set[str], text: str, began: float) -> None:
        """The functions have logged something with the text, and they and the state machine are traced."""
        rotator = self.deployment.rotator
        assert_logged({function: rotator["function_log_groups"][function]["name"] for function in functions}, text)
        names = {rotator["functions"][function]["name"] for function in functions}
        assert_traced({*names, rotator["state_machine_name"]}, began)

    def _assert_found(self, **request: str) -> None:
        answer = self.deployment.refresh(**request, DryRun=True)
        assert "Rotations" in answer, answer["errorMessage"]

    def _back_up(self, table_arn: str, *, native: bool, vault: str = "announced") -> BackupJob:
        with recovery_points(native=native):
            job_id = self.deployment.start_backup(table_arn, self.deployment.vault(vault)["name"])
            return self.deployment.end_of_backup(job_id)


class MaskingScenarios:
    """The same of modules/masking."""

    def __init__(self, masking: Masking, table_key_arn: str) -> None:
        self._masking, self._key_arn = masking, table_key_arn

    def masking(self) -> None:
        self._run("mask_segment", "verify_segment", "remove_marks")

    def dry_run(self) -> None:
        self._run("report_attributes", DryRun=True)

    def masking_continued(self) -> None:
        self._run_continued()

    def dry_run_continued(self) -> None:
        self._run_continued(DryRun=True)

    def deployment_of_the_state_machine(self) -> None:
        deploy_again(self._masking.outputs["state_machine_arn"])

    def _run(self, *functions: str, **more: object) -> None:
        began = time.time()
        key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self._key_arn}
        table = make_copy(str(next(_numbers)), [item(0), item(1), UNMOVED], SSESpecification=key)
        self._masking.run(table, **more)
        called = ("check_table", *functions, "summarize")
        assert_logged(
            {function: self._masking.outputs["function_log_groups"][function]["name"] for function in called}, table
        )
        names = {self._masking.outputs["functions"][function]["name"] for function in called}
        assert_traced({*names, self._masking.outputs["state_machine_name"]}, began)

    def _run_continued(self, **more: object) -> None:
        """So slowly that no function gets to the last of three pages at once."""
        large = [UNMOVED | {"sk": {"S": str(number)}, "padding": {"S": "x" * 390_000}} for number in range(7)]
        table = make_copy(str(next(_numbers)), large)
        slow = Fault(operation="Scan", role=f"{self._masking.outputs['state_machine_name']}-*", seconds=1.2)
        with self._masking.changed(seconds=SHORT_SECONDS), injected(os.environ[ENDPOINT], slow):
            self._masking.run(table, **more)


def assert_logged(groups: dict[str, str], text: str) -> None:
    """The functions with these log groups have logged something with the text."""
    for function, group in groups.items():

        def logged(group: str = group) -> bool:
            return any(text in said for said in log_texts(group) if not said.startswith("RequestId: "))

        wait_until("log", logged, LOG_SECONDS, f"{function} logged nothing".strip)


def assert_traced(names: set[str], began: float) -> None:
    def untraced() -> set[str]:
        return names - traced_since(began)

    wait_until("trace", lambda: not untraced(), LOG_SECONDS, lambda: f"as {untraced()} is not traced")


def deploy_again(state_machine_arn: str) -> None:
    machine = client("stepfunctions").describe_state_machine(stateMachineArn=state_machine_arn)
    client("stepfunctions").update_state_machine(
        stateMachineArn=state_machine_arn,
        definition=machine["definition"],
        roleArn=machine["roleArn"],
        loggingConfiguration=machine["loggingConfiguration"],
    )


def forget(parameter: str) -> None:
    """Each run has a source table of its own, and the parameter belongs to the last one's."""
    client("ssm").delete_parameters(Names=[parameter])


def traced_since(began: float) -> set[str]:
    """The names in the segments of all traces since then."""
    xray = client("xray")
    summaries = xray.get_trace_summaries(StartTime=int(began), EndTime=int(time.time()) + 60)["TraceSummaries"]
    traces = xray.batch_get_traces(TraceIds=[summary["Id"] for summary in summaries])["Traces"]
    segments = [json.loads(segment["Document"]) for trace in traces for segment in trace["Segments"]]
    return {segment["name"] for segment in segments if segment["start_time"] >= began}


def granted(outputs: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each role of a module with each statement of its policy and each action that it allows."""
    others = [outputs[kind] for kind in ("state_machine_role", "restore_role", "scheduler_role") if kind in outputs]
    roles = [*outputs["function_roles"].values(), *others]
    return list(dict.fromkeys(found for role in roles for found in statements(role["name"])))


def statements_in(module: Path) -> set[str]:
    """The statements of roles that a module can make."""
    text = "".join(path.read_text() for path in module.glob("*.tf"))
    return {sid for sid in re.findall(r'\bsid += "(\w+)"', text) if not sid.startswith("AssumeBy")}


def test_the_deployment_has_each_statement_that_the_module_can_make(deployment: Deployment) -> None:
    """Without this, the statement of an option that no rule here uses would never be taken away."""
    of_resources = {"ForwardCopies", "KeepUndeliveredNotifications"}
    assert statements_in(MODULE) - of_resources <= {sid for _, sid, _ in granted(deployment.rotator)}


# Thirds that take as long as each other, so that they can run at the same time, each with an AWS of its own.
@pytest.mark.parametrize("start", range(3), ids=["first_third", "second_third", "last_third"])
def test_each_permission_is_needed(start: int, deployment: Deployment, say: Callable[[str], None]) -> None:
    assert unneeded(granted(deployment.rotator)[start::3], Scenarios(deployment), say) == []


def test_each_permission_of_masking_is_needed(masking: TerraformTestApi, say: Callable[[str], None]) -> None:
    deployed = Masking.of(masking.outputs["masking"]["value"])
    scenarios = MaskingScenarios(deployed, masking.outputs["table_key_arn"]["value"])
    permissions = granted(deployed.outputs)
    assert statements_in(MODULE / "modules/masking") <= {sid for _, sid, _ in permissions}
    with deployed.changed(workers=1):
        assert unneeded(permissions, scenarios, say) == []


def unneeded(
    permissions: list[tuple[str, str, str]], scenarios: object, say: Callable[[str], None]
) -> list[tuple[str, str, str]]:
    """The permissions without which nothing fails of what the public methods of an object bring about."""
    by_permission: dict[str, list[tuple[float, Callable[[], None]]]] = defaultdict(list)
    with changed_settings(os.environ[ENDPOINT], **QUICK):
        for scenario in [getattr(scenarios, name) for name in vars(type(scenarios)) if not name.startswith("_")]:
            before, began = used_permissions(os.environ[ENDPOINT]), time.monotonic()
            with unhurried():
                scenario()
            seconds = time.monotonic() - began
            for permission, times in used_permissions(os.environ[ENDPOINT]).items():
                if times > before.get(permission, 0):
                    by_permission[permission].append((seconds, scenario))

        found = []
        for role, sid, action in permissions:
            # The quickest one first. Another statement may allow it the same.
            candidates = sorted(by_permission[f"{role} {action}"], key=lambda found: found[0])
            reasons = (failure_without(role, sid, action, scenario) for _, scenario in candidates)
            reason = next(filter(None, reasons), None)
            say(f"{role} {sid} {action}: {reason}")
            if reason is None:
                found.append((role, sid, action))
    return found


def failure_without(role: str, sid: str, action: str, scenario: Callable[[], None]) -> str | None:
    """In what the scenario fails without the permission, if it does; AWS names the action that it refuses."""
    with without(action, role, sid):
        try:
            scenario()
        except (AssertionError, ClientError) as error:
            service = action.partition(":")[0] + ":"
            if any(text in str(error) for text in (action, *MISSED.get(service, ()))):
                return f"{scenario.__name__}: {str(error).splitlines()[0]:.100}"
            # It failed of something else, which proves nothing.
            print(f"{scenario.__name__}, without {action}: {error}")
    return None
