"""Which path each signed callback was made for: its signature alone would open any other of the same retailer."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database import INSERT
from storage.tables import SignedCallback

# a signature is good for 300 s before and after its timestamp, which is 600 s from its first use to its last
KEPT = timedelta(minutes=10)
_SWEPT_AT_ONCE = 100


async def is_for(session: AsyncSession, retailer: UUID, webhook_id: str, path: str, now: datetime) -> bool:
    """Whether that id of the retailer's may be used on this path: it is new, or was first used there."""
    digest = hashlib.sha256(webhook_id.encode()).hexdigest()
    put = INSERT[session.get_bind().dialect.name](SignedCallback).values(
        retailer=retailer, digest=digest, path=path, until=now + KEPT
    )
    new = {"path": put.excluded.path, "until": put.excluded.until}
    await session.execute(
        put.on_conflict_do_update(index_elements=["retailer", "digest"], set_=new, where=SignedCallback.until <= now)
    )
    used = select(SignedCallback.path).where(SignedCallback.retailer == retailer, SignedCallback.digest == digest)
    first = (await session.scalars(used)).one()
    await _sweep(session, now)
    return first == path


async def _sweep(session: AsyncSession, now: datetime) -> None:
    """Remove old rows; last in a transaction and never waiting, so that no two calls can wait for each other."""
    key = SignedCallback.retailer, SignedCallback.digest
    old = select(*key).where(SignedCallback.until <= now).limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(SignedCallback).where(tuple_(*key).in_(old)))
