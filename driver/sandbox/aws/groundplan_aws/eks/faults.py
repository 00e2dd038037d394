"""The errors of EKS, by the codes of its service model."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class EksError(ServiceException):
    """An error answer. `about` fills the fields that the error's shape has beside its message."""

    def __init__(self, message: str, **about: str) -> None:
        super().__init__(self.code, message)
        for name, value in about.items():
            setattr(self, name, value)


class ResourceInUse(EksError):
    """It exists already, something hangs on it, or something else goes on with it."""

    code = "ResourceInUseException"


class ResourceNotFound(EksError):
    """No such object."""

    code = "ResourceNotFoundException"


class InvalidParameter(EksError):
    """A value that cannot be."""

    code = "InvalidParameterException"


class InvalidRequest(EksError):
    """A request that does not fit the state of things."""

    code = "InvalidRequestException"


class NotFound(EksError):
    """What the tagging calls say for an unknown ARN."""

    code = "NotFoundException"


class BadRequest(EksError):
    """What the tagging calls say for anything else."""

    code = "BadRequestException"
