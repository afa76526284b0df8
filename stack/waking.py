"""`larder wake`: every workflow of an item or a watched device runs again after Temporal has forgotten some of them."""

import asyncio

from temporalio.service import RPCError

from activities.telling import DeviceTeller, ItemTeller
from connection import connect
from domain.errors import Unavailable
from settings import Settings
from storage.database import open_database
from storage.living import Living, living, watched

AT_ONCE = 20


def wake(settings: Settings) -> int:
    """Tell every item and watched device nothing at all, which starts its workflow where none runs; how many items.

    A workflow that starts looks at storage first, so clocks and orders go on from what is written there. Raises
    Unavailable when Temporal or the database does not answer; running it again does no harm.
    """
    return asyncio.run(_wake(settings))


async def _wake(settings: Settings) -> int:
    client = await connect(settings, for_api=False)
    teller, devices = ItemTeller(client), DeviceTeller(client)
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
    except RPCError as away:
        raise Unavailable(f"Temporal no longer answers ({away.message}); {woken} items are awake. Repeat it.") from away
    finally:
        await db.dispose()
    return woken
