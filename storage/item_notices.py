"""What a household is told of the judgements on its items: a rule tells, a guard holds an order, goods are not seen."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.fridge_papers import number
from domain.notices import Notice, notice_uuid
from domain.settlement import News, Settlement
from storage import notices
from storage.ledger import Opened


async def add(session: AsyncSession, item: UUID, opened: Opened, settlement: Settlement, *, already: int) -> None:
    """The notices of what is decided; the state remembers that they are still to be told.

    So many decisions are `already` numbered before those of the settlement.
    """
    first = settlement.state.decisions + already + 1
    numbers = {decision.id: numbered for numbered, decision in enumerate(settlement.decisions, first)}
    for news in settlement.news:
        notice = _notice(item, opened, news, numbers[news.decision.id])
        await notices.add(session, notice)
        settlement.state = settlement.state.model_copy(update={"notices": (*settlement.state.notices, notice.uuid)})


def _notice(item: UUID, opened: Opened, news: News, numbered: int) -> Notice:
    """In the decision's own words; its uuid follows from the decision's id, as numbers begin anew from a backup."""
    decision, level = news.decision, news.decision.level
    return Notice(
        uuid=notice_uuid(news.kind, item, decision.id),
        account=opened.account,
        kind=news.kind,
        at=decision.at,
        sentence=decision.sentence,
        data={
            "item": str(item),
            "name": opened.name,
            "level": None if level is None else number(level),
            "rules": [str(rule) for rule in news.rules],
            "decision": numbered,
        },
    )
