"""What a fridge's webhookUrl is told: the record, every attempt, once more on request, and what it is signed with."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter, SkipValidation
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import Body, Nothing
from api.endpoints import OLD_SECRETS_LIVE, SigningSecret, new_signing_secret
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict
from domain.fridge_webhooks import Delivery, ReplayFridgeNotification
from domain.fridges import NotificationType
from storage import fridge_outbox, fridge_told, fridges
from storage.tables import FridgeAttempt, FridgeNotification

_WHSEC = "whsec_cGFudHJ5IHBhbnRyeSBwYW50cnkgcGFudHJ5IHBhbiE="


class ChosenSecret(Body, json_schema_extra={"examples": [{}, {"secret": _WHSEC}]}):
    """A secret that the receiver knows already; without one, you get a new one."""

    secret: SigningSecret | None = None


class SecretShown(Shown):
    """The only answer that shows the secret."""

    uuid: UUID
    secret: str


class NotificationShown(Shown):
    """One notification: `sent` is its body as its receiver gets it, null for a badge, which is nobody else's business.

    `delivery` is `dropped` where nobody was there to be told.
    """

    uuid: UUID
    sequence: int
    type: NotificationType
    at: When
    command: UUID | None
    delivery: Delivery
    attempts: int
    next_at: When | None
    sent: Any


class FridgeAttemptShown(Shown):
    """One attempt, the `number`-th of a notification; with `nextAt` there will be another one."""

    uuid: UUID
    notification: UUID
    sequence: int
    type: NotificationType
    number: int
    at: When
    delivered: bool
    status: int | None
    reason: str | None
    next_at: When | None
    replay: UUID | None


class FridgeReplayShown(Shown):
    """A notification that was asked for again; its attempts carry this `uuid` as their `replay`."""

    uuid: UUID
    notification: UUID


class FridgeNotificationsController(Controller):
    """What goes out to webhookUrl (S79, 1.J.14)."""

    path = "/fridges/{uuid:uuid}"
    tags = ("Fridge",)

    @post("/webhook-secret", operation_id="RotateFridgeWebhookSecret", status_code=200)
    async def rotate(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[ChosenSecret],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[SecretShown]]:
        """Get what this fridge's webhooks are signed with, or choose it. The one before signs as well for a day."""

        async def make(session: AsyncSession, _: UUID) -> Envelope[SecretShown]:
            secret = data.secret or new_signing_secret()
            fridge = await fridges.get(session, principal.household, uuid, to_change=True)
            fridge_outbox.rotate(fridge, parts.secrets.seal(secret), datetime.now(UTC), OLD_SECRETS_LIVE)
            return Envelope(message="Webhook secret rotated.", data=SecretShown(uuid=uuid, secret=secret))

        return await one_answer.in_transaction(data, make, status=200, holds_secret=True)

    @get("/notifications", operation_id="ListFridgeNotifications")
    async def notifications(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        kind: Annotated[
            NotificationType | None, QueryParameter(name="type", description="Only those of this type.")
        ] = None,
    ) -> Listing[NotificationShown]:
        """Everything that was to be told of a fridge, newest first; heartbeats of the last day only."""
        before = paging.after_one(int)
        async with parts.db.reading() as session:
            await fridges.get(session, principal.household, uuid)
            rows = await fridge_told.page(session, uuid, kind, before, paging.limit)
        return paging.listing("Notifications.", rows, _notification, lambda row: (row.sequence,))

    @get("/attempts", operation_id="ListFridgeAttempts")
    async def attempts(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[FridgeAttemptShown]:
        """Every attempt to tell its webhookUrl something, newest first."""
        before = paging.after(datetime.fromisoformat, UUID)
        async with parts.db.reading() as session:
            await fridges.get(session, principal.household, uuid)
            rows = await fridge_told.attempts(session, uuid, before, paging.limit)
        return paging.listing("Attempts.", rows, _attempt, lambda row: (row[0].at, row[0].uuid))

    @post("/notifications/{notification:uuid}/replay", operation_id="ReplayFridgeNotification")
    async def replay(
        self,
        uuid: FromPath[UUID],
        notification: FromPath[UUID],
        data: JSONBody[Nothing],
        principal: NamedDependency[SkipValidation[Principal]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[FridgeReplayShown]]:
        """Tell the webhookUrl the same once more, under the same `webhook-id` and by the same schedule."""
        parts, account = one_answer.parts, principal.household
        async with parts.db.reading() as session:
            fridge = await fridges.get(session, account, uuid)
            told = await fridge_told.one(session, uuid, notification)
        if not fridge_outbox.has_receiver(fridge):
            raise Conflict("This fridge has no webhookUrl that is switched on: set it first.")
        if not told.letter:
            raise Conflict("This notification is not kept: what a badge says is told once.")

        async def make(made: UUID) -> Envelope[FridgeReplayShown]:
            asked = ReplayFridgeNotification(fridge=uuid, sequence=told.sequence, replay=made)
            await parts.desk.fridge_replay(account, asked)
            return Envelope(message="Replay started.", data=FridgeReplayShown(uuid=made, notification=notification))

        return await one_answer.through_workflow(data, make)


def _notification(row: FridgeNotification) -> NotificationShown:
    return NotificationShown(
        uuid=row.uuid,
        sequence=row.sequence,
        type=NotificationType(row.type),
        at=row.at,
        command=row.command,
        delivery=Delivery(row.delivery),
        attempts=row.attempts,
        next_at=row.next_at,
        sent=None if row.is_sealed else json.loads(row.letter),
    )


def _attempt(row: tuple[FridgeAttempt, FridgeNotification]) -> FridgeAttemptShown:
    attempt, told = row
    return FridgeAttemptShown(
        uuid=attempt.uuid,
        notification=told.uuid,
        sequence=told.sequence,
        type=NotificationType(told.type),
        number=attempt.number,
        at=attempt.at,
        delivered=attempt.reason is None,
        status=attempt.status,
        reason=attempt.reason,
        next_at=attempt.next_at,
        replay=attempt.replay,
    )
