"""`larder wake` finds what storage knows and Temporal has forgotten: money that is due back (S51)."""

from decimal import Decimal
from uuid import UUID

import anyio
import pytest
from sqlalchemy import update

from settings import Settings
from simulator.family import Family, eventually, ok
from stack.waking import wake
from storage.database import open_database
from storage.tables import Charge
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
