"""How a rotation that failed ends."""

import json

import pytest

from rotator.failure import fail_rotation
from tests.unit.rotations import invocation


def test_it_ends_with_its_own_error_and_message() -> None:
    rotation = invocation()
    cause = {"errorMessage": "the reason", "errorType": "TargetTableTaken", "stackTrace": ["line 1"]}
    rotation["State"]["Failure"] = {"Error": "TargetTableTaken", "Cause": json.dumps(cause), "RedriveCount": 0}

    with pytest.raises(Exception, match="the reason") as raised:
        fail_rotation(rotation)
    assert (type(raised.value).__name__, str(raised.value)) == ("TargetTableTaken", "the reason")


def test_it_goes_on_when_it_is_redriven_and_may_fail_again() -> None:
    rotation = invocation()
    rotation["State"]["Failure"] = {"Error": "TargetTableTaken", "Cause": "", "RedriveCount": 0}
    rotation["Execution"]["RedriveCount"] = 1
    fail_rotation(rotation)

    rotation["State"]["Failure"] = {"Error": "States.Timeout", "Cause": "again", "RedriveCount": 1}
    with pytest.raises(Exception, match="again") as raised:
        fail_rotation(rotation)
    assert type(raised.value).__name__ == "Timeout"
