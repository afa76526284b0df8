"""Orders that have ended and whose money may still be due back, for whoever finds that nobody looks after them."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from domain.orders import ENDED, Approval
from domain.process import OrderBrief
from storage.charges import ChargeState
from storage.database import Database
from storage.purchasing import resumed
from storage.tables import Charge, OrderRow


async def owed(db: Database) -> Sequence[OrderBrief]:
    """What the workflow of each such order is started with, to go on from its end."""
    came_cheaper = or_(OrderRow.delivered_packs < OrderRow.packs, OrderRow.substitute_price.is_not(None))
    unsettled = or_(
        Charge.state.in_([ChargeState.CHARGING, ChargeState.REFUNDING]),
        and_(Charge.state == ChargeState.CHARGED, came_cheaper, Charge.refunded.is_(None)),
    )
    query = select(OrderRow).join(Charge, Charge.order == OrderRow.uuid).where(OrderRow.state.in_(ENDED), unsettled)
    async with db.reading() as session:
        rows = (await session.scalars(query.order_by(OrderRow.uuid))).all()
        return [await resumed(session, _brief(row)) for row in rows]


def _brief(row: OrderRow) -> OrderBrief:
    return OrderBrief(
        order=row.uuid,
        item=row.item,
        account=row.account,
        need=row.need,
        needed_at=row.needed_at,
        retailer=row.retailer,
        sku=row.sku,
        packs=row.packs,
        pack_size=row.pack_size,
        approval=Approval.NOT_NEEDED,
        summary=f"what is due back for {row.packs} of {row.name}",
    )
