"""The errors that the local AWS itself answers with."""

from moto.core.exceptions import ServiceException


class ServiceError(ServiceException):  # type: ignore[misc]  # moto is not type-checked
    """`ServiceError(code, message)`: moto writes it the way the called service's protocol does.

    A class of its own, because moto takes the module of an error's class for the name of a service. The HTTP status
    is the one that the service's model has for the code, unless one is given.
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = status
