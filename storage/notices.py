"""What accounts are told: written with what it tells, so that neither is there without the other."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.notices import MAILED, Notice, NoticeKind, letter_uuid
from domain.webhooks import NoticeBrief
from storage.database import insert_new
from storage.tables import NoticeRow, Webhook


async def add(session: AsyncSession, notice: Notice) -> None:
    """Keep it; one that is there already stays as it is."""
    row = notice.model_dump(exclude={"data"}) | {"data": json.dumps(notice.data, ensure_ascii=False)}
    await insert_new(session, NoticeRow, [row])


async def get(session: AsyncSession, uuid: UUID) -> Notice | None:
    """The notice, in the words of its time."""
    row = await session.get(NoticeRow, uuid)
    return None if row is None else _notice(row)


async def page(
    session: AsyncSession, account: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Notice]:
    """The notices of an account, newest first, from the one after `before`; one more than `limit` if there are more."""
    statement = select(NoticeRow).where(NoticeRow.account == account)
    if before is not None:
        statement = statement.where(tuple_(NoticeRow.at, NoticeRow.uuid) < before)
    statement = statement.order_by(NoticeRow.at.desc(), NoticeRow.uuid.desc()).limit(limit + 1)
    return [_notice(row) for row in await session.scalars(statement)]


async def to_tell(session: AsyncSession, uuids: Sequence[UUID]) -> Sequence[NoticeBrief]:
    """Of these notices those that somebody is to be told: webhooks that are switched on and want it, or a mailbox."""
    query = (
        select(NoticeRow.uuid, NoticeRow.account, NoticeRow.kind, Webhook.uuid, Webhook.kinds)
        .outerjoin(Webhook, (Webhook.account == NoticeRow.account) & Webhook.enabled)
        .where(NoticeRow.uuid.in_(uuids))
        .order_by(NoticeRow.at, NoticeRow.uuid, Webhook.uuid)
    )
    briefs: dict[UUID, NoticeBrief] = {}
    for uuid, account, kind, webhook, wanted in await session.execute(query):
        letter = letter_uuid(uuid) if kind in MAILED else None
        brief = briefs.get(uuid) or NoticeBrief(notice=uuid, account=account, kind=NoticeKind(kind), letter=letter)
        if webhook is not None and (not wanted or kind in wanted.split()):
            brief = brief.model_copy(update={"webhooks": (*brief.webhooks, webhook)})
        briefs[uuid] = brief
    return [brief for brief in briefs.values() if brief.webhooks or brief.letter is not None]


def _notice(row: NoticeRow) -> Notice:
    return Notice(
        uuid=row.uuid,
        account=row.account,
        kind=NoticeKind(row.kind),
        at=row.at,
        sentence=row.sentence,
        data=json.loads(row.data),
    )
