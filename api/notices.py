"""What an account was told: of its orders, its devices, its webhooks (S27, S28, S52)."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from pydantic import JsonValue

from api.envelope import Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.notices import Notice, NoticeKind
from storage import notices


class NoticeShown(Shown):
    """One thing that happened: a sentence for people, `data` for programs, as webhooks carry it."""

    uuid: UUID
    kind: NoticeKind
    at: When
    sentence: str
    data: dict[str, JsonValue]


class NoticesController(Controller):
    """What was told."""

    path = "/notices"
    tags = ("UI",)

    @get(operation_id="ListNotices")
    async def list_notices(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[NoticeShown]:
        """Everything that the account was told, newest first, whether or not a webhook or a mail told it as well."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            rows = await notices.page(session, principal.household, before, paging.limit)
        return paging.listing("Notices.", rows, _shown, lambda notice: (notice.at, notice.uuid))


def _shown(notice: Notice) -> NoticeShown:
    return NoticeShown.model_validate(notice, from_attributes=True)
