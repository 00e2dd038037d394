"""The process at the other end of a connection, found in /proc and not by its word.

What is ended or stopped is a run: for calls of helm, which is a child of one, its parent. A run is
the leader of a process group of its own, as a shell starts it; nobody else is ever sent a signal.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundplan_aws.call import Fault

TICK = 0.02

STOPS_WITHIN = 1.0
"""A signal is delivered within this. What is not seen stopped by then was told to go on meanwhile."""


@dataclass(frozen=True)
class Client:
    """One end of a connection over IPv4 on this machine."""

    address: str
    port: int

    def kill(self) -> None:
        """SIGKILL, now."""
        os.kill(self._run(), signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP, and back when it has stopped."""
        run = self._run()
        os.kill(run, signal.SIGSTOP)
        sent = time.monotonic()
        while _state(run) not in {"T", None} and time.monotonic() - sent < STOPS_WITHIN:
            time.sleep(0.001)

    def wait_until_it_goes_on(self) -> bool:
        """Until it was told to go on. False if it ended instead."""
        run = self._run()
        while (state := _state(run)) == "T":
            time.sleep(TICK)
        return state is not None

    def _run(self) -> int:
        caller = self._pid()
        run = _parent(caller) if _name(caller) == "helm" else caller
        if run == 1 or os.getpgid(run) != run:
            raise _unknown("it is no run, which leads a process group of its own")
        return run

    def _pid(self) -> int:
        socket_link = f"socket:[{self._inode()}]"
        for pid in _processes():
            try:
                for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                    if os.readlink(descriptor) == socket_link:
                        return pid
            except OSError:  # it ended meanwhile, or is somebody else's
                continue
        raise _unknown("it has ended, or belongs to another user")

    def _inode(self) -> str:
        (address,) = struct.unpack("=I", socket.inet_aton(self.address))
        local = f"{address:08X}:{self.port:04X}"
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[1] == local and columns[9] != "0":
                return columns[9]
        raise _unknown("it has hung up")


def _unknown(why: str) -> Fault:
    return Fault("InternalFailure", f"who called cannot be ended or stopped: {why}", 500)


def _processes() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _state(pid: int) -> str | None:
    """`T` for one that is stopped; None for one that has ended."""
    try:
        state = _stat(pid)[0]
    except OSError:
        return None
    return None if state in {"Z", "X"} else state


def _stat(pid: int) -> list[str]:
    """What stands after its name: its state, its parent, and more."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
