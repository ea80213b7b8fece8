"""The time of one invocation."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# A call that gets no response takes 3 attempts of up to 15 s (rotator.clients), and the pauses between them. What is
# left is for those that are under way.
_SECONDS_OF_A_CALL = 60


class TimeIsUp(Exception):
    """The invocation has to return what it has, so that the next one goes on from there."""


class TimeLimit:
    """Lambda ends an invocation at its timeout, wherever it is."""

    def __init__(self, context: "LambdaContext") -> None:
        self._context = context

    @property
    def is_near(self) -> bool:
        """Whether a call that starts now may not end in time."""
        return self._context.get_remaining_time_in_millis() < _SECONDS_OF_A_CALL * 1000

    def check(self) -> None:
        """Raises `TimeIsUp`."""
        if self.is_near:
            raise TimeIsUp
