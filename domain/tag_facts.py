"""The facts that Larder makes of fridges and their tags, with ids from the business: a repeat is the same fact.

A tag comes into its item by `added`, goes by `removed`, comes back by `returned` (1.L), each with its expiry.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.facts import LONGEST_ID, Fact, FactKind, Source
from domain.identity import fact_id

ONE = Decimal(1)


def tag_moved(
    kind: FactKind,
    fridge: UUID,
    report: str,
    epc: str,
    *,
    at: datetime,
    received_at: datetime,
    expires_at: datetime | None = None,
) -> Fact:
    """A tag `added` to a fridge, `removed` from it (`at`: first missed) or `returned`, by the scan `report` (1.L)."""
    return Fact(
        id=_id("tag", fridge, report, epc),
        kind=kind,
        observed_at=min(at, received_at),
        received_at=received_at,
        quantity=ONE,
        tag=epc,
        fridge=fridge,
        expires_at=expires_at,
    )


def linked(epc: str, fridge: UUID, expires_at: datetime | None, *, at: datetime, is_new: bool) -> Fact:
    """A tag in a fridge that is linked now: `is_new` makes it stock, else it only has another expiry."""
    return Fact(
        id=_id("linked", epc, at.isoformat()),
        kind=FactKind.ADDED if is_new else FactKind.LINKED,
        observed_at=at,
        received_at=at,
        source=Source.LARDER,
        quantity=ONE if is_new else None,
        tag=epc,
        fridge=fridge,
        expires_at=expires_at,
    )


def unlinked(epc: str, fridge: UUID, *, at: datetime, is_inside: bool) -> Fact:
    """A tag that is on nothing any more: it leaves the stock if it is in a fridge, and no clock runs for it."""
    return Fact(
        id=_id("unlinked", epc, at.isoformat()),
        kind=FactKind.UNLINKED,
        observed_at=at,
        received_at=at,
        source=Source.LARDER,
        quantity=ONE if is_inside else Decimal(0),
        tag=epc,
        fridge=fridge,
    )


def tallied(fridge: UUID, mark: str, tags: int, *, at: datetime, received_at: datetime | None = None) -> Fact:
    """So many tags of the item are inside, in this fridge and others; told after those that have just come."""
    return Fact(
        id=_id("tallied", fridge, mark),
        kind=FactKind.TALLIED,
        observed_at=min(at, received_at or at),
        received_at=received_at or at,
        quantity=Decimal(tags),
        fridge=fridge,
    )


def silent(fridge: UUID, *, since: datetime, at: datetime) -> Fact:
    """A fridge with tags of the item has been silent `since` it was heard last; noticed `at` (1.J.12)."""
    return _of_fridge(FactKind.SILENT, fridge, since.isoformat(), at).model_copy(update={"silent_since": since})


def heard(fridge: UUID, *, at: datetime) -> Fact:
    """A silent fridge has been heard again (1.J.12)."""
    return _of_fridge(FactKind.HEARD, fridge, at.isoformat(), at)


def scanned(fridge: UUID, report: str, *, at: datetime, received_at: datetime) -> Fact:
    """The first scan after a silence; to be told after the tags that the same scan has found again (1.J.12)."""
    fact = _of_fridge(FactKind.SCANNED, fridge, report, received_at)
    return fact.model_copy(update={"observed_at": min(at, received_at)})


def _of_fridge(kind: FactKind, fridge: UUID, mark: str, at: datetime) -> Fact:
    return Fact(
        id=_id(kind, fridge, mark),
        kind=kind,
        observed_at=at,
        received_at=at,
        source=Source.LARDER,
        fridge=fridge,
    )


def _id(kind: str, *of: object) -> str:
    """Readable where the parts are as short as they mostly are."""
    mark = ":".join(map(str, of))
    return f"{kind}:{mark}" if len(kind) + len(mark) < LONGEST_ID else f"{kind}:{fact_id(kind, '', mark)}"
