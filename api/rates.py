"""How often anybody may call: moving windows in memory, in each process for itself (docs/decisions/0020).

Who guesses at secrets meets limits of another kind (`api/guessing.py`): those are in the database and hold everywhere.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from threading import Timer

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.guessing import address_of
from domain.errors import LarderError

COUNTS_ITSELF = {"counts_itself": True}
"""`opt` of a handler that finds out by itself who is calling, and counts the call then."""

NOT_COUNTED = {"not_counted": True}
"""`opt` of a handler that anybody may call as often as they like."""

_SWEEP = timedelta(minutes=1)
_WINDOW = "larder_window"  # in the scope of a request


@dataclass(frozen=True)
class Window:
    """How many calls somebody has in a while, how many of them are left, and in how many seconds there is a new one."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> Mapping[str, str]:
        """As answers show it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


class TooManyCalls(LarderError):
    """More calls than anybody needs; nothing was done."""

    def __init__(self, window: Window) -> None:
        super().__init__(f"Too many calls. Try again in {window.reset} seconds.")
        self.window = window


class _Rest(Timer):
    """Stands where the storage keeps the timer of its next sweep, so that it does not sweep at every call."""

    def __init__(self) -> None:
        super().__init__(0, lambda: None)  # never started
        self._over = time.monotonic() + _SWEEP.total_seconds()

    def is_alive(self) -> bool:
        return time.monotonic() < self._over


class _Windows(MemoryStorage):
    """Sweeps once a minute: a sweep looks at everybody who has called."""

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """One more call, if there is room for it."""
        acquired = super().acquire_entry(key, limit, expiry, amount)
        if not isinstance(self.timer, _Rest):
            self.timer = _Rest()
        return acquired


class Calls:
    """Counts calls by who makes them; 0 means that they are not counted."""

    def __init__(self, per_device: int = 0, per_user: int = 0, per_address: int = 0) -> None:
        devices, users = RateLimitItemPerMinute(per_device), RateLimitItemPerHour(per_user)
        things = dict.fromkeys(("device", "fridge", "retailer"), devices)
        self._of: Mapping[str, RateLimitItem] = {**things, "user": users, "key": users}
        self._strangers = RateLimitItemPerMinute(per_address)
        self._limiter = MovingWindowRateLimiter(_Windows()) if per_device or per_user or per_address else None

    def by(self, scope: Scope, kind: str, caller: str) -> None:
        """One call of somebody who is known; raises TooManyCalls."""
        self._count(scope, self._of[kind], caller)

    def from_address(self, address: str, scope: Scope | None = None) -> None:
        """One call of which no more is known than where it comes from; raises TooManyCalls."""
        self._count(scope, self._strangers, f"address:{address}")

    def _count(self, scope: Scope | None, limit: RateLimitItem, who: str) -> None:
        if self._limiter is None or limit.amount == 0:
            return
        has_room = self._limiter.hit(limit, who)
        reset, remaining = self._limiter.get_window_stats(limit, who)
        window = Window(limit.amount, max(0, remaining), max(1, ceil(reset - time.time())))
        if scope is not None:
            scope[_WINDOW] = window  # type: ignore[literal-required]
        if not has_room:
            raise TooManyCalls(window)


class CallLimits(ASGIMiddleware):
    """Counts a call by its principal, or by its address; every answer says how many are left."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request that was authenticated; raises TooManyCalls."""
        opt, caller = scope["route_handler"].opt, scope.get("user")
        calls: Calls = scope["litestar_app"].state["parts"].calls
        if caller is not None:
            calls.by(scope, caller.kind, str(caller))
        elif not (opt.get("counts_itself") or opt.get("not_counted")):
            calls.from_address(address_of(ASGIConnection(scope)), scope)

        async def telling(message: Message) -> None:
            window: Window | None = scope.get(_WINDOW)  # type: ignore[assignment]
            if message["type"] == "http.response.start" and window is not None:
                headers = MutableScopeHeaders.from_message(message)
                for name, value in window.headers.items():
                    headers[name] = value
            await send(message)

        await next_app(scope, receive, telling)
