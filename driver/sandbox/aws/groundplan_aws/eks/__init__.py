"""EKS: what moto lacks of it, with a real control plane behind each cluster.

Operations are functions named after them, in a module for each kind of object. `operations` has
them answer in place of moto's, `records` and `world` are what is known, `keeper`, `plane` and
`attendant` look after control planes and what EKS has in them, `webhook` and `token` let callers
in.
"""

from __future__ import annotations

from groundplan_aws import routes
from groundplan_aws.settings import Settings

from . import (  # noqa: F401  (operations declare themselves)
    addon_catalogue,
    addons,
    certificate,
    cluster_updates,
    clusters,
    entries,
    insights,
    nodegroup_updates,
    nodegroups,
    operations,
    pod_identity,
    policies,
    tags,
    updates,
    versions,
    webhook,
)
from .keeper import Keeper
from .world import World


def install(settings: Settings) -> Keeper:
    """Serves EKS. The answer's `stop` ends all control planes."""
    world = World(settings, certificate.of_nobody())
    operations.attach(world)
    routes.register(webhook.PATH, webhook.Webhook(world))
    keeper = Keeper(world)
    keeper.start()
    return keeper
