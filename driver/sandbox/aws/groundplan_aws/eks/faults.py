"""The errors of EKS, by the codes of its service model."""

from __future__ import annotations

from typing import Any, ClassVar

from groundplan_aws.call import Fault


class EksFault(Fault):
    """An error answer. `about` fills the members that the error's shape has beside its message."""

    CODE: ClassVar[str]

    def __init__(self, message: str, **about: Any) -> None:
        super().__init__(self.CODE, message, **about)


class ResourceInUse(EksFault):
    """It exists already, something hangs on it, or something else goes on with it."""

    CODE = "ResourceInUseException"


class ResourceNotFound(EksFault):
    """No such object."""

    CODE = "ResourceNotFoundException"


class InvalidParameter(EksFault):
    """A value that cannot be."""

    CODE = "InvalidParameterException"


class InvalidRequest(EksFault):
    """A request that does not fit the state of things."""

    CODE = "InvalidRequestException"


class NotFound(EksFault):
    """What the tagging calls say for an unknown ARN."""

    CODE = "NotFoundException"


class BadRequest(EksFault):
    """What the tagging calls say for anything else."""

    CODE = "BadRequestException"
