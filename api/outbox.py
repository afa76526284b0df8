"""What would have been mailed, for those who try Larder without a mail server."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from api.envelope import Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.errors import NotFound
from domain.mail import MailKind
from storage import letters, people
from storage.secrets import Secrets
from storage.tables import Letter


class LetterShown(Shown):
    """A letter to the account itself, as it would have arrived."""

    uuid: UUID
    kind: MailKind
    recipient: str
    subject: str
    text: str
    html: str
    written_at: When
    sent_at: When | None
    failure: str | None


class OutboxController(Controller):
    """Letters that nobody carries."""

    path = "/outbox"
    tags = ("Identity",)

    @get(operation_id="Outbox")
    async def outbox(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[LetterShown]:
        """Your own letters, newest first, where no mail server is set (LARDER_SMTP_URL); elsewhere 404.

        Letters to a sandbox are never sent, so they are always here (S65).
        A letter to somebody who cannot log in is seen by the operator: the log names its uuid, and `larder outbox`
        on the command line prints it.
        """
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            if parts.mail_is_sent and not await people.is_sandbox(session, principal.household):
                raise NotFound("Letters are sent by mail here, so there is no outbox.")
            rows = await letters.page(session, principal.household, before, paging.limit)
        return paging.listing(
            "Letters.", rows, lambda row: _shown(parts.secrets, row), lambda row: (row.written_at, row.uuid)
        )


def _shown(secrets: Secrets, row: Letter) -> LetterShown:
    subject, text, html = letters.opened(secrets, row)
    return LetterShown(
        uuid=row.uuid,
        kind=MailKind(row.kind),
        recipient=row.recipient,
        subject=subject,
        text=text,
        html=html,
        written_at=row.written_at,
        sent_at=row.sent_at,
        failure=row.failure,
    )
