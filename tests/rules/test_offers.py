"""A judgement asks for the retailers' offers only when something wants to order."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from domain.decisions import Trigger, Verdict
from domain.item import ItemState
from domain.stock import Stock
from rules.active import InForce, OffersWanted
from rules.engine import Engine
from rules.judge import Judge, Judgement, Occasion
from tests.judgement.household import a_rule

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def judged(engine: Engine, level: int) -> Judgement:
    in_force = InForce((a_rule("5 left"),), offers_read=False)
    judge = Judge(engine)
    state = ItemState(item=uuid4(), stock=Stock(on_shelf=Decimal(level)))
    return judge.judge(judge.flags_kept(state, in_force, NOW), in_force, Occasion("it", NOW, Trigger.FACT))


def test_what_orders_nothing_needs_no_offers(engine: Engine) -> None:
    assert judged(engine, 6).decision.verdict is Verdict.NOTHING


def test_what_wants_to_order_asks_for_them(engine: Engine) -> None:
    with pytest.raises(OffersWanted):
        judged(engine, 5)
