"""Terraform directories as fixtures for all test files; `conftest.py` registers this module as a plugin.

pytest-terraform puts a fixture into the module that asks for it, and can only be asked once it is configured, which a
`conftest.py` is too early for.
"""

import os

import pytest
from pytest_terraform import terraform, tf

from tests.support.aws import REAL_AWS


class Runner(tf.TerraformRunner):  # type: ignore[misc]
    """Applies without planning first, which would start the provider twice as often."""

    def apply(self, plan: str = "with the apply") -> tf.TerraformState:
        """Anything but True plans with the apply."""
        return super().apply(plan)


tf.TerraformRunner = Runner

# A local AWS ends as a whole, which is quicker.
TEARDOWN = terraform.TEARDOWN_ON if os.environ.get(REAL_AWS) else terraform.TEARDOWN_OFF

terraform("rotator", scope="session", replay=False, teardown=TEARDOWN)
terraform("masking", scope="session", replay=False, teardown=TEARDOWN)
terraform("unforwarded", scope="session", replay=False, teardown=TEARDOWN)
terraform("rival", scope="session", replay=False, teardown=TEARDOWN)


@pytest.fixture(scope="session")
def worker_id() -> str:
    """What pytest-terraform expects of xdist."""
    return "master"
