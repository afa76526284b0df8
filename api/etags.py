"""`ETag`, `If-None-Match` and `If-Match` of settings: what has not changed is not sent, what has is not overwritten.

A tag has two parts, `"version.digest"`. Two tags are of one text if they are equal; what may be overwritten depends on
the version alone, since the rest of an answer (a level, a last report) changes without anybody having edited it.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, TypeVar

from litestar import Response
from litestar.enums import MediaType
from litestar.params import HeaderParameter
from pydantic import BaseModel

from api.envelope import Answer, rendered
from domain.errors import OutOfDate
from storage.tables import Connection, Device, Fleet, Fridge, Instruction, Item, Product, Rule, User, Webhook

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
Row = Connection | Device | Fleet | Fridge | Instruction | Item | Product | Rule | User | Webhook

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_Shown = TypeVar("_Shown", bound=BaseModel)


@dataclass(frozen=True)
class Seen:
    """What the caller of a GET has already; 304 says that it is still so."""

    tags: str | None

    def answer(self, shown: _Shown, row: Row) -> Response[_Shown]:
        """What is shown with its tag, or 304 without it."""
        body = rendered(shown)
        tag = _tag(row, body)
        if self.tags is not None and (self.tags.strip() == "*" or tag in _TAG.findall(self.tags)):
            return Answer(b"", status_code=304, headers=_headers(tag))  # type: ignore[arg-type]
        return _tagged(body, tag)


@dataclass(frozen=True)
class Unchanged:
    """Which version the caller of a PATCH or PUT means to change; without `If-Match`, whatever is there."""

    tags: str | None

    def check(self, row: Row) -> None:
        """Raise OutOfDate where the row is no longer the one that the caller has read."""
        if self.tags is None or self.tags.strip() == "*":
            return
        # a weak tag is made by a proxy that has changed the coding of the answer, not by somebody's edit
        if _version(row) not in [tag.partition(".")[0] for tag in _TAG.findall(self.tags)]:
            raise OutOfDate("This has been changed since you read it: read it again, then repeat your change.")

    def answer(self, shown: _Shown, row: Row) -> Response[_Shown]:
        """What is shown after the change, with its new tag."""
        body = rendered(shown)
        return _tagged(body, _tag(row, body))


def _version(row: Row) -> str:
    if isinstance(row, Fridge | Item | Instruction | Rule):
        return str(row.version)
    return f"{row.updated_at.timestamp() * 1_000_000:.0f}"


def _tag(row: Row, body: bytes) -> str:
    return f"{_version(row)}.{hashlib.sha256(body).hexdigest()[:16]}"


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"'}


def _tagged(body: bytes, tag: str) -> Response[_Shown]:
    # the bytes of a _Shown, which were needed for the tag
    return Answer(body, media_type=MediaType.JSON, headers=_headers(tag))  # type: ignore[arg-type]


def provide_seen(
    if_none_match: Annotated[
        str | None,
        HeaderParameter(
            name=IF_NONE_MATCH, max_length=1000, description="An `ETag` that you have: 304 if it is current."
        ),
    ] = None,
) -> Seen:
    """The `seen` of a GET of one thing."""
    return Seen(if_none_match)


def provide_unchanged(
    if_match: Annotated[
        str | None,
        HeaderParameter(
            name=IF_MATCH, max_length=1000, description="The `ETag` of what you have read: 412 if it changed."
        ),
    ] = None,
) -> Unchanged:
    """The `unchanged` of a PATCH or PUT."""
    return Unchanged(if_match)
