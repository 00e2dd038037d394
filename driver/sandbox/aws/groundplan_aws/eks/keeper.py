"""Keeps the control planes of a sandbox: starts them, has them attended, ends them."""

from __future__ import annotations

import sys
import threading
import traceback

from .attendant import Attendant
from .records import Cluster
from .world import World, has_api

PAUSE = 0.1


class Keeper(threading.Thread):
    """One thread for all clusters."""

    def __init__(self, world: World) -> None:
        super().__init__(name="keeper of clusters", daemon=True)
        self._world = world
        self._attendants: dict[str, Attendant] = {}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Looks at all clusters, again and again."""
        while not self._stopped.wait(PAUSE):
            try:
                self._look()
            except Exception:
                # A cluster that cannot be looked after is no reason to forsake the others.
                traceback.print_exc(file=sys.stderr)

    def _look(self) -> None:
        with self._world.lock:
            for cluster in self._world:
                cluster.plane.advance()
                self._have_attended(cluster)
            self._world.settle()
            living = {cluster.id for cluster in self._world if cluster.deletion is None}
            for gone in set(self._attendants) - living:
                self._attendants.pop(gone).stop()

    def _have_attended(self, cluster: Cluster) -> None:
        if cluster.id in self._attendants or cluster.deletion is not None:
            return
        if has_api(cluster):
            attendant = self._attendants[cluster.id] = Attendant(self._world, cluster)
            attendant.start()

    def stop(self) -> None:
        """Ends all control planes. Returns when nothing of them runs."""
        self._stopped.set()
        self.join()
        for attendant in self._attendants.values():
            attendant.stop()
        planes = [cluster.plane for cluster in self._world]
        for plane in planes:
            plane.end()
        for plane in planes:
            plane.wait()
