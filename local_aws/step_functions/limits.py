"""Step Functions: how large input and output of a state may be.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

import json
import sys
from typing import Any

from moto.stepfunctions.parser import quotas
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.environment import Environment

from local_aws.patching import replaces

LARGEST = 256 * 1024
"""Bytes of JSON in UTF-8."""


@replaces(
    quotas,
    "is_within_size_quota",
    because="moto counts the spaces and escapes that its own way to write JSON adds, and refuses the largest size",
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    written_against="744cc11a",
)
def is_within_size_quota(_original: Any, value: Any) -> bool:  # noqa: ANN401
    """Whether a state may have this for its input or output."""
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    )
    return len(text.encode()) <= LARGEST


# The modules that ask have imported the function by name.
for _module in list(sys.modules.values()):
    if _module.__name__.startswith("moto.stepfunctions.parser.asl.component") and hasattr(
        _module, is_within_size_quota.__name__
    ):
        setattr(_module, is_within_size_quota.__name__, is_within_size_quota)


def _check_parameters(original: Any, task: StateTask, env: Environment) -> dict[str, Any]:  # noqa: ANN401
    parameters: dict[str, Any] = original(task, env)
    task._verify_size_quota(env, parameters)
    return parameters


_TOO_LARGE = "moto hands over what Parameters made of the input, however large it is"
replaces(
    StateTask,
    "_eval_parameters",
    because=_TOO_LARGE,
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    written_against="f98779b8",
)(_check_parameters)
replaces(
    StateTaskLambda,
    "_eval_parameters",
    because=_TOO_LARGE,
    source="https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html",
    written_against="4b19a439",
)(_check_parameters)
