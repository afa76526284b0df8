"""What is written when a fridge is settled: notifications, events, notices, and errands for whoever must be told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from pydantic import JsonValue
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.facts import Fact
from domain.fridge_errands import MOST_FACTS, Errand, TellAccount, TellItem, TellReceiver
from domain.fridge_papers import CommandPaper, FridgePaper, Stamp, letter
from domain.fridges import CommandStatus, NotificationType
from domain.identity import new_uuid
from domain.notices import Notice, NoticeKind, notice_uuid
from storage import fridge_outbox, notices
from storage.database import insert_new
from storage.secrets import Secrets
from storage.tables import Fleet, Fridge, FridgeCommand, FridgeErrand, FridgeEvent, User

_EVENTS = UUID("8c8f6c52-2f7e-5b57-9a54-0f7c6d2f3b11")


class Records:
    """The pen of one settle of one fridge, whose row the caller has locked; `finish` writes what has no row yet."""

    def __init__(self, session: AsyncSession, fridge: Fridge, fleet: Fleet, secrets: Secrets) -> None:
        self._session, self._fridge, self._fleet, self._secrets = session, fridge, fleet, secrets
        self._errands: list[Errand] = []
        self._events: dict[UUID, dict[str, object]] = {}
        self._is_waiting = False

    def notification(
        self,
        kind: NotificationType,
        data: JsonValue,
        at: datetime,
        *,
        command: tuple[FridgeCommand, User] | None = None,
        shown: CommandStatus | None = None,
        is_secret: bool = False,
    ) -> None:
        """Tell the fridge's webhookUrl; the command is shown in the status `shown`, where that is given (S109)."""
        fridge, paper = FridgePaper.of(self._fridge, self._fleet), None
        if command is not None:
            paper = CommandPaper.of(*command)
            paper = paper if shown is None else paper.model_copy(update={"status": shown})

        def write(stamp: Stamp) -> str:
            return letter(kind, data, fridge, paper, stamp)

        self._is_waiting |= fridge_outbox.add(
            self._session,
            self._fridge,
            kind,
            write,
            at=at,
            command=None if command is None else command[0].uuid,
            seal=self._secrets.seal if is_secret else None,
        )

    def remind(self) -> None:
        """Have the webhookUrl told what waits for it, if nobody does that any more."""
        self._is_waiting |= fridge_outbox.has_receiver(self._fridge)

    def event(self, kind: str, sentence: str, at: datetime, *mark: object) -> None:
        """Note something odd, once for each mark."""
        uuid = uuid5(_EVENTS, "\n".join(map(str, (self._fridge.uuid, kind, *mark))))
        row = {"uuid": uuid, "fridge": self._fridge.uuid, "kind": kind, "sentence": sentence, "at": at}
        self._events.setdefault(uuid, row)

    def errand(self, errand: Errand) -> None:
        """Have somebody told."""
        self._errands.append(errand)

    def facts(self, item: UUID, name: str, facts: Iterable[Fact]) -> None:
        """Have an item told, in parts that a signal can carry."""
        told = list(facts)
        for first in range(0, len(told), MOST_FACTS):
            self.errand(TellItem(item=item, name=name, facts=tuple(told[first : first + MOST_FACTS])))

    async def notice(self, kind: NoticeKind, what: str, at: datetime, *mark: object, **data: JsonValue) -> None:
        """Tell the account, once for each mark; `what` goes on from "Fridge so-and-so in this fleet"."""
        fridge = {"fridge": str(self._fridge.uuid), "name": self._fleet.name}
        notice = Notice(
            uuid=notice_uuid(kind, self._fridge.uuid, *mark),
            account=self._fridge.account,
            kind=kind,
            at=at,
            sentence=f"Fridge {self._fridge.uuid} in {self._fleet.name} {what}",
            data=fridge | data,
        )
        await notices.add(self._session, notice)
        self.errand(TellAccount(notice=notice.uuid))

    async def finish(self) -> bool:
        """Write everything down; whether there is anything left to tell, be it from earlier."""
        if self._is_waiting:
            self.errand(TellReceiver())
        await insert_new(self._session, FridgeEvent, list(self._events.values()))
        await self._session.flush()
        mine = FridgeErrand.fridge == self._fridge.uuid
        if not self._errands:
            return bool(await self._session.scalar(select(exists().where(mine))))
        newest = await self._session.scalar(select(func.max(FridgeErrand.number)).where(mine)) or 0
        rows = [self._row(*numbered) for numbered in enumerate(self._errands, newest + 1)]
        await insert_new(self._session, FridgeErrand, rows)
        return True

    def _row(self, number: int, errand: Errand) -> dict[str, object]:
        text = errand.model_dump_json(exclude_none=True)
        return {
            "uuid": new_uuid(),
            "fridge": self._fridge.uuid,
            "number": number,
            "kind": errand.kind,
            "errand": text,
        }
