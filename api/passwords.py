"""Secrets that people choose: Argon2id, off the event loop, two at a time."""

import secrets
import time
from collections import OrderedDict

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

REMEMBERED = 15 * 60.0  # seconds
MOST_REMEMBERED = 10_000
AT_ONCE = 2  # each run takes 64 MiB and a core for some 50 ms


class Passwords:
    """Hashes and verifies what a person chose; the default cost is the one of RFC 9106 for little memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = CapacityLimiter(AT_ONCE)
        # A real hash that nothing matches: who is unknown takes as long as who is wrong.
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, chosen: str) -> str:
        """An Argon2id hash with its own salt and cost in it."""
        return await to_thread.run_sync(self._hasher.hash, chosen, limiter=self._limiter)

    async def matches(self, stored: str | None, given: str) -> bool:
        """Whether `given` is what was hashed; takes the same time for nobody (`None`)."""
        verified = await to_thread.run_sync(self._verify, stored or self._nobody, given, limiter=self._limiter)
        return verified and stored is not None

    def _verify(self, stored: str, given: str) -> bool:
        try:
            return self._hasher.verify(stored, given)
        except (VerificationError, InvalidHashError):
            return False


class Remembered:
    """Verified secrets, as keyed hashes, so that a jar that reports every minute costs one Argon2 run in 15 minutes."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, float] = OrderedDict()

    def has(self, proof: str) -> bool:
        """Whether that proof was verified lately."""
        return self._until.get(proof, 0.0) > time.monotonic()

    def add(self, proof: str) -> None:
        """Remember a proof; the oldest one goes where there are too many."""
        self._until[proof] = time.monotonic() + REMEMBERED
        self._until.move_to_end(proof)
        if len(self._until) > MOST_REMEMBERED:
            self._until.popitem(last=False)
