"""`python -I -m groundplan_aws`: serves one sandbox until SIGTERM."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from groundplan_aws.settings import Settings


def parse(arguments: list[str]) -> Settings:
    """The settings that a command line gives."""
    parser = argparse.ArgumentParser(prog="groundplan_aws", description=__doc__)
    parser.add_argument("--id", required=True, help="the sandbox's name")
    parser.add_argument("--mode", choices=["full", "aws"], required=True)
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 for any free one")
    parser.add_argument("--dir", type=Path, required=True, help="the runtime folder")
    parser.add_argument("--control-plane", type=Path, help="the control plane's program")
    parser.add_argument("--pace", type=float, default=1.0, help="factor on all durations")
    parser.add_argument("--while-locked", type=Path, help="end when nobody has a lock on this file")
    given = parser.parse_args(arguments)
    if given.pace < 0:
        parser.error("--pace is a factor: 0 or more")
    if given.mode == "full" and given.control_plane is None:
        parser.error("--mode full needs --control-plane")
    return Settings(
        id=given.id,
        mode=given.mode,
        port=given.port,
        dir=given.dir.absolute(),
        control_plane=given.control_plane.absolute() if given.mode == "full" else None,
        pace=given.pace,
        while_locked=given.while_locked,
    )


def main() -> int:
    """Runs the server; the exit code is 0 for an orderly end."""
    settings = parse(sys.argv[1:])
    # Importing moto takes a second or two: a mistake on the command line need not wait for it.
    from groundplan_aws import server

    return server.run(settings)


if __name__ == "__main__":
    sys.exit(main())
