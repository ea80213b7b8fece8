"""The errors that the local AWS itself returns."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):  # type: ignore[misc]  # moto is not type-checked
    """`ServiceError(code, message)`: moto serializes it in the protocol of the called service.

    A class of its own, because moto derives the name of the service from the module of an error's class. The HTTP
    status defaults to the one that the service's model defines for the code.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status
