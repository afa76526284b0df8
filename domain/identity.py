"""Ids that are made, or derived from the business so that a repeat gives the same one."""

import hashlib
import os
import time
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

Environment = Literal["live", "test"]
"""What an account is for, as its tokens say it (S65): `test` is the sandbox, whose orders reach nobody."""

_ORDERS = uuid5(NAMESPACE_URL, "larder:orders")


def new_uuid() -> UUID:
    """A time-ordered UUIDv7 (RFC 9562, 5.7), so that newer rows sort last."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def order_uuid(item: UUID, need: int) -> UUID:
    """The id of the one order that a need calls for (1.N): path id, charge key, retailer's key, workflow id."""
    return uuid5(_ORDERS, f"{item}:{need}")


def fact_id(principal: str, route: str, key: str) -> str:
    """The id of a reported fact (1.J): 32 hex characters, the same for the same principal, route and key."""
    return hashlib.sha256("\x00".join((principal, route, key)).encode()).hexdigest()[:32]


def command_ref(fact: str) -> int:
    """The nine-digit CommandRef of a fact (S42, S43)."""
    return 100_000_000 + int(hashlib.sha256(fact.encode()).hexdigest()[:15], 16) % 900_000_000
