"""The wire to fridges, which call and are never called (1.L): link, ask for commands, notify."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter, SkipValidation
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import NOBODY
from api.answers import OneAnswer
from api.bodies import Body
from api.decoding import FACTS_LIMIT, JSON, ApiRequest, from_json, read_json
from api.envelope import Envelope, Shown, When
from api.fridge_said import SaidByFridge, heard
from api.guessing import address_of, at_an_init_key
from api.parts import Parts
from api.principals import GUESSED_AT, OWN_CREDENTIALS, Principal
from api.sent import key_of
from domain.errors import NotAuthenticated
from domain.fridge_papers import CommandTypePaper, FridgePaper
from domain.fridges import CommandSlug, NotificationType
from domain.identity import fact_id
from domain.notices import NoticeKind
from storage import fridge_outbox, fridge_wire, fridges, init_keys, tokens
from storage.fridge_records import Records
from storage.tables import FridgeCommand

LONGEST_WAIT = 25
UNKNOWN_KEY = "This initKey is unknown, was used, or is too old."


class InitKey(Body, json_schema_extra={"examples": [{"initKey": "633344a9712fb"}]}):
    """What somebody has typed on the screen of a fridge (S82)."""

    init_key: Annotated[str, Field(pattern=init_keys.PATTERN)]


class FridgeLinked(FridgePaper):
    """The only answer that shows the fridge's token."""

    token: str


class CommandToDo(Shown):
    """A command that waits for its acknowledgement; after `expiresAt` it counts as failed and must not be done."""

    uuid: UUID
    type: CommandTypePaper
    created_at: When
    expires_at: When


class Noted(Shown):
    """How many notifications were taken, and what each is known by."""

    received: int
    ids: list[str]


class FridgeWireController(Controller):
    """What fridges call."""

    path = "/fridge"
    tags = ("Fridge",)

    @post("/link", operation_id="LinkFridge", opt=OWN_CREDENTIALS | GUESSED_AT, status_code=200)
    async def link(
        self,
        data: JSONBody[InitKey],
        request: ApiRequest,
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[FridgeLinked]]:
        """Become the fridge of an `initKey`, which works once and for a day (S82); an older token of it ends.

        A repeat whose first answer was lost needs the same Idempotency-Key, of 22 characters or more.
        """
        guess = at_an_init_key(parts.secrets, data.init_key, address_of(request))
        await guess.check(parts.db)
        now = await parts.desk.now()

        async def tell(_: UUID) -> None:
            async with parts.db.reading() as session:
                found = await init_keys.fridge_of(session, parts.secrets, data.init_key, now)
            if found is not None:
                await parts.desk.fridge_changed(*found)

        async def make(session: AsyncSession, _: UUID) -> Envelope[FridgeLinked]:
            linked = await init_keys.redeem(session, parts.secrets, data.init_key, now)
            if linked is None:
                raise NotAuthenticated(UNKNOWN_KEY)
            view = await fridges.view(session, linked.account, linked.fridge)
            records = Records(session, view.fridge, view.fleet, parts.secrets)
            await records.notice(NoticeKind.FRIDGE_LINKED, "was linked to a device.", now, now.isoformat())
            await records.finish()
            shown = dict(FridgePaper.of(view.fridge, view.fleet))
            return Envelope(message="Fridge linked.", data=FridgeLinked(**shown, token=linked.token))

        try:
            return await one_answer.in_transaction(data, make, status=200, holds_secret=True, before=tell)
        except NotAuthenticated:
            await guess.was_wrong(parts.db)
            raise

    @get("/commands", operation_id="PollCommands")
    async def commands(
        self,
        request: ApiRequest,
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        wait: Annotated[
            int, QueryParameter(ge=0, le=LONGEST_WAIT, description="For how many seconds, while there is none.")
        ] = 0,
    ) -> Envelope[list[CommandToDo]]:
        """The commands that wait, oldest first; while there is none, the answer waits for one (1.L).

        One stays here until the fridge has acknowledged it, so it may be shown twice: its `uuid` tells.
        """
        found = await _commands(parts, principal.uuid)
        if not found and wait and await parts.waiting.for_command(parts.db, principal.uuid, wait):
            # it may have been linked anew, or deleted, while it waited
            if not await _is_still_good(parts, request.auth or ""):
                raise NotAuthenticated(NOBODY)
            found = await _commands(parts, principal.uuid)
        return Envelope(message="Commands.", data=found)

    @post(
        "/notifications",
        operation_id="NotifyFridge",
        opt={"body": SaidByFridge, "media_types": (JSON,)},
        status_code=200,
        request_max_body_size=FACTS_LIMIT,
    )
    async def notify(
        self,
        request: ApiRequest,
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[Noted]:
        """Say what has happened (S97-S108): one notification, or a list of up to 100, of which all or none are taken.

        The answer means that they are stored for good. To repeat the call is safe where each has an `id`.
        """
        said = heard(from_json(await read_json(request)))
        now, key = await parts.desk.now(principal.uuid), key_of(request)
        keys = [
            key and fact_id(str(principal), "POST /fridge/notifications", f"{key}\x1f{n}") for n in range(len(said))
        ]
        # another device that becomes this fridge has another token, and may begin its ids anew
        told = [each.notification(parts.secrets, now, key, request.auth) for each, key in zip(said, keys, strict=True)]
        if heavy := [each for each in told if each.type is not NotificationType.HEARTBEAT]:
            await parts.desk.fridge_report(principal.household, principal.uuid, heavy)
        if beats := [each for each in said if each.said.type is NotificationType.HEARTBEAT]:
            await beat(parts, principal.household, principal.uuid, now, beats[-1].firmware)
        return Envelope(message="Notifications received.", data=Noted(received=len(told), ids=[n.id for n in told]))


async def _commands(parts: Parts, fridge: UUID) -> list[CommandToDo]:
    now = await parts.desk.now(fridge)
    async with parts.db.reading() as session:
        return [_to_do(command) for command in await fridge_wire.commands(session, fridge, now)]


async def _is_still_good(parts: Parts, public: str) -> bool:
    async with parts.db.reading() as session:
        bearer = await tokens.bearer(session, public)
    return bearer is not None and bearer.is_good(datetime.now(UTC))


def _to_do(command: FridgeCommand) -> CommandToDo:
    return CommandToDo(
        uuid=command.uuid,
        type=CommandTypePaper.of(CommandSlug(command.slug)),
        created_at=command.created_at,
        expires_at=command.expires_at,
    )


async def beat(parts: Parts, account: UUID, uuid: UUID, now: datetime, firmware: str | None) -> None:
    """A heartbeat is one small change of a row: it wakes a workflow only where something follows from it.

    Who is woken looks twice, so nothing is missed though the change is committed only after it was told of.
    """
    async with parts.db.writing() as session:
        if await fridge_wire.is_quietly_alive(session, account, uuid, now, firmware):
            return
    async with parts.db.reading() as session:
        view = await fridges.view(session, account, uuid)
    if view.fridge.is_offline:
        await parts.desk.fridge_changed(account, uuid)
    if fridge_outbox.has_receiver(view.fridge):
        await parts.desk.fridge_webhook(account, uuid)
    async with parts.db.writing() as session:
        fridge = await fridges.get(session, account, uuid, to_change=True)
        await fridge_wire.heartbeat(session, fridge, view.fleet, now, firmware)
