"""Where other clouds notify us of their fridges (1.L): verified, each notification taken once, in any order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation

from api.cloud_said import SaidByCloud, TagsThere
from api.decoding import FACTS_LIMIT, ApiRequest, checked, from_json, read_json
from api.endpoints import new_signing_secret
from api.envelope import Envelope
from api.fridge_wire import beat
from api.fridges import USUAL_INTERVAL
from api.parts import Parts
from api.principals import OWN_CREDENTIALS
from api.problems import SECRET_IN_PATH
from api.product_tags import linked_elsewhere
from domain.errors import Invalid, NotAuthenticated, NotFound
from domain.fridges import NotificationType
from domain.identity import new_uuid
from retailers.callbacks import NOT_SIGNED, verify_callback
from storage import connections, tags
from storage.tables import Connection, Fridge


@dataclass(frozen=True)
class _Taken:
    """A notification on its way in: by whom it came, what it is known by, and when it came."""

    parts: Parts
    connection: Connection
    said: SaidByCloud
    key: str
    now: datetime


class HooksController(Controller):
    """What other clouds call."""

    path = "/hooks"
    tags = ("Fridge",)

    @post(
        "/{uuid:uuid}/{secret:str}",
        operation_id="TakeNotification",
        opt=OWN_CREDENTIALS | SECRET_IN_PATH,
        status_code=200,
        request_max_body_size=FACTS_LIMIT,
    )
    async def take(
        self,
        uuid: FromPath[UUID],
        secret: FromPath[str],
        request: ApiRequest,
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Take a notification of another cloud, exactly as EatMachine's document prints it (S97-S109).

        It is checked by Standard Webhooks headers where there are any, else by the secret in the address alone; once
        one was signed, all have to be. Repeats count once, their order does not matter, an unknown type is an event.
        """
        body = await request.exact_body()
        connection = await _verified(parts, uuid, secret, request, body)
        said = checked(SaidByCloud, from_json(await read_json(request)))
        now = await parts.desk.now()
        taken = _Taken(parts, connection, said, said.known_by(request.headers.get("webhook-id"), body, now), now)
        if said.kind is NotificationType.PRODUCT_LINKED:
            await _link(taken)
        elif said.fridge is not None:
            fridge = await _fridge(taken)
            if fridge.deleted_at is None:
                await _pass_on(taken, fridge)
        elif said.kind is not None:
            raise Invalid({"fridge": ["This field is missing."]})
        return Envelope(message="Taken.", data=None)


async def _verified(parts: Parts, uuid: UUID, secret: str, request: ApiRequest, body: bytes) -> Connection:
    """The connection that is called; raises NotFound for a wrong address, NotAuthenticated for a wrong signature."""
    async with parts.db.reading() as session:
        connection = await connections.living(session, uuid)
    # who is unknown costs as much as who is wrong
    matches = parts.secrets.matches(secret, "" if connection is None else connection.secret_hash)
    if connection is None or not matches:
        raise NotFound("There is nothing here.")
    if "webhook-signature" in request.headers:
        verify_callback([parts.secrets.open(connection.secret)], request.headers, body)
        if connection.signed_at is None:
            async with parts.db.writing() as session:
                await connections.was_signed(session, uuid, await parts.desk.now())
    elif connection.signed_at is not None:
        raise NotAuthenticated(NOT_SIGNED)
    return connection


async def _fridge(taken: _Taken) -> Fridge:
    """The fridge that it is about, made where it is heard of for the first time."""
    parts, there = taken.parts, taken.said.fridge
    assert there is not None, "asked before"  # noqa: S101 -- for mypy
    async with parts.db.reading() as session:
        fridge = await connections.fridge_of(session, taken.connection.uuid, there.uuid)
    if fridge is None:
        row = {
            "uuid": new_uuid(),
            "remote_uuid": there.uuid,
            "heartbeat_interval": there.heartbeat_interval or USUAL_INTERVAL,
            "webhook_secret": parts.secrets.seal(new_signing_secret()),
        }
        async with parts.db.writing() as session:
            fridge = await connections.first_heard_of(session, taken.connection, row, taken.now)
    if fridge.last_activity == fridge.created_at:
        # from now on its silence is noticed, even if we died before we could say so the first time
        await parts.desk.fridge_changed(fridge.account, fridge.uuid)
    return fridge


async def _pass_on(taken: _Taken, fridge: Fridge) -> None:
    parts, said = taken.parts, taken.said
    if said.kind is None:
        sentence = f"Its cloud has said {said.type}."
        async with parts.db.writing() as session:
            await connections.note(session, fridge.uuid, taken.key, sentence, taken.now)
        return
    command, there = None, said.command
    if there is not None:
        async with parts.db.writing() as session:
            command = await connections.command_of(session, fridge.uuid, there.uuid, there.slug, taken.now)
    # the acknowledgement of a command that somebody else has given says no more than that the fridge lives
    if said.kind is NotificationType.HEARTBEAT or (said.kind is NotificationType.ACK and command is None):
        await beat(parts, fridge.account, fridge.uuid, taken.now, said.firmware)
        return
    notification = said.heard(taken.key, command).notification(parts.secrets, taken.now)
    in_its_place = notification.model_copy(update={"said_at": said.said_at(taken.now)})
    await parts.desk.fridge_report(fridge.account, fridge.uuid, [in_its_place])


async def _link(taken: _Taken) -> None:
    """Put tags on the product that the account has under that uuid or name (S106); another product is no fault."""
    parts, said, account = taken.parts, taken.said, taken.connection.account
    if said.product is None:
        raise Invalid({"product": ["This field is missing."]})
    links = {tag.code: tag.expiration_date for tag in checked(TagsThere, {"data": said.data}).data}
    async with parts.db.reading() as session:
        product = await tags.product_of(session, account, said.product.known_uuid, said.product.name)
    if product is not None:
        await linked_elsewhere(parts, account, product.uuid, links)
