"""Terraform directories as fixtures for all test files; `conftest.py` registers this module as a plugin.

pytest-terraform puts a fixture into the module that asks for it, and can only be asked once it is configured, which a
`conftest.py` is too early for.
"""

from pytest_terraform import terraform

terraform("rotator", scope="session", replay=False)
terraform("complete", scope="session", replay=False)
terraform("rival", scope="session", replay=False)
