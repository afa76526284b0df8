"""Charges one order and ends: a process for a test to kill.

python -m tests.billing.charging_process DATABASE_URL STRIPE_URL FAILPOINTS < brief.json
"""

import asyncio
import sys
from pathlib import Path

from domain.process import OrderBrief
from failpoints import Failpoints
from storage.database import open_database
from tests.billing.parts import billing


async def _charge(database_url: str, stripe_url: str, folder: str) -> None:
    brief = OrderBrief.model_validate_json(sys.stdin.read())
    db = open_database(database_url)
    try:
        async with billing(db, stripe_url, Failpoints(Path(folder))) as hands:
            await hands.charge(brief)
    finally:
        await db.dispose()


if __name__ == "__main__":
    asyncio.run(_charge(*sys.argv[1:]))
