"""Proposals on their way from a search to its workers, as an actor between them. It loads no torch."""

from __future__ import annotations

import asyncio
from collections import defaultdict


class Outbox:
    """A Ray actor: the driver lays proposals down for workers, which wait for them, on any machine."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, asyncio.Queue[str | None]] = defaultdict(asyncio.Queue)

    async def put(self, worker: str, proposal: str | None) -> None:
        """Lay down the next proposal for a worker, as JSON text; None ends it."""
        self._waiting[worker].put_nowait(proposal)

    async def take(self, worker: str) -> str | None:
        """Return the next proposal for a worker as soon as there is one."""
        return await self._waiting[worker].get()
