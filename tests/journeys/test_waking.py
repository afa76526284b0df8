"""`larder wake` finds what storage knows and Temporal has forgotten: money that is due back (S51)."""

from decimal import Decimal
from uuid import UUID

import anyio
import pytest
from sqlalchemy import update

import names
from settings import Settings
from simulator.family import Family, eventually, ok
from stack.waking import wake
from storage.database import open_database
from storage.tables import Charge, Rule
from tests.journeys.parts import Household, a_cookie_jar


async def paid(home: Household, state: str) -> None:
    """Return once the only order's charge is in that state."""
    await eventually(home.family.orders, lambda found: (found[0]["charge"] or {}).get("state") == state)


@pytest.mark.parametrize(("state", "begun"), [("charged", None), ("refunding", Decimal("3.49"))])
async def test_what_is_due_back_is_given_back_although_its_workflow_is_gone(
    family: Family, town_settings: Settings, state: str, begun: Decimal | None
) -> None:
    home = await a_cookie_jar(family)
    await home.jar.level(level=5)
    order = await home.order_is("placed")
    ok(await home.shop.report("rejected", order))
    await paid(home, "refunded")
    db = open_database(town_settings.database_url)
    async with db.writing() as session:  # as a crash before the refund has left it, with nobody who goes on
        forgotten = {"state": state, "refunded": begun, "refunded_at": None}
        await session.execute(update(Charge).where(Charge.order == UUID(order["uuid"])).values(**forgotten))
    await db.dispose()
    await paid(home, state)
    port = int(family.town.client.service_client.config.target_host.rpartition(":")[2])
    await anyio.to_thread.run_sync(wake, town_settings.model_copy(update={"temporal_port": port}))
    await paid(home, "refunded")
    assert (await home.order_is("rejected"))["charge"]["refunded"] == "3.49"


async def test_a_rule_that_was_stored_and_never_told_judges_whoever_wakes(
    family: Family, town_settings: Settings
) -> None:
    """Temporal has been lost with the workflow that was telling its items."""
    shop, product = await family.shop(), (await family.post("/products", name="Oat cookies"))["uuid"]
    item = await family.item(product=product, level=3)
    then = {"order": {"retailer": shop.uuid, "sku": "cookies-12", "packs": 1}}
    rule = await family.post("/rules", product=product, when="5 left", then=then, enabled=False)
    await family.town.client.get_workflow_handle(names.spread_workflow_id(UUID(rule["uuid"]), 1)).result()
    await eventually(lambda: family.get(f"/items/{item}/decisions"), lambda found: len(found) == 3)
    await family.town.client.get_workflow_handle(names.item_workflow_id(UUID(item))).terminate()
    db = open_database(town_settings.database_url)
    async with db.writing() as session:
        enabled = update(Rule).where(Rule.uuid == UUID(rule["uuid"])).values(enabled=True, version=2)
        await session.execute(enabled)
    await db.dispose()
    port = int(family.town.client.service_client.config.target_host.rpartition(":")[2])
    await anyio.to_thread.run_sync(wake, town_settings.model_copy(update={"temporal_port": port}))
    await shop.order()
