"""Telling households what was decided about their items."""

from dataclasses import dataclass

from temporalio import activity

from activities.notifying import Notifier
from domain.process import Announce


@dataclass(frozen=True)
class Announcing:
    """Passes on the notices that a settle has written."""

    notifier: Notifier

    @activity.defn
    async def announce(self, due: Announce) -> None:
        """Have them told; a repeat tells nobody twice."""
        await self.notifier.tell(due.notices)
