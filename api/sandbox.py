"""The sandbox (S65, S66): which host name leads there, and how its developer plays the retailer."""

from typing import Annotated, Any, Literal

from litestar.connection import ASGIConnection
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from api.bodies import Body
from api.retailer_orders import OUT_OF_STOCK
from domain.errors import Conflict, Forbidden
from domain.orders import NOT_YET_AT_THE_RETAILER, RetailerWord, Step
from rules.quantity import MOST_PACKS
from storage import people
from storage.tables import OrderRow

_WITH_PACKS = ("accepted", "dispatched", "delivered")


def is_sandbox_host(connection: ASGIConnection[Any, Any, Any, Any], sandbox_host: str | None) -> bool:
    """Whether the caller has named that host, at whatever port."""
    host = connection.headers.get("host", "").lower()
    return sandbox_host is not None and host.partition(":")[0] == sandbox_host


async def check_playable(session: AsyncSession, order: OrderRow) -> None:
    """Raise Forbidden for an order that is real, Conflict for one that has not come as far as its retailer."""
    if not await people.is_sandbox(session, order.account):
        raise Forbidden("Only orders of the sandbox are simulated.")
    if order.state in NOT_YET_AT_THE_RETAILER:
        raise Conflict(f"This order is not with its retailer yet: {order.state}.")


class SimulatedWord(Body, json_schema_extra={"examples": [{"step": "delivered", "packs": 1}, {"step": "delivered"}]}):
    """What a retailer would say of an order: `packs` is the running total, nothing said means all of it."""

    step: Literal["accepted", "dispatched", "delivered", "rejected", "out-of-stock"]
    packs: Annotated[int | None, Field(ge=1, le=MOST_PACKS)] = None

    @field_validator("packs")
    @classmethod
    def _fits_the_step(cls, packs: int | None, known: ValidationInfo) -> int | None:
        if packs is not None and known.data.get("step", "accepted") not in _WITH_PACKS:
            raise PydanticCustomError("refused", "What ends the order ends it for all packs.")
        return packs

    @property
    def word(self) -> RetailerWord:
        """The same as the retailer's callback would say it."""
        match self.step:
            case "rejected":
                return RetailerWord(step=Step.REJECTED)
            case "out-of-stock":
                return RetailerWord(step=Step.REJECTED, reason=OUT_OF_STOCK, out_of_stock=True)
            case step:
                return RetailerWord(step=Step(step), packs=self.packs)
