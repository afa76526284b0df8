"""The tags on a household's products: linked from our side, listed, unlinked (S106, 1.J.15)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, SkipValidation
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import OneAnswer
from api.bodies import Body, Moment
from api.envelope import Envelope, Listing, Paging, Shown, When
from api.fridge_said import Epc, is_epc
from api.parts import Parts
from api.principals import Principal
from domain.errors import Conflict, NotFound
from domain.fridge_papers import ProductPaper, Stamp, TagPaper, product_letter
from storage import fridge_outbox, products, tags
from storage.tables import Product, Tag

MOST_LINKS = 1_000
_SHOWN = 3


_LINKS = [{"code": "e28011700000020aa7bcfc24", "expirationDate": "2022-09-11T17:20:10+02:00"}, {"code": "e78910def"}]


class NewTag(Body, json_schema_extra={"examples": [*_LINKS]}):
    """A tag, and when what it is on expires; null where that is not known."""

    code: Epc
    expiration_date: Moment | None = None


def _each_once(links: list[NewTag]) -> list[NewTag]:
    if len({link.code for link in links}) < len(links):
        raise PydanticCustomError("refused", "Each code should be there once.")
    return links


class NewTags(Body, json_schema_extra={"examples": [{"epcs": _LINKS}]}):
    """The tags that were put on a product; upper and lower case of a code are the same."""

    epcs: Annotated[list[NewTag], Field(min_length=1, max_length=MOST_LINKS), AfterValidator(_each_once)]


class TagShown(Shown):
    """A tag on a product; `fridge` is where it was seen last, since when, and `removedAt` when it was first missed.

    The fridge may be deleted since.
    """

    code: str
    expiration_date: When | None
    linked_at: When
    fridge: UUID | None
    since: When | None
    removed_at: When | None


class ProductTagsController(Controller):
    """What is on a product."""

    path = "/products/{uuid:uuid}/epcs"
    tags = ("UI",)

    @post(operation_id="LinkTags")
    async def link(
        self,
        uuid: FromPath[UUID],
        data: JSONBody[NewTags],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
        one_answer: NamedDependency[SkipValidation[OneAnswer]],
    ) -> Response[Envelope[list[TagShown]]]:
        """Put tags on a product, or change when they expire; 409, and none is linked, where one is on another product.

        A tag that a fridge has seen already becomes stock at this moment.
        """
        account, codes = principal.household, [link.code for link in data.epcs]
        concerned = await _Concerned.of(parts, account, uuid, codes)

        async def tell(_: UUID) -> None:
            await concerned.tell(parts, receivers=True)

        async def make(session: AsyncSession, _: UUID) -> Envelope[list[TagShown]]:
            product = await products.get(session, account, uuid, to_change=True)
            await _tell_receivers(session, product, data.epcs, concerned)
            links = {link.code: link.expiration_date for link in data.epcs}
            linked = await tags.link(session, account, uuid, links, concerned.at)
            if linked.refused:
                few = ", ".join(linked.refused[:_SHOWN]) + (", …" if len(linked.refused) > _SHOWN else "")
                raise Conflict(f"On another product: {few}.")
            await tags.leave(session, linked.to_tell)
            held = await tags.held(session, account, codes)
            return Envelope(message="EPCs linked.", data=[_shown(held[code]) for code in codes])

        return await one_answer.in_transaction(data, make, before=tell)

    @get(operation_id="ListTags")
    async def list_tags(
        self,
        uuid: FromPath[UUID],
        paging: NamedDependency[SkipValidation[Paging]],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Listing[TagShown]:
        """The tags on a product, by their codes."""
        after = paging.after_one(str)
        async with parts.db.reading() as session:
            product = await products.get(session, principal.household, uuid)
            rows = await tags.page(session, product, after, paging.limit)
        return paging.listing("EPCs.", rows, _shown, lambda tag: (tag.epc,))

    @delete("/{code:str}", operation_id="UnlinkTag", status_code=200)
    async def unlink(
        self,
        uuid: FromPath[UUID],
        code: FromPath[str],
        principal: NamedDependency[SkipValidation[Principal]],
        parts: NamedDependency[SkipValidation[Parts]],
    ) -> Envelope[None]:
        """Take a tag off its product: it is no stock any more."""
        if not is_epc(code):
            raise NotFound(tags.NO_TAG)
        account = principal.household
        concerned = await _Concerned.of(parts, account, uuid, [code])
        await concerned.tell(parts, receivers=False)
        async with parts.db.writing() as session:
            await products.get(session, account, uuid, to_change=True)
            await tags.leave(session, await tags.unlink(session, account, uuid, code, concerned.at))
        return Envelope(message="EPC unlinked.", data=None)


class _Concerned:
    """Who has to hear of a change: told before it is committed, so that no crash loses it; they look twice."""

    def __init__(self, account: UUID, fridges: Sequence[UUID], receivers: Sequence[UUID], at: datetime) -> None:
        self._account, self._fridges = account, fridges
        self.receivers, self.at = receivers, at

    @classmethod
    async def of(cls, parts: Parts, account: UUID, product: UUID, codes: Iterable[str]) -> "_Concerned":
        """The fridges that these tags are in, and one for each webhookUrl; raises NotFound for a foreign product."""
        async with parts.db.reading() as session:
            await products.get(session, account, product)
            item = await tags.item_of(session, account, product)
            fridges = await tags.fridges_of(session, account, codes)
            receivers = await fridge_outbox.product_receivers(session, account)
        return cls(account, fridges, receivers, await parts.desk.now(None if item is None else item.uuid))

    async def tell(self, parts: Parts, *, receivers: bool) -> None:
        """Raises Unavailable."""
        for fridge in self._fridges:
            await parts.desk.fridge_changed(self._account, fridge)
        for fridge in self.receivers if receivers else ():
            await parts.desk.fridge_webhook(self._account, fridge)


async def linked_elsewhere(parts: Parts, account: UUID, product: UUID, links: Mapping[str, datetime | None]) -> None:
    """Put tags on a product because another cloud says so (S106): one that is on another product stays there.

    No webhookUrl is told, as two clouds that tell each other would never end.
    """
    concerned = await _Concerned.of(parts, account, product, links)
    await concerned.tell(parts, receivers=False)
    async with parts.db.writing() as session:
        linked = await tags.link(session, account, product, links, concerned.at)
        await tags.leave(session, linked.to_tell)
        await tags.note_refused(session, account, product, linked, concerned.at)


async def _tell_receivers(
    session: AsyncSession, product: Product, links: Sequence[NewTag], concerned: _Concerned
) -> None:
    """`product-linked`, once to each distinct webhookUrl of the account (1.J.15)."""
    told = [TagPaper(code=link.code, expiration_date=link.expiration_date) for link in links]
    paper = ProductPaper.of(product)

    def write(stamp: Stamp) -> str:
        return product_letter(told, paper, stamp)

    await fridge_outbox.add_product_linked(session, concerned.receivers, write, at=concerned.at)


def _shown(tag: Tag) -> TagShown:
    return TagShown(
        code=tag.epc,
        expiration_date=tag.expires_at,
        linked_at=tag.linked_at,
        fridge=tag.fridge,
        since=tag.since,
        removed_at=tag.removed_at,
    )
