"""A desk without Temporal: it does at once what the workflows would do, by the same functions of storage and rules."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import httpx
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.changes import Changes
from activities.grouping import Grouping
from activities.mailing import Mailing
from activities.stock import StockKeeping
from activities.telling import FridgeTeller, ItemTeller, SpreadTeller
from api.app import create_app
from api.desk import Desk
from api.parts import Parts
from billing.providers import ON_ACCOUNT, STRIPE, event_reader
from domain.changes import Change, Covers
from domain.errors import Conflict, Unavailable
from domain.facts import Arrival, Fact, FactKind, OrderNews, Source
from domain.fridge_webhooks import ReplayFridgeNotification
from domain.fridges import NewCommand, Notification
from domain.mail import MailBrief
from domain.orders import OrderState, Progress, RetailerWord
from domain.process import OrderUpdate, Settle, TellGroups
from domain.spreading import Spread
from domain.webhooks import DeliveryBrief
from failpoints import Failpoints
from mail.writing import Writer
from rules.engine import Engine
from rules.judge import Judge
from settings import Settings
from storage import order_notices, purchasing
from storage.covered import covered
from storage.database import Database, open_database
from storage.secrets import Secrets
from storage.tables import OrderRow
from tests.api.direct_fridges import DirectFridges
from tests.api.server import COOKIES, Api, Caller, listening, quick_passwords

STRIPE_WEBHOOK_SECRET = "whsec_never_to_be_seen_in_tests"


class DirectTeller(ItemTeller):
    """Has what an item is told settled by its `client`, which is no client."""

    async def tell(self, account: UUID, item: UUID, facts: Sequence[Fact], summary: str | None = None) -> None:
        settle: Any = self.client
        await settle(account, item, facts)


@dataclass(frozen=True)
class DirectSpreads(SpreadTeller):
    """Has all that a change covers told by its `client`, which is no client either."""

    db: Database

    async def spread(self, spread: Spread, summary: str) -> None:
        teller: Any = self.client
        async with self.db.reading() as session:
            items = await covered(session, spread.account, spread.covers, spread.after, 1000)
        for uuid, name in items:
            await teller.tell(spread.account, uuid, [spread.fact()], name)


class UntoldFridges(FridgeTeller):
    """Fridges whose workflows do not run."""

    async def changed(self, account: UUID, fridge: UUID) -> None:
        pass


class DirectDesk(Desk):
    """Keeps what it was told in `reports`; `away` makes it refuse, `late` makes it do everything and then refuse."""

    def __init__(self, db: Database, secrets: Secrets) -> None:
        self.away = self.late = False
        self.moment: datetime | None = None
        self.reports: list[tuple[UUID, Fact]] = []
        self.watched: list[UUID] = []
        self.spreads: list[UUID] = []
        self.replays: list[DeliveryBrief] = []
        self.fridges = DirectFridges(db, secrets, self._told)
        self.webhooks_told: list[UUID] = []
        self.fridge_replays: list[ReplayFridgeNotification] = []
        self._direct_db = db
        self._stock = StockKeeping(db, Judge(Engine()), Failpoints())
        teller = DirectTeller(cast("Client", self._settled))
        self._grouping = Grouping(db, teller, Failpoints())
        spreads, fridges = DirectSpreads(cast("Client", teller), db), UntoldFridges(cast("Client", None))
        self._changes = Changes(db, teller, spreads, fridges, Failpoints())
        self._mailing = Mailing(db, secrets, Writer("https://larder.example.com"), post=None)

    async def now(self, item: UUID | None = None) -> datetime:
        return self.moment or datetime.now(UTC)

    async def report(self, account: UUID, item: UUID, name: str, facts: Sequence[Fact]) -> None:
        async with self._reachable():
            await self._told(account, item, facts)

    async def change(self, change: Change) -> None:
        async with self._reachable():
            try:
                stored = await self._changes.apply(change)
            except ApplicationError as refused:
                raise Conflict(refused.message) from refused
            if stored.digest != change.digest():
                raise Conflict("It has been changed by somebody else in the meantime: read it again and repeat.")

    @asynccontextmanager
    async def spread(self, account: UUID) -> AsyncIterator[None]:
        async with self._reachable():
            yield
        self.spreads.append(account)
        fact = Fact(id=f"change:{account}:{len(self.spreads)}", kind=FactKind.CHANGED, source=Source.LARDER)
        async with self._direct_db.reading() as session:
            every = await covered(session, account, Covers(), None, 1000)
        for row in every:
            await self._settled(account, row.uuid, [fact])

    async def watch(self, account: UUID, device: UUID) -> None:
        async with self._reachable():
            self.watched.append(device)

    async def fridge_webhook(self, account: UUID, fridge: UUID) -> None:
        async with self._reachable():
            self.webhooks_told.append(fridge)

    async def fridge_replay(self, account: UUID, replay: ReplayFridgeNotification) -> None:
        async with self._reachable():
            self.fridge_replays.append(replay)

    async def fridge_report(self, account: UUID, fridge: UUID, notifications: Sequence[Notification]) -> None:
        async with self._reachable():
            await self.fridges.settle(account, fridge, await self.now(), notifications)

    async def fridge_changed(self, account: UUID, fridge: UUID) -> None:
        async with self._reachable():
            self.fridges.changed.append(fridge)

    async def fridge_command(self, account: UUID, command: NewCommand) -> None:
        async with self._reachable():
            await self.fridges.record(account, command, await self.now())

    async def retailer_word(self, order: UUID, word: RetailerWord) -> None:
        async with self._reachable():
            async with self._direct_db.reading() as session:
                progress = (await purchasing.recorded(session, order))[0]
            if (after := progress.after(word)) != progress:
                await self.moves(order, after, word.reason, out_of_stock=word.out_of_stock)

    async def approve(self, order: UUID, approved: bool, reason: str | None) -> None:
        state = OrderState.PLACED if approved else OrderState.REFUSED
        await self._answered(order, {OrderState.AWAITING_APPROVAL}, state, reason)

    async def cancel(self, order: UUID, reason: str | None) -> None:
        waiting = {OrderState.NEEDED, OrderState.AWAITING_APPROVAL}
        await self._answered(order, waiting, OrderState.CANCELLED, reason)

    async def replay(self, account: UUID, brief: DeliveryBrief) -> None:
        async with self._reachable():
            self.replays.append(brief)

    async def mail(self, brief: MailBrief) -> None:
        async with self._reachable():
            await self._mailing.write(brief)

    async def moves(
        self, order: UUID, progress: Progress, reason: str | None = None, *, out_of_stock: bool = False
    ) -> None:
        """The order takes another state, and its item hears of it."""
        async with self._direct_db.writing() as session:
            row = await session.get_one(OrderRow, order)
            units = progress.delivered_packs * row.pack_size
            news = OrderNews(order=order, state=progress.state, units=units, pack_size=row.pack_size)
            update = OrderUpdate(
                order=order,
                item=row.item,
                account=row.account,
                version=row.version + 1,
                progress=progress,
                at=await self.now(),
                news=news,
                reason=reason,
                out_of_stock=out_of_stock,
            )
            await order_notices.add(session, update)
            await purchasing.record(session, update)
        told = Fact(id=f"order:{order}:{update.version}", kind=FactKind.ORDER, source=Source.LARDER, order=news)
        await self._settled(update.account, update.item, [told])

    async def is_placed(self, order: UUID) -> None:
        """The retailer has it."""
        await self._takes(order, OrderState.PLACED)

    async def is_on_its_way(self, order: UUID) -> None:
        """It is being pushed, and nobody knows yet what the retailer says."""
        async with self._direct_db.writing() as session:
            await purchasing.begin_attempt(session, order, 1, await self.now())

    async def waits(self, order: UUID) -> None:
        """Its owner is asked."""
        await self._takes(order, OrderState.AWAITING_APPROVAL)

    async def _takes(self, order: UUID, state: OrderState, reason: str | None = None) -> None:
        async with self._direct_db.reading() as session:
            progress = (await purchasing.recorded(session, order))[0]
        await self.moves(order, progress.model_copy(update={"state": state}), reason)

    async def _answered(self, order: UUID, waiting: set[OrderState], state: OrderState, reason: str | None) -> None:
        async with self._reachable():
            async with self._direct_db.reading() as session:
                progress = (await purchasing.recorded(session, order))[0]
            if progress.state is state:
                return
            if progress.state not in waiting:
                raise Conflict(f"This order waits for nothing: {progress.state}.")
            await self._takes(order, state, reason)

    async def _told(self, account: UUID, item: UUID, facts: Sequence[Fact]) -> None:
        self.reports += [(item, fact) for fact in facts]
        await self._settled(account, item, facts)

    async def _settled(self, account: UUID, item: UUID, facts: Sequence[Fact]) -> None:
        at = await self.now()
        arrivals = tuple(Arrival(fact=fact, at=at) for fact in facts)
        settled = await self._stock.settle(
            Settle(item=item, account=account, arrivals=arrivals, as_of=at, started=(), skipped=(), told=())
        )
        if settled.untold:
            await self._grouping.tell_groups(TellGroups(item=item, account=account))

    @asynccontextmanager
    async def _reachable(self) -> AsyncIterator[None]:
        refusal = Unavailable("Temporal does not answer.")
        if self.away:
            raise refusal
        yield
        if self.late:
            raise refusal


@dataclass
class Home(Api):
    """The application with such a desk, and the first steps of a household."""

    desk: DirectDesk

    @asynccontextmanager
    async def temporal_away(self, *, late: bool = False) -> AsyncIterator[None]:
        """Nothing is done; or, `late`, everything is done but nobody hears of it."""
        self.desk.away, self.desk.late = not late, late
        try:
            yield
        finally:
            self.desk.away = self.desk.late = False

    async def a_household(self) -> "Household":
        """A user with a device, and a retailer who sells cookies."""
        user = await self.a_user()
        return Household(self, user, await self.a_device(user), await self.a_retailer())

    async def its_sandbox(self, household: "Household") -> "Household":
        """The sandbox of the same user, with a device of its own, and the same shop."""
        sandbox = await self.a_sandbox(household.user)
        return Household(self, sandbox, await self.a_device(sandbox), household.shop)


@dataclass
class Household:
    """A user, a device and a shop."""

    home: Home
    user: Caller
    device: Caller
    shop: Caller

    async def made(self, path: str, **body: Any) -> Any:
        """What a POST of the user makes."""
        answer = await self.user.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()["data"]

    async def item(self, name: str = "Cookies", **more: Any) -> Any:
        """A tracked item."""
        return await self.made("/items", name=name, **more)

    def an_order(self, quantity: int = 1) -> dict[str, Any]:
        """So many packs of cookies."""
        return {"retailer": self.shop.shown["uuid"], "sku": COOKIES["sku"], "quantity": quantity}

    async def tracking(self, item: Any, **more: Any) -> Any:
        """The device tracks the item."""
        return await self.made(
            "/instructions", **{"action": "track", "device": self.device.shown["uuid"], "item": item["uuid"], **more}
        )

    async def button(self, **more: Any) -> Any:
        """The device orders cookies."""
        order = self.an_order()
        return await self.made(
            "/instructions", **{"action": "reorder", "device": self.device.shown["uuid"], "order": order, **more}
        )

    async def seen(self, item: Any) -> Any:
        """The item as it is now."""
        return (await self.user.get(f"/items/{item['uuid']}")).json()["data"]

    def told(self, item: Any) -> list[Fact]:
        """What was passed on about the item."""
        return [fact for about, fact in self.home.desk.reports if about == UUID(item["uuid"])]

    @property
    def form(self) -> dict[str, str]:
        """The credentials that `/v2` asks for (S35)."""
        return {
            "mac_address": "D5:6E:FB:B7:B8:C5",
            "device_id": self.device.shown["deviceId"],
            "secret": "my name is tom",
        }

    async def v2(self, path: str = "/v2/level", **request: Any) -> httpx.Response:
        """A call of the newer generation."""
        return await self.home.http.post(path, **request)

    async def v1(self, path: str = "/v1/level", **request: Any) -> httpx.Response:
        """A call of the older generation, with the device's key."""
        headers = {"Device_Key": str(self.device.token)} | request.pop("headers", {})
        return await self.home.http.post(path, headers=headers, **request)


@asynccontextmanager
async def a_home(settings: Settings) -> AsyncIterator[Home]:
    """The application of those settings on a direct desk."""
    db = open_database(settings.database_url)
    secrets = Secrets(settings.instance_key.get_secret_value())
    desk = DirectDesk(db, secrets)
    parts = Parts(
        db=db,
        desk=desk,
        secrets=secrets,
        mail_is_sent=settings.smtp_url is not None,
        sandbox_host=settings.sandbox_host,
        providers=frozenset({ON_ACCOUNT, STRIPE}),
        read_stripe_event=event_reader(SecretStr(STRIPE_WEBHOOK_SECRET)),
        passwords=quick_passwords(),
    )
    app = create_app(settings, parts=parts)
    try:
        async with listening(app) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
            yield Home(app, parts, http, desk)
    finally:
        await db.dispose()
