"""What the functions that scan a segment have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from masking.keys import Keys
from masking.secret import keys_of
from masking.settings import MaskingSettings
from masking.state import Segment
from masking.time_limit import TimeLimit
from rotator.clients import Clients
from rotator.logs import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

AnySegment = Segment[Any]


@dataclass(frozen=True)
class Work:
    """One invocation on a segment, and what it works with."""

    settings: MaskingSettings
    clients: Clients
    time_limit: TimeLimit

    @property
    def keys(self) -> Keys:
        return keys_of(self.settings.hmac_key_arn, self.clients.kms)


def segment_function(
    run: Callable[[AnySegment, Work], AnySegment],
) -> "Callable[[AnySegment, LambdaContext], AnySegment]":
    """Makes a Lambda handler of a function that works on a segment, and returns it as far as it came.

    Each invocation logs its counts.
    """
    settings = MaskingSettings.from_env()
    clients = Clients("dynamodb", "kms")

    @logger.inject_lambda_context(clear_state=True)
    def handler(segment: AnySegment, context: "LambdaContext") -> AnySegment:
        logger.append_keys(table=segment["Table"]["Name"], segment=segment["Number"], segments=segment["Of"])
        result = run(segment, Work(settings, clients, TimeLimit(context)))
        logger.info("A segment was worked on", done=result["Done"], counts=_numbers(result["Counts"]))
        return result

    return handler


def _numbers(counts: Mapping[str, object]) -> dict[str, object]:
    """What is counted, without the lists of what was found."""
    return {name: count for name, count in counts.items() if isinstance(count, int | float)}
