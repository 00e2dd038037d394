"""One AWS call, and how it can fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from groundplan_aws.access.principal import Principal

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import Request


class Fault(ServiceException):
    """An error answer of AWS: its code, its message, and what its shape holds besides."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(code, message)
        self.status = status
        """Used where the service model does not give one."""
        self.members = members


@dataclass
class Call:
    """A request after it was understood."""

    service: str
    """botocore's name of the service."""
    action: str
    params: dict[str, Any]
    """The input, by the names of the service model. Only names from the path where the body is
    an object of S3."""
    region: str
    account: str
    """The caller's, whose resources the call is about."""
    principal: Principal
    request_id: str
    operation: OperationModel
    http: Request = field(repr=False)

    @property
    def place(self) -> tuple[str, str]:
        """Account and region: what moto keeps apart."""
        return self.account, self.region

    def arn(self, resource: str, service: str | None = None) -> str:
        """The ARN of something in the call's account and region."""
        return f"arn:aws:{service or self.service}:{self.region}:{self.account}:{resource}"
