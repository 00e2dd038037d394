"""Who a caller is, and whether the caller's policies allow the call with all that belongs to it."""

from groundplan_aws.access import signature
from groundplan_aws.access.guard import authorize
from groundplan_aws.access.principal import Principal, authenticate

__all__ = ["Principal", "authenticate", "authorize", "signature"]
