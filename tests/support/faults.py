"""Faults by chance, that pass. ROTATOR_SOAK_SEED repeats a run, as far as threads allow."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from local_aws import Fault, InjectedFault, injected
from tests.support.aws import ENDPOINT

SEED = int(os.environ.get("ROTATOR_SOAK_SEED") or random.SystemRandom().randrange(2**32))

ROLE = "rotator-test-*"

# Five in a hundred calls in all, and besides two in a hundred invocations of a function. Which of those is counted: by
# chance, all three attempts of Lambda's at an event may be killed.
_FAULTS = [
    Fault(role=ROLE, error="ThrottlingException", probability=0.015, seed=SEED),
    Fault(role=ROLE, error="InternalServerError", status=500, probability=0.015, seed=SEED + 1),
    Fault(role=ROLE, drop=True, probability=0.01, seed=SEED + 2),
    Fault(role=ROLE, drop=True, takes_effect=True, probability=0.01, seed=SEED + 3),
    Fault(function=ROLE, kill="before", every=97),
    Fault(function=ROLE, kill="after", every=89),
]


@contextmanager
def passing_faults() -> Iterator[list[InjectedFault]]:
    """One call in twenty goes wrong, whichever it is, and may go right the next time."""
    with ExitStack() as active:
        yield [active.enter_context(injected(os.environ[ENDPOINT], fault)) for fault in _FAULTS]
