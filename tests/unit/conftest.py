"""The fixtures of the unit tests."""

from tests.support.moto_clients import _models_read_once, clients

__all__ = ["_models_read_once", "clients"]
