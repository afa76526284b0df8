"""Limits on guessing: who may try how often, by account, by device and by address (docs/decisions/0011)."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from weakref import WeakValueDictionary

from litestar.connection import ASGIConnection

from storage import guesses
from storage.database import Database
from storage.guesses import Limit
from storage.secrets import PUBLIC_LENGTH, Secrets

PER_SECRET = 10
PER_ADDRESS = 50
PER_INIT_KEY = 5
LETTERS, LETTERS_WITHIN = 3, timedelta(hours=1)
_IPV6_CUSTOMER = 64  # bits: whoever has one IPv6 address has 2^64 of them


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where the connection comes from; of IPv6 the network that one customer has.

    That is the peer, or what a trusted proxy says of it (LARDER_TRUSTED_PROXIES), never another's header.
    """
    if connection.client is None:
        return ""
    host = connection.client.host.partition("%")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((address, _IPV6_CUSTOMER), strict=False))


@dataclass(frozen=True)
class Guess:
    """An attempt to prove who one is: refused while one of `limits` is reached; if wrong, it counts in `more` too."""

    limits: tuple[Limit, ...]
    more: tuple[Limit, ...] = ()

    async def check(self, db: Database) -> None:
        """Raise TooManyAttempts where it must not even be looked at."""
        async with db.reading() as session:
            await guesses.check(session, self.limits, datetime.now(UTC))

    async def was_wrong(self, db: Database) -> None:
        """Count it; raises TooManyAttempts where others at the same time were wrong often enough already."""
        async with db.writing() as session:
            await guesses.count(session, self.limits, self.more, datetime.now(UTC))


def at_a_password(secrets: Secrets, name: str, address: str, *, known: bool) -> Guess:
    """Ten for an account and 50 for an address; strangers cannot use up the ten of a place its owner is known at."""
    account = _limit(secrets, PER_SECRET, "login", name)
    here = Limit(place(secrets, name, address), PER_SECRET)
    everybody = _limit(secrets, PER_ADDRESS, "login address", address)
    return Guess((here, everybody), (account,)) if known else Guess((account, everybody), (here,))


def place(secrets: Secrets, name: str, address: str) -> str:
    """The key of an account at an address."""
    return _key(secrets, "login place", address, name)


def at_a_device_secret(secrets: Secrets, device_id: str, address: str) -> Guess:
    """Ten for what somebody at that address calls a device, whether there is one or not."""
    return Guess((_limit(secrets, PER_SECRET, "device", address, device_id),))


def at_a_key(secrets: Secrets, public: str, address: str) -> Guess:
    """Ten for a key, 50 for an address: hopeless anyhow, but each costs a write."""
    limits = _limit(secrets, PER_SECRET, "key", address, public), _limit(secrets, PER_ADDRESS, "key address", address)
    return Guess(limits)


def at_a_code(secrets: Secrets, code: str, address: str) -> Guess:
    """Ten for a code of a letter, 50 for an address; what cannot be a code of ours counts for the address, too."""
    public = code[: len("ct_") + PUBLIC_LENGTH]
    return Guess(
        (
            _limit(secrets, PER_SECRET, "code", address, public),
            _limit(secrets, PER_ADDRESS, "code address", address),
        )
    )


def at_an_init_key(secrets: Secrets, key: str, address: str) -> Guess:
    """Five for a key, whoever comes with it, and 50 for an address (1.J.13)."""
    return Guess(
        (
            _limit(secrets, PER_INIT_KEY, "init key", key.lower()),
            _limit(secrets, PER_ADDRESS, "init key address", address),
        )
    )


def letters_to(secrets: Secrets, email: str) -> Limit:
    """Three an hour to an address, whoever asks for them, and whether it has an account or not."""
    return Limit(_key(secrets, "letter", email), LETTERS, LETTERS_WITHIN)


def asking_for_letters(secrets: Secrets, address: str) -> Limit:
    """50 times from an address of the network, to whomever."""
    return _limit(secrets, PER_ADDRESS, "letter address", address)


def _limit(secrets: Secrets, most: int, *what: str) -> Limit:
    return Limit(_key(secrets, *what), most)


def _key(secrets: Secrets, *what: str) -> str:
    return secrets.keyed_hash("\n".join(("guess", *what)))  # only the last part can hold a line break


class Turns:
    """One at a time for each key, so that many guesses at once see each other fail."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def is_taken(self, key: str) -> bool:
        """Whether anybody has that lock or waits for it."""
        return key in self._locks

    def of(self, key: str) -> asyncio.Lock:
        """The lock of that key, to be kept no longer than it is needed: it is gone when nobody has it."""
        return self._locks.setdefault(key, asyncio.Lock())
