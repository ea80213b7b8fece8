"""From recovery points to executions of the state machine."""

import json
from collections.abc import Iterable, Mapping
from typing import NotRequired, TypedDict

from rotator.aws_errors import translated_errors
from rotator.channels.dispatch import find_recovery_points
from rotator.channels.request import PRICE_PER_GB, Refresh
from rotator.clients import Clients
from rotator.errors import InvalidRefresh, RotationError, RulesCollide
from rotator.logs import logger
from rotator.ownership import is_copy
from rotator.recovery_points import RecoveryPoint
from rotator.rotation import Rotation, RotationSummary
from rotator.settings import WorkflowSettings
from rotator.wording import combined, listed


class Started(TypedDict):
    """The rotations that an event leads to, and why vaults could not be read that a refresh did without."""

    Rotations: list[RotationSummary]
    UnreadVaults: NotRequired[list[str]]


def start_rotations(event: object, settings: WorkflowSettings, clients: Clients) -> Started:
    """Starts one execution for each recovery point that an event leads to, and each rule that rotates it.

    Returns the rotations, including those that had been started before, and those that a dry run would start. What
    cannot be started does not hold up the others: only then is its error raised.
    """
    found = find_recovery_points(event, settings, clients)
    refresh = found.refresh
    price = refresh.price_per_gb if refresh else PRICE_PER_GB
    summaries: list[RotationSummary] = []
    errors = [*found.errors]
    for point in found.recovery_points:
        with logger.append_context_keys(recovery_point=point.arn, source_table=point.source_table_name):
            try:
                rotations, collisions = _rotations_of(point, refresh, settings, clients)
            except RotationError as error:
                errors.append(error)
                continue
            errors += collisions
            for rotation in rotations:
                try:
                    if not (refresh and refresh.dry_run):
                        _start(rotation, settings.state_machine_arn, clients)
                except RotationError as error:
                    errors.append(error)
                else:
                    summaries.append(rotation.summary(price))
    if errors:
        started = [summary["Execution"] for summary in summaries] if refresh and not refresh.dry_run else []
        raise _all_of([*errors, *found.unread], started)
    if refresh and not summaries:
        tables = listed(point.source_table_name for point in found.recovery_points)
        copies = InvalidRefresh(f"Copies are not rotated, and these tables are copies: {tables}.")
        raise combined([*found.unread, copies])
    answer: Started = {"Rotations": summaries}
    if found.unread:
        answer["UnreadVaults"] = [*map(str, found.unread)]
    return answer


def _rotations_of(
    point: RecoveryPoint, refresh: Refresh | None, settings: WorkflowSettings, clients: Clients
) -> tuple[list[Rotation], list[RulesCollide]]:
    """The rotations of a recovery point, and why others are left out.

    A rule with a schedule only takes part in a refresh.
    """
    request_time = refresh.request_time if refresh else None
    matching = [Rotation(point, rule, request_time) for rule in settings.rules if rule.matches(point.source_table_name)]
    wanted = [
        rotation
        for rotation in matching
        if (refresh.rule in (None, rotation.rule.name) if refresh else rotation.rule.schedule is None)
    ]
    if not wanted:
        logger.info("No rule matches the table")
        return [], []
    if is_copy(point.source_table_arn, settings.state_machine_arn, clients.dynamodb):
        logger.info("The table is itself a copy")
        return [], []
    collisions = _collisions(point, matching)
    left_out = dict.fromkeys(collisions[name] for rotation in wanted if (name := rotation.rule.name) in collisions)
    return [rotation for rotation in wanted if rotation.rule.name not in collisions], list(left_out)


def _collisions(point: RecoveryPoint, matching: Iterable[Rotation]) -> dict[str, RulesCollide]:
    """Why rules are left out, by their names: they lead to the same target table or parameter."""
    table = point.source_table_name
    parameters = {rotation.rule.name: rotation.target_parameter_name for rotation in matching}
    return _same(
        {rotation.rule.name: rotation.target_table_name for rotation in matching},
        f"the table {{}} for a backup of {table}. Give each its own replacement_pattern",
    ) | _same(
        {rule: parameter for rule, parameter in parameters.items() if parameter},
        f"the parameter {{}} for a backup of {table}. Give each its own ssm_parameter_name",
    )


def _same(names: Mapping[str, str], problem: str) -> dict[str, RulesCollide]:
    collisions: dict[str, RulesCollide] = {}
    for name in dict.fromkeys(names.values()):
        rules = [rule for rule, its_name in names.items() if its_name == name]
        if len(rules) > 1:
            error = RulesCollide(
                f"The rules {', '.join(rules)} all lead to {problem.format(name)}, or an exclude_pattern that matches "
                "the table. None of them was started."
            )
            collisions |= dict.fromkeys(rules, error)
    return collisions


def _start(rotation: Rotation, state_machine_arn: str, clients: Clients) -> None:
    """Thanks to the name, a recovery point that becomes known again, through whatever channel, is ignored.

    For a name in use, Step Functions returns the running execution, or, once that has ended or where the input differs,
    `ExecutionAlreadyExists` (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
    """
    with logger.append_context_keys(rotation=rotation.name, rule=rotation.rule.name), translated_errors():
        try:
            clients.stepfunctions.start_execution(
                stateMachineArn=state_machine_arn, name=rotation.name, input=json.dumps(rotation.initial_state())
            )
        except clients.stepfunctions.exceptions.ExecutionAlreadyExists:
            logger.info("The rotation has already been started")
        else:
            logger.info("Rotation started", target_table=rotation.target_table_name)


def _all_of(errors: list[RotationError], started: list[str]) -> RotationError:
    """One error for all, which names the executions that a request has started, so that nobody starts them again."""
    return combined(errors, *([f"The others were started: {listed(started)}."] if started else []))
