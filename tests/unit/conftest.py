"""The fixtures of the unit tests."""

from tests.support.moto_clients import clients

__all__ = ["clients"]
