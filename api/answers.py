"""`Idempotency-Key`: a POST that makes something makes it once, and its repeat hears the same answer.

A report (anything that becomes a signal) needs none of this: its key is part of the fact's id.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import HeaderParameter, SkipValidation
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.envelope import Answer, rendered
from api.parts import Parts
from domain.errors import Invalid, KeyReused, LarderError, Unavailable
from domain.identity import new_uuid
from storage import answers
from storage.tables import Answer as Held

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
UNGUESSABLE = 22  # characters: a UUID has 36, 128 random bits in base64 have 22

_KEY = re.compile(r"[\x20-\x7e]{8,255}")
_Shown = TypeVar("_Shown", bound=BaseModel)


@dataclass(frozen=True)
class OneAnswer:
    """The answer of one POST, given once for each key; without a key, every call stands for itself."""

    parts: Parts
    principal: str | None
    route: str
    path: str
    key: str | None

    async def in_transaction(
        self,
        sent: BaseModel,
        make: Callable[[AsyncSession, UUID], Awaitable[_Shown]],
        *,
        status: int = 201,
        holds_secret: bool = False,
        before: Callable[[UUID], Awaitable[None]] | None = None,
    ) -> Response[_Shown]:
        """For rows that the API writes itself: `make` gets the transaction and a fresh uuid, and answers what to show.

        `before` is told the uuid while nothing is committed yet, be it one that is never made.

        Row and answer are committed together or not at all. Raises KeyReused for another body under the same key.
        """
        once = self._once(guessable=not holds_secret)
        made = new_uuid()
        if before is not None:
            await before(made)
        async with self.parts.db.writing() as session:
            if once is not None:
                held = await answers.reserve(session, once, self._hash(sent), made, datetime.now(UTC))
                if held is not None:
                    return self._replay(held, sent)
            body = rendered(await make(session, made))
            if once is not None:
                await answers.complete(session, once, status, self.parts.secrets.seal(body.decode()))
        return _response(body, status)

    async def through_workflow(self, sent: BaseModel, make: Callable[[UUID], Awaitable[_Shown]]) -> Response[_Shown]:
        """For what a workflow writes: `make` gets the uuid to make, the same one at every repeat until it has ended.

        `make` must be safe to repeat. Where it raises Unavailable the key stays taken and a repeat goes on from there;
        any other refusal frees the key.
        """
        once = self._once(guessable=True)
        made = new_uuid()
        if once is not None:
            async with self.parts.db.writing() as session:
                held = await answers.reserve(session, once, self._hash(sent), made, datetime.now(UTC))
            if held is not None and held.status is not None:
                return self._replay(held, sent)
            made = self._unfinished(held, sent) if held is not None else made
        try:
            body = rendered(await make(made))
        except Unavailable:
            raise
        except LarderError:
            if once is not None:
                async with self.parts.db.writing() as session:
                    await answers.forget(session, once)
            raise
        if once is not None:
            async with self.parts.db.writing() as session:
                await answers.complete(session, once, 201, self.parts.secrets.seal(body.decode()))
        return _response(body, 201)

    def _once(self, *, guessable: bool) -> answers.Once | None:
        if self.key is None:
            return None
        if self.principal is None and not guessable and len(self.key) < UNGUESSABLE:
            # Whoever repeats the call hears the secret, and nothing but the key tells one stranger from another.
            text = f"Without credentials a key needs at least {UNGUESSABLE} characters, such as a UUID."
            raise Invalid({HEADER: [text]})
        return answers.Once(self.principal or "anyone", self.route, self.key)

    def _hash(self, sent: BaseModel) -> str:
        # Keyed, because the body may hold a password that must not be guessed from a plain hash.
        return self.parts.secrets.keyed_hash(f"{self.path}\n{sent.model_dump_json(by_alias=True)}")

    def _unfinished(self, held: Held, sent: BaseModel) -> UUID:
        if held.body_hash != self._hash(sent):
            raise KeyReused(f"This {HEADER} was used for another body.")
        return held.made

    def _replay(self, held: Held, sent: BaseModel) -> Response[_Shown]:
        self._unfinished(held, sent)
        body = self.parts.secrets.open(held.body or "").encode()
        return _response(body, held.status or 200, {REPLAYED: "true"})


def _response(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response[_Shown]:
    # the bytes of a _Shown, which a replay has no need to read again
    return Answer(body, status_code=status, media_type=MediaType.JSON, headers=headers)  # type: ignore[arg-type]


def provide_one_answer(
    request: Request[Any, Any, Any],
    parts: NamedDependency[SkipValidation[Parts]],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name=HEADER,
            description="8 to 255 printable ASCII characters. A repeat with the same key and body hears the same.",
            schema_extra={"pattern": "^[!#-~][ -~]{6,253}[!#-~]$"},
        ),
    ] = None,
) -> OneAnswer:
    """The `one_answer` of a handler that makes something; raises Invalid for a malformed key."""
    key = idempotency_key
    if key is not None:
        key = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
        if not _KEY.fullmatch(key):
            raise Invalid({HEADER: ["This value should have 8 to 255 printable ASCII characters."]})
    principal = request.user
    return OneAnswer(
        parts=parts,
        principal=None if principal is None else str(principal),
        route=f"{request.method} {request.scope['path_template']}",
        path=request.scope["path"],
        key=key,
    )
