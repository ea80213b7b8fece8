"""No test may find its way to an account by accident."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.support.aws import REAL_AWS

# A test does not fail because the machine has other work to do.
settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")


@pytest.fixture(scope="session", autouse=True)
def _no_credentials() -> None:
    """Takes the user's credentials away, except where the end-to-end tests were asked to run on a real account."""
    if os.environ.get(REAL_AWS):
        return
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[variable]
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_REGION="us-east-1",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
