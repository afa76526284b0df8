"""The history of an account (S24): facts, decisions, orders and money in one list, as JSON or as CSV."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation
from litestar.response import Stream
from pydantic import Field

from api.bodies import Body, Moment
from api.decoding import CSV, JSON, ApiRequest, checked
from api.envelope import Answer, Listing, Paging, Price, Quantity, Shown, When, rfc3339
from api.parts import Parts
from api.principals import Principal
from storage import history
from storage.history import Entry, Kind, Wanted

COLUMNS = (
    *(
        "at",
        "kind",
        "what",
        "item",
        "itemName",
        "quantity",
        "unit",
        "amount",
        "currency",
        "order",
        "device",
        "sentence",
        "decision",
    ),
)
DATE = {"format": "date-time"}
# what a spreadsheet would take for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Period(Body):
    """From when, and until before when."""

    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None


class HistoryEntry(Shown):
    """One thing that happened; `what` is the kind of fact, the verdict, the order's state or what the money did.

    `decision` is the number by which a decision can be asked for at its item.
    """

    at: When
    kind: Kind
    what: str
    item: UUID
    item_name: str
    quantity: Quantity | None
    unit: str | None
    amount: Price | None
    currency: str | None
    order: UUID | None
    device: UUID | None
    sentence: str | None
    decision: int | None


class HistoryController(Controller):
    """The past of an account."""

    path = "/history"
    tags = ("UI",)

    @get(operation_id="AccountHistory", opt={"also": CSV})
    async def account_history(
        self,
        *,
        request: ApiRequest,
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        item: Annotated[UUID | None, QueryParameter(description="Only what is about this item.")] = None,
        kind: Annotated[Kind | None, QueryParameter(description="Only entries of this kind.")] = None,
        since: Annotated[
            str | None, QueryParameter(name="from", schema_extra=DATE, description="The earliest moment (RFC 3339).")
        ] = None,
        until: Annotated[
            str | None, QueryParameter(name="to", schema_extra=DATE, description="The moment before which it ends.")
        ] = None,
        format: Annotated[  # noqa: A002 - its name in the address
            str | None, QueryParameter(pattern="^(json|csv)$", description="json, or csv as by Accept.")
        ] = None,
    ) -> Response[Listing[HistoryEntry]]:
        """Everything that happened in the household, newest first; as CSV it is one file with all of it."""
        period = checked(Period, {name: text for name, text in (("from", since), ("to", until)) if text is not None})
        wanted = Wanted(principal.household, item, kind, period.from_, period.to)
        if format == "csv" or (format is None and request.accept.best_match([JSON, CSV]) == CSV):
            headers = {"Content-Disposition": 'attachment; filename="history.csv"'}
            return Stream(_lines(parts, wanted), media_type=CSV, headers=headers)  # type: ignore[return-value]
        before = paging.after(datetime.fromisoformat, Kind, UUID, int)
        async with parts.db.reading() as session:
            entries = await history.page(session, wanted, before, paging.limit)
        return Answer(paging.listing("History.", entries, _shown, lambda entry: entry.place))


async def _lines(parts: Parts, wanted: Wanted) -> AsyncIterator[str]:
    yield _csv([COLUMNS])
    async for entries in history.whole(parts.db, wanted):
        yield _csv(_cells(_shown(entry)) for entry in entries)


def _csv(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)  # as RFC 4180 wants it, which is the module's own way
    return out.getvalue()


def _cells(entry: HistoryEntry) -> Sequence[str]:
    return [_cell(value) for _, value in entry]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return rfc3339(value)
        case Decimal():
            return f"{value:f}"
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
    return str(value)


def _shown(entry: Entry) -> HistoryEntry:
    at, kind, _, number = entry.place
    return HistoryEntry(
        at=at,
        kind=kind,
        what=entry.what,
        item=entry.item,
        item_name=entry.item_name,
        quantity=entry.quantity,
        unit=entry.unit,
        amount=entry.amount,
        currency=entry.currency,
        order=entry.order,
        device=entry.device,
        sentence=entry.sentence,
        decision=number if kind is Kind.DECISION else None,
    )
