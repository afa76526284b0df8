"""Looking whether a device has fallen silent, and telling its household once for each silence."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from temporalio import activity

from activities.notifying import Notifier
from domain.notices import Notice, NoticeKind, notice_uuid
from domain.watching import Look, Looked, next_look
from rules.duration import in_words
from storage import devices, notices
from storage.database import Database
from storage.devices import DeviceView

NOT_WATCHED = Looked(next_look=None, line="not watched any more")


@dataclass(frozen=True)
class Watching:
    """Finds silence in the ledger, which every report is written into anyway."""

    db: Database
    notifier: Notifier

    @activity.defn
    async def look(self, look: Look) -> Looked:
        """Notice a silence, once, whoever looks how often; what was said since ends it by itself."""
        async with self.db.reading() as session:
            view = await devices.watched(session, look.device)
        if view is None or view.device.silent_after is None:
            return NOT_WATCHED
        silent_after = timedelta(seconds=view.device.silent_after)
        silent = view.is_silent(look.as_of)
        if silent:
            notice = _notice(view, look)
            async with self.db.writing() as session:
                await notices.add(session, notice)
            await self.notifier.tell([notice.uuid])
        heard = f"{'is silent since' if silent else 'was heard'} {view.heard_at:%Y-%m-%d %H:%M}"
        return Looked(
            next_look=next_look(look.as_of, view.heard_at, silent_after), line=f"**{view.device.name}** {heard}"
        )


def _notice(view: DeviceView, look: Look) -> Notice:
    device = view.device
    span = in_words(Decimal(device.silent_after or 0))
    return Notice(
        uuid=notice_uuid(NoticeKind.DEVICE_SILENT, device.uuid, view.heard_at.isoformat()),
        account=device.account,
        kind=NoticeKind.DEVICE_SILENT,
        at=look.as_of,
        sentence=f"{device.name} has not reported for {span}.",
        data={
            "device": str(device.uuid),
            "name": device.name,
            "silentAfter": device.silent_after,
            "lastReportAt": None if view.last is None else view.last.arrived_at.isoformat(timespec="seconds"),
        },
    )
