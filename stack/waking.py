"""`larder wake`: every workflow that somebody counts on runs again after Temporal has forgotten some of them."""

import asyncio
from contextlib import suppress

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

import names
from activities.telling import DeviceTeller, FridgeTeller, FridgeWebhookTeller, ItemTeller
from connection import connect
from domain.errors import Unavailable
from domain.process import OrderBrief
from settings import Settings
from storage.database import open_database
from storage.living import Living, fridges, living, to_tell, watched
from storage.owed import owed

AT_ONCE = 20


def wake(settings: Settings) -> int:
    """Tell every item and watched device nothing at all, which starts its workflow where none runs; how many items.

    Fridges are told, too, and go on with an opening that was under way; what waits for their webhookUrls is told.
    Orders that have ended with money still due back run again.

    A workflow that starts looks at storage first, so clocks and orders go on from what is written there. Raises
    Unavailable when Temporal or the database does not answer; running it again does no harm.
    """
    return asyncio.run(_wake(settings))


async def _wake(settings: Settings) -> int:
    client = await connect(settings, for_api=False)
    teller, devices, fridge_teller = ItemTeller(client), DeviceTeller(client), FridgeTeller(client)
    db = open_database(settings.database_url)
    few, woken = asyncio.Semaphore(AT_ONCE), 0

    async def tell(item: Living) -> None:
        async with few:
            await teller.tell(item.account, item.uuid, (), item.name)

    try:
        async for items in living(db):
            await asyncio.gather(*map(tell, items))
            woken += len(items)
        for account, device in await watched(db):
            await devices.watch(account, device)
        for account, fridge in await fridges(db):
            await fridge_teller.changed(account, fridge)
        for account, fridge in await to_tell(db):
            await FridgeWebhookTeller(client).waiting(account, fridge)
        for order in await owed(db):
            await _run_again(client, order)
    except RPCError as away:
        raise Unavailable(f"Temporal no longer answers ({away.message}); {woken} items are awake. Repeat it.") from away
    finally:
        await db.dispose()
    return woken


async def _run_again(client: Client, order: OrderBrief) -> None:
    """Start an order's workflow from its end, where none runs: it gives back what is due and ends again."""
    with suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            names.ORDER_WORKFLOW,
            order,
            id=names.order_workflow_id(order.order),
            task_queue=names.TASK_QUEUE,
            task_timeout=names.TASK_TIMEOUT,
            static_summary=order.summary,
            search_attributes=TypedSearchAttributes([SearchAttributePair(names.ACCOUNT, str(order.account))]),
        )
