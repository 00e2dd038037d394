"""How long what EKS does takes here; AWS takes minutes for most of it."""

from __future__ import annotations

from groundplan_aws import lifecycle

lifecycle.SECONDS.update(
    {
        # Without a control plane to wait for.
        "cluster.create": 2.0,
        # For as long as a new node may take to become ready; AWS gives up after some 20 minutes.
        "nodegroup.join": 30.0,
        "cluster.delete": 1.0,
        "cluster.update": 0.8,
        "cluster.upgrade": 2.0,
    }
)

Course = lifecycle.Course


def course(state: str, duration: str, last: str | None) -> Course:
    """One state that passes, and the one that stays."""
    return Course(((state, duration),), last)
