"""One household that has one of everything, what must not be seen of it, and right calls of every operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import select, true

from domain.mail import MailBrief, MailKind
from storage.secrets import TOKEN
from storage.tables import Table
from tests.api.clouds import THEIR_KEY, Cloud, a_cloud
from tests.api.direct import Home, Household
from tests.api.fridges import linked
from tests.api.operations import Operation
from tests.api.server import CHOSEN_SECRET, PASSWORD, Caller
from tests.webhooks.parts import a_failed_attempt, a_stored_notice

CANARY = "canary-7f3a"  # in every name that the household gives
NOT_FOR_THEM = (401, 403)
TOKEN_OF_A_CARD = "pm_canary7f3a9c51"
A_CARD = {"provider": "stripe", "name": CANARY, "token": TOKEN_OF_A_CARD}
AN_ADDRESS = {"name": CANARY, "street": CANARY, "postalCode": "10117", "city": CANARY, "country": "DE"}


@dataclass
class Stage:
    """`ids` are the household's own, by the collection that they are in; a retailer everybody may see."""

    home: Home
    household: Household
    ids: Mapping[str, str]
    refs: Mapping[str, int]
    code: str = ""
    webhook_secret: str = ""
    key: str = ""
    rightful: dict[str, Caller] = field(default_factory=dict)
    in_sandbox: dict[str, str] = field(default_factory=dict)
    fridge: Caller = field(kw_only=True)
    cloud: Cloud = field(kw_only=True)

    @property
    def private(self) -> set[str]:
        """Its ids that nobody else may see."""
        return {uuid for collection, uuid in self.ids.items() if collection != "retailers"}

    @property
    def secrets(self) -> list[str]:
        """What was shown once or never."""
        shop = self.household.shop
        tokens = [caller.token or "" for caller in (self.household.user, self.household.device, shop, self.fridge)]
        signing = [shop.shown["signingSecret"], self.webhook_secret]
        signing += [TOKEN_OF_A_CARD, THEIR_KEY, self.cloud.secret, self.cloud.shown["signingSecret"]]
        return [*tokens, *signing, PASSWORD, CHOSEN_SECRET, "$argon2", self.code, self.key]

    async def rows(self) -> list[str]:
        """Every row that has to do with the household."""
        marks = [*self.ids.values(), *(repr(UUID(uuid)) for uuid in self.ids.values())]
        found: list[str] = []
        async with self.home.parts.db.reading() as session:
            for table in Table.metadata.sorted_tables:
                # a sandbox names its live account, but is another one
                its_own = table.c.live.is_(None) if table.name == "users" else true()
                rows = (await session.execute(select(table).where(its_own).order_by(*table.primary_key.columns))).all()
                texts = [f"{table.name} {row!r}" for row in rows]
                found += [text for text in texts if any(mark in text for mark in marks)]
        return found

    async def who_may(self, operation: Operation) -> Caller:
        """The one of the household who is let in; a stranger where anybody is."""
        name = operation.document["operationId"]
        if name == "Logout":  # ends the token that it is called with, so it gets one of its own
            return Caller(self.home.http, await self.home.login(self.household.user.shown["email"]))
        if name == "StripeEvent":  # only Stripe can sign it
            return self.home.nobody
        if name not in self.rightful:
            self.rightful[name] = await self._found(operation)
        return self.rightful[name]

    async def _found(self, operation: Operation) -> Caller:
        household = self.household
        for caller in (self.home.nobody, household.user, household.device, household.shop, self.fridge):
            # of ids that nothing has, so that nothing happens
            answer = await caller.call(
                operation.method, operation.filled({"retailers": self.ids["retailers"]}), content=b"x"
            )
            if answer.status_code not in NOT_FOR_THEM:
                return caller
        raise AssertionError(f"nobody may {operation}")

    def is_simulated(self, operation: Operation) -> bool:
        """Whether only what is in the sandbox can be called so (S65)."""
        return str(operation.document["operationId"]) == "SimulateOrder"

    def path(self, operation: Operation) -> str:
        """The path to what the household has."""
        return operation.filled(self.ids).replace("{secret}", self.cloud.secret)

    def headers(self, operation: Operation) -> dict[str, str]:
        """The credentials that are no `Authorization`."""
        if operation.path.startswith("/v1/"):
            ref = str(self.refs[operation.path[4:]])
            return {"Device_Key": self.household.device.token or "", "Instruction_Ref": ref}
        if operation.path.startswith("/v2/"):
            return self.household.form | {"instruction_ref": str(self.refs[operation.path[4:]])}
        return {}

    def bodies(self, operation: Operation) -> list[Any]:
        """Right bodies, from the examples in the document: each UUID in them becomes one of the household's."""
        model = operation.model(self.home)
        found = [] if model is None else [self._ours(example) for example in model.get("examples", [{}])]
        if operation.path.startswith("/v2/"):  # its credentials come in headers
            return [{name: value for name, value in body.items() if name not in self.household.form} for body in found]
        return found

    def _ours(self, example: Any, collection: str = "") -> Any:
        match example:
            case list():
                return [self._ours(part, collection.removesuffix("s")) for part in example]
            case dict():
                return {name: self._ours(value, f"{name.removesuffix('_id')}s") for name, value in example.items()}
            case str() if collection == "initKeys":
                return token_hex(7)[:13]  # of one and the same, five wrong tries are enough
            case str():
                return self.ids.get(collection, example)
        return example

    def offered(self, operation: Operation, place: Sequence[str | int]) -> set[str]:
        """The fields of the object that stands there in a body."""
        schemas = self.home.document["components"]["schemas"]
        schema = operation.model(self.home) or {}
        for step in (*place, None):
            while "$ref" in schema or "anyOf" in schema:
                one = schema.get("anyOf", [schema])[0]
                schema = schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            if step is not None:
                schema = schema["items"] if isinstance(step, int) else schema["properties"][step]
        return set(schema["properties"])

    async def call(self, operation: Operation, body: Any = None, **request: Any) -> httpx.Response:
        """The operation on what the household has, by whoever of it may."""
        caller = await self.who_may(operation)
        content = {} if body is None else {"json": body}
        path = operation.filled(self.in_sandbox) if self.is_simulated(operation) else self.path(operation)
        answer = await caller.call(operation.method, path, headers=self.headers(operation), **content, **request)
        if operation.document["operationId"] == "RotateRetailerKey" and answer.is_success:
            caller.token = answer.json()["data"]["key"]  # the second call ends the key before the last
        return answer


