"""A household's own servers that are told what happens: where they are, and every attempt to tell them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import NOT_NULL, Body, Nothing
from api.endpoints import OLD_SECRETS_LIVE, WebAddress, new_signing_secret
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.etags import Seen, Unchanged
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict
from domain.notices import NoticeKind
from domain.webhooks import DeliveryBrief
from storage import webhooks
from storage.tables import Webhook, WebhookAttempt

Url = Annotated[WebAddress, Field(examples=["https://ada.example.com/larder"])]
# a strict enumeration would take no text
Kinds = Annotated[list[Annotated[NoticeKind, Field(strict=False)]], Field(min_length=1, max_length=len(NoticeKind))]


class NewWebhook(
    Body,
    json_schema_extra={
        "examples": [{"url": "https://ada.example.com/larder", "kinds": ["order.placed", "order.delivered"]}]
    },
):
    """A receiver to be; without `kinds` it is told everything."""

    url: Url
    kinds: Kinds | None = None


class WebhookChanges(Body, json_schema_extra={"examples": [{"kinds": None, "enabled": True}]}):
    """What may be changed; what is left out stays, `kinds: null` means everything."""

    url: Annotated[Url | None, NOT_NULL] = None
    kinds: Kinds | None = None
    enabled: Annotated[bool | None, NOT_NULL] = None


class WebhookShown(Shown):
    """A receiver; `failingSince` is since when every attempt has failed, null after one that has not."""

    uuid: UUID
    url: str
    kinds: list[NoticeKind] | None
    enabled: bool
    disabled_because: str | None
    failing_since: When | None
    created_at: When
    updated_at: When


class WebhookWithSecret(WebhookShown):
    """The only answer that shows the secret."""

    secret: str


class AttemptShown(Shown):
    """One attempt, the `number`-th of a delivery; with `nextAt` there will be another one."""

    uuid: UUID
    notice: UUID
    kind: NoticeKind
    number: int
    at: When
    delivered: bool
    status: int | None
    reason: str | None
    next_at: When | None
    replay: UUID | None


class ReplayShown(Shown):
    """A delivery that was asked for again; its attempts carry this `uuid` as their `replay`."""

    uuid: UUID
    notice: UUID


class WebhooksController(Controller):
    """Who is told what happens."""

    path = "/webhooks"
    tags = ("UI",)

    @post(operation_id="AddWebhook")
    async def add(
        self,
        data: JSONBody[NewWebhook],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[WebhookWithSecret]]:
        """Have a server of your own told what happens, signed by Standard Webhooks; the secret is shown this once."""

        async def make(session: AsyncSession, uuid: UUID) -> Envelope[WebhookWithSecret]:
            now, secret = datetime.now(UTC), new_signing_secret()
            row = {"uuid": uuid, "account": principal.household, "url": data.url, "kinds": _stored(data.kinds)}
            row |= {"secret": parts.secrets.seal(secret), "enabled": True, "created_at": now, "updated_at": now}
            webhook = await webhooks.add(session, row)
            return Envelope(message="Webhook created.", data=_with_secret(webhook, secret))

        return await one_answer.in_transaction(data, make, holds_secret=True)

    @get(operation_id="ListWebhooks")
    async def list_webhooks(
        self,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[WebhookShown]:
        """The household's receivers, newest first."""
        before = paging.after_one(UUID)
        async with parts.db.reading() as session:
            rows = await webhooks.page(session, principal.household, before, paging.limit)
        return paging.listing("Webhooks.", rows, _shown, lambda webhook: (webhook.uuid,))

    @get("/{uuid:uuid}", operation_id="GetWebhook")
    async def get_one(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        seen: NamedDependency[SkipValidation[Seen]],
    ) -> Response[Envelope[WebhookShown]]:
        """One receiver."""
        async with parts.db.reading() as session:
            webhook = await webhooks.get(session, principal.household, uuid)
        return seen.answer(Envelope(message="Webhook.", data=_shown(webhook)), webhook)

    @patch("/{uuid:uuid}", operation_id="ChangeWebhook")
    async def change(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[WebhookChanges],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        unchanged: NamedDependency[SkipValidation[Unchanged]],
    ) -> Response[Envelope[WebhookShown]]:
        """Change where it is and what it is told, switch it off, or on again after it was switched off."""
        async with parts.db.writing() as session:
            webhook = await webhooks.get(session, principal.household, uuid, to_change=True)
            unchanged.check(webhook)
            sent = data.model_fields_set
            if data.url is not None and data.url != webhook.url:
                webhook.url, webhook.failing_since = data.url, None
            if "kinds" in sent:
                webhook.kinds = _stored(data.kinds)
            if data.enabled is not None:
                webhooks.switch(webhook, on=data.enabled)
            webhook.updated_at = datetime.now(UTC)
        return unchanged.answer(Envelope(message="Webhook updated.", data=_shown(webhook)), webhook)

    @delete("/{uuid:uuid}", operation_id="DeleteWebhook", status_code=200)
    async def delete(
        self,
        uuid: FromPath[UUID],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Remove a receiver with its attempts; what waited to be told it is dropped."""
        async with parts.db.writing() as session:
            await webhooks.remove(session, await webhooks.get(session, principal.household, uuid, to_change=True))
        return Envelope(message="Webhook deleted.", data=None)

    @post("/{uuid:uuid}/rotate", operation_id="RotateWebhookSecret", status_code=200)
    async def rotate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[WebhookWithSecret]]:
        """Get a new secret. The one before signs as well for another day, older ones end now."""

        async def make(session: AsyncSession, _: UUID) -> Envelope[WebhookWithSecret]:
            now, secret = datetime.now(UTC), new_signing_secret()
            webhook = await webhooks.get(session, principal.household, uuid, to_change=True)
            webhooks.rotate(webhook, parts.secrets.seal(secret), now, OLD_SECRETS_LIVE)
            return Envelope(message="Webhook secret rotated.", data=_with_secret(webhook, secret))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)

    @get("/{uuid:uuid}/attempts", operation_id="ListWebhookAttempts")
    async def attempts(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[AttemptShown]:
        """Every attempt to tell it something, newest first."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            await webhooks.get(session, principal.household, uuid)
            rows = await webhooks.attempts(session, uuid, before, paging.limit)
        return paging.listing("Attempts.", rows, _attempt, lambda row: (row[0].at, row[0].uuid))

    @post("/{uuid:uuid}/attempts/{attempt:uuid}/replay", operation_id="ReplayWebhookAttempt")
    async def replay(
        self,
        uuid: FromPath[UUID],
        attempt: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[ReplayShown]]:
        """Tell it the same once more, under the same `webhook-id` and by the same schedule."""
        parts = one_answer.parts
        async with parts.db.reading() as session:
            webhook = await webhooks.get(session, principal.household, uuid)
            notice = (await webhooks.attempt(session, uuid, attempt)).notice
        if not webhook.enabled:
            raise Conflict("This webhook is switched off: enable it first.")

        async def make(made: UUID) -> Envelope[ReplayShown]:
            await parts.desk.replay(principal.household, DeliveryBrief(notice=notice, webhook=uuid, replay=made))
            return Envelope(message="Replay started.", data=ReplayShown(uuid=made, notice=notice))

        return await one_answer.through_workflow(data, make)


def _stored(kinds: list[NoticeKind] | None) -> str:
    return " ".join(dict.fromkeys(kinds or ()))


def _shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(
        uuid=webhook.uuid,
        url=webhook.url,
        kinds=[NoticeKind(kind) for kind in webhook.kinds.split()] or None,
        enabled=webhook.enabled,
        disabled_because=webhook.disabled_because,
        failing_since=webhook.failing_since,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
    )


def _with_secret(webhook: Webhook, secret: str) -> WebhookWithSecret:
    return WebhookWithSecret(**_shown(webhook).model_dump(), secret=secret)


def _attempt(row: tuple[WebhookAttempt, str]) -> AttemptShown:
    attempt, kind = row
    return AttemptShown(
        uuid=attempt.uuid,
        notice=attempt.notice,
        kind=NoticeKind(kind),
        number=attempt.number,
        at=attempt.at,
        delivered=attempt.reason is None,
        status=attempt.status,
        reason=attempt.reason,
        next_at=attempt.next_at,
        replay=attempt.replay,
    )
