"""The commands of one fridge: written down, moved on by what the fridge reports, ended in time (S84-S96, S110-S115)."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import command_paths
from domain.errors import Conflict
from domain.fridge_errands import TellCloud, TellSession
from domain.fridges import (
    ACKNOWLEDGED_WITHIN,
    CommandSlug,
    CommandStatus,
    DoorStatus,
    NewCommand,
    Notification,
    NotificationType,
    Overdue,
    SessionBrief,
    SessionWord,
)
from domain.notices import NoticeKind
from domain.scans import Difference
from storage.fridge_records import Records
from storage.tables import Fridge, FridgeCommand, FridgeSession, User

Given = tuple[FridgeCommand, User]


class Commands:
    """Reads and writes of the commands of a fridge whose row the caller has locked."""

    def __init__(self, session: AsyncSession, records: Records, fridge: Fridge) -> None:
        self._session, self._records, self._fridge = session, records, fridge

    async def record(self, new: NewCommand) -> None:
        """Write a new command down, once; raises Conflict for a second opening."""
        if await self._session.get(FridgeCommand, new.uuid) is not None:
            return
        if new.slug is CommandSlug.OPEN:
            if self._fridge.opening is not None:
                raise Conflict("This fridge is being opened already.")
            self._fridge.opening = new.uuid
        command = FridgeCommand(
            uuid=new.uuid,
            fridge=new.fridge,
            author=new.author,
            slug=new.slug,
            expires_at=new.at + ACKNOWLEDGED_WITHIN,
            created_at=new.at,
            updated_at=new.at,
        )
        self._session.add(command)
        await self._session.flush()
        if new.slug is CommandSlug.OPEN:
            opening = FridgeSession(command=new.uuid, fridge=new.fridge, removed="", added="", began_at=new.at)
            self._session.add(opening)
            self._say(opening, None)
        if self._fridge.connection is not None:
            self._records.errand(TellCloud(command=new.uuid))

    async def answered_by(self, report: Notification) -> Given | None:
        """The command that a notification answers; one of another fridge is nobody's, and noted."""
        if report.command is None:
            return await self._reboot(report)
        found = await self._one(FridgeCommand.uuid == report.command.uuid)
        if found is None:
            self._forged(report, "it was never given to this fridge")
        return found

    async def _reboot(self, report: Notification) -> Given | None:
        """A fridge that shuts down and starts need not say what for (1.J.11)."""
        waits: ColumnElement[bool]
        if report.type is NotificationType.SHUTDOWN:
            waits = FridgeCommand.status.is_(None) & (FridgeCommand.expires_at >= report.received_at)
        elif report.type is NotificationType.BOOT:
            waits = FridgeCommand.status == CommandStatus.ACK
        else:
            return None
        return await self._one((FridgeCommand.slug == CommandSlug.REBOOT) & waits)

    async def _one(self, which: ColumnElement[bool]) -> Given | None:
        given = select(FridgeCommand, User).join(User, User.uuid == FridgeCommand.author)
        mine = given.where(FridgeCommand.fridge == self._fridge.uuid, which)
        newest = mine.order_by(FridgeCommand.created_at.desc(), FridgeCommand.uuid.desc()).limit(1)
        found = (await self._session.execute(newest)).first()
        return None if found is None else (found[0], found[1])

    async def hear(
        self, command: FridgeCommand, report: Notification, door: DoorStatus | None, difference: Difference | None
    ) -> CommandStatus | None:
        """Move a command on by what its fridge says of it; the status to show in what is told of that (S109)."""
        waits_until = _waits_until(command)
        if waits_until is not None and report.received_at > waits_until:
            await self._give_up(command, _unanswered(command), report.received_at)
        opening = await self._session.get(FridgeSession, command.uuid)
        word, status = report.command, _status(command)
        if word is not None and word.video is not None:
            await self.film(command, word.video)
        to = command_paths.said(CommandSlug(command.slug), report.type, door, None if word is None else word.status)
        if to is None:
            return None
        if command_paths.contradicts(status, to):
            self._forged(report, f"the command has ended already: {status}")
        if not command_paths.moves(CommandSlug(command.slug), status, to):
            return None
        if to is CommandStatus.FAILED:
            await self._fail(command, (word and word.message) or command_paths.FAILED_UNSAID, report.received_at)
            return to
        command.status = command_paths.kept(CommandSlug(command.slug), to)
        command.updated_at = report.received_at
        if opening is not None:
            self._go_on(opening, to, report.observed_at, difference)
        return to

    async def film(self, command: FridgeCommand, video: str) -> None:
        """Keep where a command's video is to be found, for a day (S96, S104)."""
        command.video = video
        opening = await self._session.get(FridgeSession, command.uuid)
        if opening is not None:
            opening.video = video

    async def overdue(self, overdue: Overdue, as_of: datetime) -> None:
        """An opening has waited long enough: told of, or given up; one that has gone on meanwhile hears of that."""
        found = await self._one(FridgeCommand.uuid == overdue.command)
        if found is None:
            return  # of a database that was put back: the opening ends by itself
        command, _ = found
        status = _status(command)
        if status != overdue.status or status in command_paths.ENDED:
            await self._say_again(command)
        elif overdue.is_last:
            await self._give_up(command, command_paths.given_up(status), as_of)
        else:
            minutes = command_paths.LEFT_OPEN_AFTER.total_seconds() // 60
            what = f"was left open: its door has not been closed for {minutes:.0f} minutes."
            await self._records.notice(
                NoticeKind.FRIDGE_DOOR_OPEN, what, as_of, command.uuid, command=str(command.uuid)
            )

    async def end_what_is_due(self, as_of: datetime) -> datetime | None:
        """Fail what was not acknowledged or answered in time, and an opening that nobody ends; when the next is due."""
        waiting = FridgeCommand.status.is_(None) | (FridgeCommand.status == CommandStatus.ACK)
        mine = select(FridgeCommand).where(FridgeCommand.fridge == self._fridge.uuid, waiting)
        due: list[datetime] = []
        for command in (await self._session.scalars(mine.order_by(FridgeCommand.uuid))).all():
            waits_until = _waits_until(command)
            if waits_until is not None and waits_until <= as_of:
                await self._give_up(command, _unanswered(command), as_of)
            elif waits_until is not None:
                due.append(waits_until)
        if self._fridge.opening is not None:
            command = await self._session.get_one(FridgeCommand, self._fridge.opening)
            ends = command.created_at + command_paths.LONGEST_OPENING
            if ends <= as_of:
                await self._give_up(command, command_paths.given_up(_status(command)), as_of)
            else:
                due.append(ends)
        return min(due, default=None)

    async def end_openings(self, outcome: str, as_of: datetime) -> None:
        """The fridge is gone, and with it its commands: no opening waits for it any longer."""
        mine = (FridgeSession.fridge == self._fridge.uuid) & FridgeSession.ended_at.is_(None)
        for opening in (await self._session.scalars(select(FridgeSession).where(mine))).all():
            self._end(opening, CommandStatus.FAILED, outcome, as_of)

    async def begin_again(self) -> None:
        """Have the opening that is under way waited for, if nobody does."""
        if self._fridge.opening is not None:
            await self._say_again(await self._session.get_one(FridgeCommand, self._fridge.opening))

    async def _give_up(self, command: FridgeCommand, why: str, at: datetime) -> None:
        """Fail a command by our own clock; no notification of the fridge's says so, so the door's status does."""
        await self._fail(command, why, at)
        if CommandSlug(command.slug) in command_paths.TOLD_OF_BY_THE_DOOR:
            author = await self._session.get_one(User, command.author)
            door: JsonValue = {"status": self._fridge.door_status}
            self._records.notification(NotificationType.DOOR_STATUS, door, at, command=(command, author))

    async def _fail(self, command: FridgeCommand, why: str, at: datetime) -> None:
        command.status, command.message, command.updated_at = CommandStatus.FAILED, why, at
        opening = await self._session.get(FridgeSession, command.uuid)
        if opening is not None:
            self._end(opening, CommandStatus.FAILED, why, at)

    def _go_on(self, opening: FridgeSession, to: CommandStatus, at: datetime, difference: Difference | None) -> None:
        opening.status = to
        if to is CommandStatus.OPENED:
            opening.opened_at = at
        elif to is CommandStatus.CLOSED:
            opening.closed_at = at
        if to is not CommandStatus.INVENTORY:
            self._say(opening, SessionWord(status=to))
            return
        removed, added = ((), ()) if difference is None else (difference.removed, difference.added)
        opening.removed, opening.added = " ".join(removed), " ".join(added)
        self._end(opening, to, command_paths.taken_and_put(len(removed), len(added)), at)

    def _end(self, opening: FridgeSession, status: CommandStatus, outcome: str, at: datetime) -> None:
        opening.status, opening.outcome, opening.ended_at = status, outcome, at
        if self._fridge.opening == opening.command:
            self._fridge.opening = None
        self._say(opening, SessionWord(status=status, outcome=outcome))

    async def _say_again(self, command: FridgeCommand) -> None:
        opening = await self._session.get(FridgeSession, command.uuid)
        if opening is not None:
            status = _status(command)
            self._say(opening, None if status is None else SessionWord(status=status, outcome=opening.outcome))

    def _say(self, opening: FridgeSession, word: SessionWord | None) -> None:
        brief = SessionBrief(command=opening.command, fridge=self._fridge.uuid, account=self._fridge.account)
        self._records.errand(TellSession(brief=brief, word=word))

    def _forged(self, report: Notification, why: str) -> None:
        sentence = f"A forged or late command result was left aside: {report.type}, {why}."
        self._records.event("command-result", sentence, report.observed_at, report.known_by)


def _waits_until(command: FridgeCommand) -> datetime | None:
    slug, since = CommandSlug(command.slug), {"expires_at": command.expires_at, "updated_at": command.updated_at}
    return command_paths.waits_until(slug, _status(command), **since)


def _unanswered(command: FridgeCommand) -> str:
    return command_paths.unanswered(CommandSlug(command.slug), _status(command))


def _status(command: FridgeCommand) -> CommandStatus | None:
    return None if command.status is None else CommandStatus(command.status)
