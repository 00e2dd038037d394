"""What one sandbox is started with, and the identities made for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "123456789012"
"""The sandbox's own account: moto's default one."""

OUTSIDER_ACCOUNT = "210987654321"
REGION = "eu-west-1"


@dataclass(frozen=True)
class Credentials:
    """An IAM user's access key. `repr` hides the secret key."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    caller_arn: str

    @property
    def account(self) -> str:
        """The account that the user belongs to."""
        return self.caller_arn.split(":")[4]

    def document(self) -> dict[str, str]:
        """The form that `aws.json` gives them."""
        return {
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
            "caller_arn": self.caller_arn,
        }


@dataclass
class Settings:
    """One sandbox. `port`, `admin` and `outsider` are set before anything else sees it."""

    id: str
    mode: str
    """`full`: an EKS cluster has an API server behind it. `aws`: it has none."""
    port: int
    dir: Path
    """The runtime folder, private to its owner."""
    control_plane: Path | None = None
    """The control plane's program, there or yet to come; none in mode `aws`."""
    pace: float = 1.0
    """Factor on every lifecycle's duration; 0 makes all of them instant."""
    while_locked: Path | None = None
    """Others keep a lock on this file; the server ends when they have ended."""
    host: str = "127.0.0.1"
    account: str = ACCOUNT
    region: str = REGION
    admin: Credentials | None = None
    outsider: Credentials | None = None

    @property
    def endpoint(self) -> str:
        """Where AWS calls are answered."""
        return f"http://{self.host}:{self.port}"
