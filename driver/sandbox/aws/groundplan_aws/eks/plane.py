"""The control plane behind a cluster: a process of its own, or a stand-in for want of one."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from groundplan_aws import faults
from groundplan_aws.settings import Settings

from .timing import course

READY = "ready.json"
FAILED = "failed.json"
UNAVAILABLE = "control-plane.unavailable"


@dataclass(frozen=True)
class Address:
    """How a cluster is reached."""

    endpoint: str
    authority: str
    """PEM in Base64, as EKS gives it."""
    kubeconfig: Path | None = None
    """The administrator's; none where nobody answers."""


class Plane:
    """What a cluster asks of its control plane. Without a process there is nothing to do for it."""

    address: Address | None = None
    """None until it answers."""

    @property
    def usable(self) -> bool:
        """Whether it answers and holds what every cluster of EKS holds."""
        return False

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs."""
        return True

    def problem(self) -> str | None:
        """Why it will never be usable."""
        return None

    def advance(self) -> None:
        """Takes the next step if it can be taken. Called often; returns at once."""

    def furnished(self) -> None:
        """Notes that it holds what every cluster of EKS holds."""

    def end(self) -> None:
        """Asks it to end."""

    def wait(self, until: float) -> None:
        """Returns when it has ended, killed if it has not by this time of the monotonic clock."""

    def clear(self) -> None:
        """Removes what it left, once it has ended."""


class Process(Plane):
    """A process that is started as soon as its program is there."""

    def __init__(self, settings: Settings, key: str, name: str, issuer: str, cidr: str) -> None:
        if settings.control_plane is None:
            raise ValueError("BUG: a sandbox with control planes has a program for them")
        self._program = settings.control_plane
        self._folder = settings.dir / "clusters" / key
        self._unavailable = settings.dir / UNAVAILABLE
        self._region = issuer.removeprefix("https://oidc.eks.").split(".")[0]
        self._arguments = {
            "--dir": str(self._folder),
            "--name": name,
            "--authn-webhook": f"{settings.endpoint}/_groundplan/authn/{key}",
            "--issuer": issuer,
            "--service-cidr": cidr,
            "--region": self._region,
            "--requests": str(settings.dir / "requests.jsonl"),
            "--faults": str(settings.dir / faults.FILE),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: str | None = None
        self._ending = False
        self._furnished = False

    @property
    def usable(self) -> bool:
        """Furnished, and running."""
        return self._furnished and self._process is not None and not self._ending

    def furnished(self) -> None:
        """It is usable from now on."""
        self._furnished = True

    def problem(self) -> str | None:
        """Its last words, or why there is no program."""
        if self._failure or self._process or not self._unavailable.exists():
            return self._failure
        # Not kept: the file goes when the program is tried again.
        return "; ".join(self._unavailable.read_text().strip().splitlines())

    def advance(self) -> None:
        """Starts it, meets it, or notes its end."""
        if self._failure or self._ending:
            return
        if self._process is None:
            if self._program.exists():
                self._start()
            return
        if (status := self._process.poll()) is not None:
            self._failure = self._last_words(status)
            # One that was killed could not take its promise back.
            (self._folder / READY).unlink(missing_ok=True)
        elif self.address is None and (self._folder / READY).exists():
            self._meet()

    def _start(self) -> None:
        self._folder.parent.mkdir(mode=0o700, exist_ok=True)
        command = [str(self._program), "--watch-pid", str(os.getpid())]
        for flag, value in self._arguments.items():
            command += [flag, value]
        # Standard input stays: it is how the sandbox's owner sees that something still runs.
        self._process = subprocess.Popen(command)

    def _meet(self) -> None:
        ready = json.loads((self._folder / READY).read_text())
        authority = base64.b64encode(Path(ready["ca_file"]).read_bytes()).decode()
        self.address = Address(ready["endpoint"], authority, Path(ready["kubeconfig"]))

    def _last_words(self, status: int) -> str:
        try:
            said = json.loads((self._folder / FAILED).read_text())
        except (OSError, ValueError):
            log = self._folder / "control-plane.log"
            return f"the control plane ended with status {status}; see {log}"
        return f"{said['why']}; {said['hint']}"

    def end(self) -> None:
        """SIGTERM."""
        self._ending = True
        if self._process and self._process.poll() is None:
            self._process.terminate()

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def clear(self) -> None:
        """Removes its folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self, until: float) -> None:
        """Until the process is gone."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Nobody(Plane):
    """For sandboxes without control planes: there after a while, and it never answers."""

    def __init__(self, authority: str) -> None:
        self._course = course("CREATING", "cluster.create", "ACTIVE")
        self.address = Address("https://no-control-plane.sandbox.invalid", authority)

    @property
    def usable(self) -> bool:
        """Whether the time has come."""
        return self._course.over
