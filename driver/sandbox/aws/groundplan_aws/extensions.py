"""Brings in what the sandbox adds, one module per service; importing one registers it."""

from __future__ import annotations

import importlib

MODULES: tuple[str, ...] = ()


def load() -> None:
    """Registers all of it."""
    for name in MODULES:
        importlib.import_module(f"groundplan_aws.services.{name}")
