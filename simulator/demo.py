"""`larder demo`: four stories live, on real HTTP against a real Temporal server, told line by line as they happen."""

import logging
import tempfile
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import anyio
import structlog
from argon2 import PasswordHasher
from rich.console import Console
from rich.table import Table

from api.passwords import Passwords
from settings import Settings
from simulator.family import Family, Shop, a_family, eventually, ok
from simulator.retailer import ScriptedRetailer
from simulator.town import town
from storage.migrate import upgrade

HOURS_OUT = timedelta(hours=4, minutes=59)
THE_REST = timedelta(minutes=1, seconds=1)


class Narrator:
    """Tells each step with the virtual hour of the item it is about."""

    def __init__(self, family: Family, console: Console) -> None:
        self._family, self._console = family, console
        self._began: dict[str, datetime] = {}

    def story(self, title: str) -> None:
        """A new story."""
        self._console.print(f"\n[bold]{title}[/bold]")

    async def tell(self, item: str, text: str) -> None:
        """One line, at the item's own time since the story began."""
        now = await self._family.now(item)
        since = now - self._began.setdefault(item, now)
        minutes, seconds = divmod(int(since.total_seconds()), 60)
        self._console.print(f"  [dim]{minutes // 60:>2} h {minutes % 60:02} min {seconds:02} s[/dim]  {text}")

    async def decision(self, item: str) -> None:
        """What Larder decided last, in its own words."""
        decisions = await self._family.get(f"/items/{item}/decisions")
        newest = next((found for found in decisions if found["verdict"] == "ordered"), decisions[0])
        await self.tell(item, f"[green]Larder:[/green] {newest['sentence']}")


async def main(settings: Settings) -> int:
    """Tell all stories on a data folder of their own; 0 when the retailer got each order once."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="larder-demo-") as folder:
        home = Path(folder)
        url = f"sqlite+aiosqlite:///{home}/larder.db"
        await anyio.to_thread.run_sync(upgrade, url)
        # a family that does not exist gets no mail and has no money
        nobody = {"smtp_url": None, "stripe_key": None, "failpoints": None}
        own = settings.model_copy(
            update={"home": home, "database_url": url, "allow_nets": (ip_network("127.0.0.0/8"),)} | nobody
        )
        async with ScriptedRetailer() as retailer, town(own, Passwords(PasswordHasher())) as place:
            console.print(f"A real Temporal server, worker and API are up at {place.url}; hours pass when told to.")
            family = await a_family(place)
            shop = await family.shop(ordersUrl=retailer.url)
            narrator = Narrator(family, console)
            await _cookie_jar(family, shop, narrator)
            await _butter_dish(family, shop, narrator)
            await _button(family, shop, narrator)
            await _dishwasher(family, shop, narrator)
            await retailer.wait_for_orders(4)
            _show(console, retailer)
            return 0 if len(retailer.book) == len(retailer.requests) == 4 else 1  # noqa: PLR2004 - one for each story


async def _cookie_jar(family: Family, shop: Shop, narrator: Narrator) -> None:
    narrator.story("The cookie jar: order when five are left")
    item, jar = await family.item("Cookies", level=12), await family.jar()
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
    await family.post("/instructions", device=jar.uuid, action="track", item=item, triggerLevel=5, order=order)
    for level in (9, 6, 5, 4):
        answer = await jar.level(level=level)
        await family.level_is(item, level)
        await narrator.tell(item, f"POST /v2/level level={level} → {answer.text}")
    (placed,) = await eventually(shop.orders, lambda found: len(found) == 1)
    await narrator.decision(item)
    ok(await shop.report("delivered", placed))
    delivered = await family.level_is(item, 16)
    await narrator.tell(item, f"the shop delivers: the level is {delivered['level']:g} (4 + 12)")


async def _butter_dish(family: Family, shop: Shop, narrator: Narrator) -> None:
    narrator.story("The butter dish: out for five hours means it is gone")
    item = await family.item("Butter", level=1)
    then = {"order": {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}}
    await family.post("/rules", item=item, when="butter out for 5 hours", then=then)
    await family.post(f"/items/{item}/facts", facts=[{"id": "out", "kind": "removed"}])
    await family.level_is(item, 0)
    await narrator.tell(item, "the fridge reports: butter removed")
    await family.after(item, HOURS_OUT)
    await narrator.tell(item, f"nobody returned it; orders so far: {len(await shop.orders())}")
    await family.after(item, THE_REST)
    await eventually(shop.orders, lambda found: len(found) == 2)  # noqa: PLR2004 - the jar's and this
    await narrator.decision(item)


async def _button(family: Family, shop: Shop, narrator: Narrator) -> None:
    narrator.story("The button: one press, one order")
    button = await family.jar("Button")
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 2}
    made = await family.post("/instructions", device=button.uuid, action="reorder", order=order)
    for press in ("a first time", "once more by mistake, and the radio repeats it"):
        answer = await button.trigger("press-0001")
        await eventually(lambda: family.look(made["item"]), lambda found: found["onOrder"] > 0)
        await narrator.tell(made["item"], f"pressed {press}: POST /v2/trigger → {answer.text}")
    await narrator.decision(made["item"])


async def _dishwasher(family: Family, shop: Shop, narrator: Narrator) -> None:
    narrator.story("The dishwasher: every cycle uses a tablet")
    item, machine = await family.item("Dishwasher tablets", level=8), await family.jar("Dishwasher")
    order = {"retailer": shop.uuid, "sku": "cookies-12", "quantity": 1}
    await family.post("/instructions", device=machine.uuid, action="track", item=item, triggerLevel=5, order=order)
    for cycle in range(1, 4):
        await machine.level(used=1, event_id=f"cycle-{cycle}")
        shown = await family.level_is(item, 8 - cycle)
        await narrator.tell(item, f"cycle {cycle} done: {shown['level']:g} left")
    await eventually(shop.orders, lambda found: len(found) == 4)  # noqa: PLR2004 - the last of four
    await narrator.decision(item)


def _show(console: Console, retailer: ScriptedRetailer) -> None:
    table = Table(title="\nWhat the retailer has received", title_justify="left")
    for heading in ("Idempotency-Key", "SKU", "packs", "total"):
        table.add_column(heading)
    for request in retailer.requests:
        paper = request.order or {}
        for line in paper["lines"]:
            table.add_row(request.key, line["sku"], str(line["packs"]), f"{paper['total']} {paper['currency']}")
    console.print(table)