async def a_stage(home: Home) -> Stage:
    """A household with an item, its rule and instruction, a device, a button and an order."""
    household = await home.a_household()
    item = await household.item(CANARY, level=5, location=CANARY)
    instruction = await household.tracking(item, triggerLevel=5, order=household.an_order())
    rule = await household.made("/rules", item=item["uuid"], name=CANARY, when="pressed", then={})
    button = await household.button()
    (order,) = (await household.user.get("/orders")).json()["data"]
    await home.desk.is_placed(UUID(order["uuid"]))
    shop = f"/retailers/{household.shop.shown['uuid']}"
    await household.shop.call("PATCH", shop, json={"contactEmail": f"{CANARY}@example.com"})
    made = {"devices": household.device.shown, "items": item, "instructions": instruction, "rules": rule}
    key = await household.made("/keys", name=CANARY, scopes=["items:read"])
    made |= {"addresses": await household.made("/addresses", **AN_ADDRESS), "keys": key}
    made |= {"payment-methods": await household.made("/payment-methods", **A_CARD)}
    product, epc = await household.made("/products", name=CANARY, brand=CANARY), str(uuid4())
    await household.made(f"/products/{product['uuid']}/epcs", epcs=[{"code": epc}])
    made |= {"products": product, "epcs": {"uuid": epc}}
    made |= {"groups": await household.made("/groups", name=CANARY, items=[item["uuid"]])}
    made |= {"orders": order, "retailers": household.shop.shown, "users": household.user.shown}
    hook = await household.made("/webhooks", url=f"https://example.com/{CANARY}")
    made |= {"webhooks": hook, "attempts": {"uuid": await an_attempt(household, hook["uuid"])}}
    fleet = await household.made("/fleets", name=CANARY)
    settings = {"webhookUrl": f"https://example.com/{CANARY}", "kioskUrl": f"https://example.com/{CANARY}"}
    fridge = await household.made("/fridges", fleet_id=fleet["uuid"], settings=settings)
    made |= {"fleets": fleet, "fridges": fridge}
    made |= {"commands": await household.made(f"/fridges/{fridge['uuid']}/commands/open")}
    speaker, cloud = await linked(household, fridge), await a_cloud(household, name=CANARY)
    await speaker.post("/fridge/notifications", {"type": "boot"})
    (told,) = (await household.user.get(f"/fridges/{fridge['uuid']}/notifications")).json()["data"]
    made |= {"connections": cloud.shown, "hooks": cloud.shown, "notifications": told}
    ids = {collection: thing["uuid"] for collection, thing in made.items()}
    code = await a_code(household)
    refs = {"level": instruction["ref"], "trigger": button["ref"]}
    stage = Stage(home, household, ids, refs, code, hook["secret"], key["key"], fridge=speaker, cloud=cloud)
    stage.rightful |= dict.fromkeys(("PollCommands", "NotifyFridge"), speaker)  # its token ends with the fridge
    sandbox = await home.its_sandbox(household)
    await sandbox.tracking(await sandbox.item(level=5), triggerLevel=5, order=sandbox.an_order())
    (order,) = (await sandbox.user.get("/orders")).json()["data"]
    await home.desk.is_placed(UUID(order["uuid"]))
    stage.in_sandbox["orders"], stage.rightful["SimulateOrder"] = order["uuid"], sandbox.user
    return stage


async def an_attempt(household: Household, webhook: str) -> str:
    """A failed one to tell a webhook something."""
    db, account = household.home.parts.db, UUID(household.user.shown["uuid"])
    notice = await a_stored_notice(db, account)
    return str(await a_failed_attempt(db, notice.uuid, UUID(webhook)))


async def a_code(household: Household) -> str:
    """What would let somebody choose another password, in a letter that is in the outbox."""
    account = UUID(household.user.shown["uuid"])
    await household.home.desk.mail(MailBrief(mail=uuid4(), kind=MailKind.RESET_PASSWORD, account=account))
    letters = (await household.user.get("/outbox")).json()["data"]
    (found,) = [TOKEN.search(letter["text"]) for letter in letters if letter["kind"] == MailKind.RESET_PASSWORD]
    assert found is not None
    return found[0]
