"""What a household is told of the judgements on its items: a rule tells, a guard holds an order, goods are not seen."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.fridge_papers import number
from domain.notices import Notice, notice_uuid
from domain.settlement import News
from storage import notices
from storage.ledger import Opened


async def add(session: AsyncSession, item: UUID, opened: Opened, news: News, numbered: int) -> UUID:
    """The notice of one decision, in its own words; `numbered` is the number of that decision.

    Its uuid follows from the decision's id: numbers begin anew from a restored backup.
    """
    decision, level = news.decision, news.decision.level
    notice = Notice(
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
    await notices.add(session, notice)
    return notice.uuid
