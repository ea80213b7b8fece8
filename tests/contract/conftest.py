"""The fixtures of the contract tests."""

from tests.support.moto_clients import clients

__all__ = ["clients"]
