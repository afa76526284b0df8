"""A household with many items, written straight into the database: to make it is not what is measured."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import func, select

from bench.processes import KEY
from domain.identity import new_uuid
from rules.sentence import parse
from rules.then import OrderThen, Then
from rules.tree import tree_to_json
from storage.database import Database, insert_new, open_database
from storage.secrets import Secrets
from storage.tables import (
    CatalogueEntry,
    DecisionRow,
    Device,
    Instruction,
    Item,
    Retailer,
    Rule,
    Table,
    Token,
    User,
)

MAC = "D5:6E:FB:B7:B8:C5"
SECRET = "my name is tom"  # noqa: S105 - the documents' own sample (S35)
SKU = "cookies-12"
TRIGGER = 5
PART = 2_000


@dataclass(frozen=True)
class Household:
    """Who it is and what it has; a device for each item."""

    account: UUID
    token: str
    retailer: UUID
    retailer_key: str
    items: list[UUID]
    devices: list[str]

    def credentials(self, number: int) -> dict[str, object]:
        """What the device of one item sends with each call."""
        return {"mac_address": MAC, "device_id": self.devices[number], "secret": SECRET}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, closed on leaving."""
    db = open_database(url)
    try:
        yield db
    finally:
        await db.dispose()


async def move_in(db: Database, items: int, orders_url: str | None = None) -> Household:
    """A household with so many items, each with a device and the rule `5 left`; a shop with one SKU."""
    now, account, retailer = datetime.now(UTC), new_uuid(), new_uuid()
    secrets = Secrets(KEY)
    token, token_row = _token(secrets, "user", account, now)
    retailer_key, key_row = _token(secrets, "retailer", retailer, now)
    at = {"created_at": now, "updated_at": now}
    uuids, devices = [new_uuid() for _ in range(items)], [new_uuid() for _ in range(items)]
    first_ref = 100_000_000 + account.int % 800_000_000
    ids = [f"{account.hex[-7:]}{number:05}" for number in range(items)]
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(SECRET)
    order = OrderThen(retailer=retailer, sku=SKU, packs=1)
    rule = {
        "name": "Trigger level",
        "sentence": f"{TRIGGER} left",
        "tree": json.dumps(tree_to_json(parse(f"{TRIGGER} left"))),
        "then": Then(order=order).model_dump_json(exclude_none=True),
    }
    owned = {"account": account, **at}
    ordered = {"retailer": retailer, "sku": SKU, "packs": 1, "trigger_level": Decimal(TRIGGER)}
    rows: list[tuple[type[Table], list[dict[str, object]]]] = [
        (User, [_user(account, now)]),
        (Token, [token_row, key_row]),
        (Retailer, [_retailer(retailer, orders_url, secrets, now)]),
        (CatalogueEntry, [_entry(retailer)]),
    ]
    for start in range(0, items, PART):
        numbers = range(start, min(start + PART, items))
        rows += [
            (Device, [owned | _device(devices[n], ids[n], hashed) for n in numbers]),
            (Item, [owned | {"uuid": uuids[n], "name": "Cookies", "unit": "piece", "version": 1} for n in numbers]),
            (Instruction, [owned | ordered | _track(uuids[n], devices[n], first_ref + n) for n in numbers]),
            (Rule, [owned | rule | _rule(uuids[n], devices[n]) for n in numbers]),
        ]
    async with db.writing() as session:
        for table, values in rows:
            await insert_new(session, table, values)
    return Household(account, token, retailer, retailer_key, uuids, ids)


async def settled(db: Database, household: Household) -> int:
    """How many facts of the household have been judged and stored."""
    async with db.reading() as session:
        query = select(func.count()).select_from(DecisionRow).where(DecisionRow.item.in_(household.items))
        return await session.scalar(query) or 0


def _user(account: UUID, now: datetime) -> dict[str, object]:
    return {
        "uuid": account,
        "email": f"{account}@example.com",
        "name": "Ada",
        "password_hash": "none",
        "time_zone": "UTC",
        "currency": "EUR",
        "created_at": now,
        "updated_at": now,
    }


def _token(secrets: Secrets, kind: str, subject: UUID, now: datetime) -> tuple[str, dict[str, object]]:
    public, token = secrets.new_token(kind)
    parsed = secrets.parse_token(token)
    assert parsed is not None, "a new token has the form of a token"  # noqa: S101 - tells mypy what is always so
    hashed = secrets.keyed_hash(parsed[2])
    return token, {"public": public, "kind": kind, "subject": subject, "secret_hash": hashed, "created_at": now}


def _retailer(uuid: UUID, orders_url: str | None, secrets: Secrets, now: datetime) -> dict[str, object]:
    return {
        "uuid": uuid,
        "name": "Corner Shop",
        "orders_url": orders_url,
        "contact_email": "orders@example.com",
        "signing_secret": secrets.seal("whsec_" + b64encode(bytes(32)).decode()),
        "created_at": now,
        "updated_at": now,
    }


def _entry(retailer: UUID) -> dict[str, object]:
    return {
        "retailer": retailer,
        "sku": SKU,
        "name": "Oat cookies",
        "pack_size": Decimal(12),
        "unit": "piece",
        "price": Decimal("3.49"),
        "currency": "EUR",
        "available": True,
    }


def _device(uuid: UUID, device_id: str, hashed: str) -> dict[str, object]:
    return {"uuid": uuid, "device_id": device_id, "mac_address": MAC, "name": "Cookie jar", "secret_hash": hashed}


def _track(item: UUID, device: UUID, ref: int) -> dict[str, object]:
    return {"uuid": device, "ref": ref, "device": device, "action": "track", "item": item, "version": 1}


def _rule(item: UUID, instruction: UUID) -> dict[str, object]:
    return {"uuid": instruction, "item": item, "instruction": instruction, "enabled": True, "version": 1}
