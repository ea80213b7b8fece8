"""What a channel leads to."""

from collections.abc import Sequence
from dataclasses import dataclass

from rotator.channels.request import Refresh
from rotator.errors import RotationError
from rotator.recovery_points import RecoveryPoint


@dataclass(frozen=True)
class Found:
    """Recovery points to rotate, what could not be read, and the refresh that they are for, if any.

    `unread` is why vaults could not be read that a refresh can do without.
    """

    recovery_points: Sequence[RecoveryPoint] = ()
    errors: Sequence[RotationError] = ()
    refresh: Refresh | None = None
    unread: Sequence[RotationError] = ()
