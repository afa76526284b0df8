"""Settling a fridge: what it reported and what is due, in one transaction of the caller (S97-S115, 1.J.6-1.J.11)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import fridge_reports, tag_facts
from domain.errors import NotFound
from domain.facts import Fact
from domain.fridge_papers import number
from domain.fridges import (
    DoorStatus,
    FridgeSettled,
    NewCommand,
    Notification,
    NotificationType,
    SettleFridge,
    silent_from,
)
from domain.notices import NoticeKind
from domain.scans import Difference, out_of_band
from storage.database import insert_new
from storage.fridge_commands import Commands
from storage.fridge_records import Records
from storage.fridge_scans import Scan, items_with_tags
from storage.fridges import DELETED
from storage.secrets import SealBroken, Secrets
from storage.tables import Fleet, Fridge, FridgeReportRow

_NOT_TOLD = frozenset(
    {
        NotificationType.TEMPERATURE_ALERT,
        NotificationType.OFFLINE,
        NotificationType.ONLINE,
        NotificationType.PRODUCT_LINKED,
    }
)
"""What another cloud may say of its fridge, and Larder says by its own judgement, or of a product and no fridge."""


async def settle(session: AsyncSession, batch: SettleFridge, secrets: Secrets) -> FridgeSettled:
    """Write down what is new, then what is due; the answer is the fridge as it stands, whatever was new."""
    opened = await _opened(session, batch.fridge)
    if opened is None:
        return FridgeSettled(deleted=True, line="deleted")
    settling = FridgeSettling(session, *opened, secrets)
    return await settling.settle(batch)


async def record_command(session: AsyncSession, command: NewCommand, as_of: datetime, secrets: Secrets) -> None:
    """Write a command down, once (S84); raises NotFound for a deleted fridge, Conflict for a second opening."""
    opened = await _opened(session, command.fridge)
    if opened is None or opened[0].deleted_at is not None:
        raise NotFound("There is no such fridge.")
    await FridgeSettling(session, *opened, secrets).record(command, as_of)


async def _opened(session: AsyncSession, uuid: UUID) -> tuple[Fridge, Fleet] | None:
    fridge = await session.get(Fridge, uuid, with_for_update=True)
    return None if fridge is None else (fridge, await session.get_one(Fleet, fridge.fleet))


class FridgeSettling:
    """A fridge whose row the caller has locked."""

    def __init__(self, session: AsyncSession, fridge: Fridge, fleet: Fleet, secrets: Secrets) -> None:
        self._session, self._fridge, self._secrets = session, fridge, secrets
        self._records = Records(session, fridge, fleet, secrets)
        self._commands = Commands(session, self._records, fridge)

    async def settle(self, batch: SettleFridge) -> FridgeSettled:
        """Notifications first, so that nothing counts as late that was received in time."""
        fridge, as_of = self._fridge, batch.as_of
        if fridge.deleted_at is not None:
            await self._commands.end_openings(DELETED, as_of)
            return FridgeSettled(deleted=True, line="deleted", errands=await self._records.finish())
        reports = await self._new(batch.notifications)
        if batch.recall:
            await self._commands.begin_again()
            self._records.remind()
        heard = [report.received_at for report in reports if report.type is not NotificationType.OFFLINE]
        fridge.last_activity = max([fridge.last_activity, *heard])
        if fridge.is_offline and not self._is_silent(as_of, fridge.last_activity):
            await self._online(as_of)
        for report in reports:
            await self._take(report)
        for overdue in batch.overdue:
            await self._commands.overdue(overdue, as_of)
        due = [await self._commands.end_what_is_due(as_of)]
        await self._compare_with_band(as_of)  # whose limits may have been changed
        heard_at = max(fridge.last_activity, batch.listening_since or fridge.last_activity)
        if self._is_silent(as_of, heard_at) and not fridge.is_offline:
            await self._offline(as_of)
        if self._is_watched() and not fridge.is_offline:
            due.append(silent_from(heard_at, fridge.heartbeat_interval))
        next_check = min((moment for moment in due if moment is not None), default=None)
        errands = await self._records.finish()
        return FridgeSettled(line=self._line(), next_check=next_check, errands=errands)

    async def record(self, command: NewCommand, as_of: datetime) -> None:
        """Write a command down, once what has ended by now has ended."""
        await self._commands.end_what_is_due(as_of)
        await self._commands.record(command)
        await self._records.finish()

    async def _new(self, notifications: Sequence[Notification]) -> list[Notification]:
        """Those that were not there before; they are from now on. One with another content is noted."""
        if not notifications:
            return []
        first: dict[str, Notification] = {}
        for report in notifications:
            first.setdefault(report.known_by, report)
        known = await self._known(first)
        new = [report for known_by, report in first.items() if known_by not in known]
        await insert_new(self._session, FridgeReportRow, [self._row(report) for report in new])
        known |= {report.known_by: fridge_reports.digest(report) for report in new}
        for report in notifications:
            if known[report.known_by] != fridge_reports.digest(report):
                sentence = f"{report.type} came under the id of another notification, {report.id}, and was left aside."
                self._records.event("differing-repeat", sentence, report.observed_at, report.known_by)
        return new

    async def _known(self, reports: Mapping[str, Notification]) -> dict[str, str]:
        """Those of these that were there before, by what they are known by, with their digests."""
        row, bare = FridgeReportRow, {report.id: known_by for known_by, report in reports.items() if report.link}
        these: ColumnElement[bool] = row.id.in_(list(reports))
        if bare and self._fridge.linked_at is not None:
            # before links were told apart, a report was kept by nothing but its id: those of this link may be repeated
            these |= row.id.in_(list(bare)) & (row.arrived_at >= self._fridge.linked_at)
        query = select(row.id, row.digest).where(row.fridge == self._fridge.uuid, these)
        found = await self._session.execute(query)
        return {each.id if each.id in reports else bare[each.id]: each.digest for each in found}

    def _row(self, report: Notification) -> dict[str, object]:
        return {
            "fridge": self._fridge.uuid,
            "id": report.known_by,
            "type": report.type,
            "observed_at": report.observed_at,
            "arrived_at": report.received_at,
            "digest": fridge_reports.digest(report),
        }

    async def _take(self, report: Notification) -> None:
        command, door = await self._commands.answered_by(report), fridge_reports.door(report)
        difference = await self._scanned(report) if report.type is NotificationType.INVENTORY else None
        await self._note(report, door)
        url = fridge_reports.field(report.data, "url")
        if command is not None and report.type is NotificationType.VIDEO and isinstance(url, str):
            await self._commands.film(command[0], url)
        shown = None if command is None else await self._commands.hear(command[0], report, door, difference)
        if report.type in _NOT_TOLD:
            return
        self._records.notification(
            report.type,
            self._data(report, difference),
            report.observed_at,
            command=command,
            shown=shown,
            is_secret=report.type is NotificationType.BADGE_PRESENTED,
        )

    async def _note(self, report: Notification, door: DoorStatus | None) -> None:
        """What it says of the fridge itself."""
        fridge, data = self._fridge, report.data
        match report.type:
            case NotificationType.DOOR_STATUS:
                self._note_door(report, door)
            case NotificationType.SCREEN_STATUS if isinstance(status := fridge_reports.field(data, "status"), str):
                fridge.screen_status = status
            case NotificationType.TEMPERATURE | NotificationType.TEMPERATURE_ALERT:
                await self._measured(report)
            case NotificationType.BOOT | NotificationType.HEARTBEAT:
                if isinstance(firmware := fridge_reports.field(data, "firmwareVersion"), str):
                    fridge.firmware_version = firmware

    def _data(self, report: Notification, difference: Difference | None) -> JsonValue:
        """What is told of it: as documented, with our own difference, and without what only we are to know."""
        if difference is not None:
            return {
                "epcs": list(fridge_reports.epcs(report.data, "epcs")),
                "removed": list(difference.removed),
                "added": list(difference.added),
            }
        if report.type is NotificationType.BADGE_PRESENTED:
            return {"badge_token": self._badge(report)}
        if report.type in (NotificationType.BOOT, NotificationType.HEARTBEAT):
            return None
        return report.data

    async def _scanned(self, report: Notification) -> Difference:
        """What the fridge itself takes for the difference is only a cross-check (1.J.8)."""
        scan = Scan(self._session, self._records, self._fridge, report)
        difference = await scan.apply(fridge_reports.epcs(report.data, "epcs"))
        theirs = fridge_reports.epcs(report.data, "removed"), fridge_reports.epcs(report.data, "added")
        says_it = all(isinstance(fridge_reports.field(report.data, name), list) for name in ("removed", "added"))
        if says_it and (sentence := difference.disagreement(*theirs)):
            self._records.event("disagreement", sentence, report.observed_at, report.known_by)
        return difference

    def _note_door(self, report: Notification, door: DoorStatus | None) -> None:
        fridge, at = self._fridge, report.as_of
        if door is None or (fridge.door_at is not None and at < fridge.door_at):
            return
        fridge.door_status, fridge.door_at = door, at
        if door is DoorStatus.OPENED and (fridge.scanned_at is None or at >= fridge.scanned_at):
            fridge.door_was_opened = True

    async def _measured(self, report: Notification) -> None:
        fridge, at, found = self._fridge, report.as_of, fridge_reports.field(report.data, "temperature")
        if isinstance(found, bool | None) or (fridge.temperature_at is not None and at < fridge.temperature_at):
            return
        with suppress(InvalidOperation):
            fridge.temperature, fridge.temperature_at = Decimal(str(found)), at
            await self._compare_with_band(report.observed_at)

    async def _compare_with_band(self, at: datetime) -> None:
        """Leaving the band is told once, and so is coming back (S78, 1.J.10)."""
        fridge = self._fridge
        if fridge.temperature is None:
            return
        is_out = out_of_band(fridge.temperature, fridge.temperature_min_alert, fridge.temperature_max_alert)
        if is_out == fridge.is_out_of_band:
            return
        fridge.is_out_of_band = is_out
        status = "alert" if is_out else "cleared"
        data: dict[str, JsonValue] = {"temperature": number(fridge.temperature), "status": status}
        self._records.notification(NotificationType.TEMPERATURE_ALERT, data, at)
        limits = fridge.temperature_min_alert, fridge.temperature_max_alert
        lowest, highest = (None if limit is None else number(limit) for limit in limits)
        what = f"is at {fridge.temperature:f} °C, {'which is out of' if is_out else 'within'} its band."
        await self._records.notice(
            NoticeKind.FRIDGE_TEMPERATURE,
            what,
            at,
            *(status, at.isoformat()),
            temperatureMinAlert=lowest,
            temperatureMaxAlert=highest,
            **data,
        )

    def _badge(self, report: Notification) -> JsonValue:
        """In clear within a letter that is sealed as a whole (1.J.15)."""
        with suppress(SealBroken):
            return None if report.sealed is None else self._secrets.open(report.sealed)
        return None

    def _is_watched(self) -> bool:
        return self._fridge.linked_at is not None or self._fridge.connection is not None

    def _is_silent(self, as_of: datetime, heard_at: datetime) -> bool:
        return self._is_watched() and silent_from(heard_at, self._fridge.heartbeat_interval) <= as_of

    async def _offline(self, at: datetime) -> None:
        fridge = self._fridge
        fridge.is_offline = True
        self._records.notification(NotificationType.OFFLINE, None, at)
        since = fridge.last_activity
        what = f"has not been heard of since {since:%Y-%m-%d %H:%M} UTC."
        moment = since.isoformat(timespec="seconds")
        await self._records.notice(NoticeKind.FRIDGE_OFFLINE, what, at, since.isoformat(), lastActivity=moment)
        await self._tell_items(tag_facts.silent(fridge.uuid, since=since, at=max(at, since)))

    async def _online(self, at: datetime) -> None:
        self._fridge.is_offline, self._fridge.is_unscanned = False, True
        self._records.notification(NotificationType.ONLINE, None, at)
        await self._tell_items(tag_facts.heard(self._fridge.uuid, at=at))

    async def _tell_items(self, fact: Fact) -> None:
        for item, name in await items_with_tags(self._session, self._fridge):
            self._records.facts(item, name, [fact])

    def _line(self) -> str:
        fridge = self._fridge
        degrees = "not measured" if fridge.temperature is None else f"{fridge.temperature:f} °C"
        doing = "" if fridge.opening is None else f" · opening {fridge.opening}"
        heard = f"{'offline, ' if fridge.is_offline else ''}heard {fridge.last_activity:%Y-%m-%d %H:%M}"
        return f"**{fridge.door_status}** · {degrees} · {heard}{doing}"
