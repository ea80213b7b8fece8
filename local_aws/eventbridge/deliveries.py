"""How EventBridge and its Scheduler deliver: retries, and what they say about a delivery that they give up.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
"""

import threading
import time
from collections.abc import Callable, Mapping

from local_aws.fault_injection import Call, strike_call
from local_aws.settings import settings


class DeliveryError(Exception):
    """A failed attempt: its error code and message, and whether AWS tries again."""

    def __init__(self, code: str, message: str, *, may_pass: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.may_pass = may_pass


Attempt = Callable[[int], None]
"""Gets the number of the attempt, from 1 on."""
GiveUp = Callable[[dict[str, str]], None]
"""Gets what the message attributes of a dead letter say about the failure."""


def deliver(attempt: Attempt, retry_policy: Mapping[str, int], give_up: GiveUp) -> None:
    """Tries once, and then, if the error may pass, in the background as often as the retry policy allows."""
    try:
        attempt(1)
    except DeliveryError as error:
        if error.may_pass:
            threading.Thread(target=_try_again, args=(attempt, retry_policy, give_up, error), daemon=True).start()
        else:
            give_up(_failure(error, retries=0))


def _try_again(attempt: Attempt, retry_policy: Mapping[str, int], give_up: GiveUp, error: DeliveryError) -> None:
    # The retries are over long before the shortest age that a policy can have.
    most_retries = retry_policy.get("MaximumRetryAttempts", 185)
    retries = 0
    while error.may_pass and retries < most_retries:
        time.sleep(settings.delivery_retry_seconds)
        retries += 1
        try:
            attempt(retries + 1)
        except DeliveryError as another:
            error = another
        else:
            return
    exhausted = {"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"} if error.may_pass else {}
    give_up({**_failure(error, retries), **exhausted})


def _failure(error: DeliveryError, retries: int) -> dict[str, str]:
    return {"ERROR_CODE": error.code, "ERROR_MESSAGE": str(error), "RETRY_ATTEMPTS": str(retries)}


def with_faults(call: Call, carry_out: Callable[[], None]) -> None:
    """Carries out a service's call to a target, unless a fault strikes it."""
    fault = strike_call(call)
    if fault:
        time.sleep(fault.seconds)
    if fault is None or not fault.fails or fault.takes_effect:
        carry_out()
    if fault and fault.fails:
        raise DeliveryError(fault.error or "CONNECTION_FAILURE", "This error was injected.", may_pass=True)
