"""Of which decisions a household is told: each thing once, however often it is judged (contract 1.M, 1.N)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.asking import Price
from domain.decisions import Verdict
from domain.facts import Source
from domain.guards import NO_GUARDS, Guards
from domain.notices import NoticeKind
from domain.orders import OrderState
from tests.judgement.household import Household, a_rule, an_offer, hours

DAY = timedelta(days=1)
TOO_LITTLE = Guards(money_per_day=Price(amount=Decimal(3), currency="EUR"))


def a_jar(guards: Guards = NO_GUARDS, sentence: str = "5 left", **rule: Any) -> Household:
    jar = Household([a_rule(sentence, **rule)], guards=guards)
    jar.tell("counted", 12, at=hours(0))
    return jar


def told(jar: Household) -> list[tuple[str, datetime]]:
    return [(news.kind.value, news.decision.at) for news in jar.news]


def counts(jar: Household, *levels: int, begin: float) -> None:
    """One count each hour."""
    for hour, level in enumerate(levels):
        jar.tell("counted", level, at=hours(begin + hour), source=Source.PERSON)


def test_a_rule_that_tells_is_news_once_and_again_after_it_has_not_been_so() -> None:
    jar = a_jar(orders=False, notify=True)
    counts(jar, 5, 4, 9, 5, begin=1)
    assert told(jar) == [("rule.notified", hours(1)), ("rule.notified", hours(4))]
    assert [news.rules for news in jar.news] == [(jar.rules[0].uuid,)] * 2
    assert jar.news[0].decision in jar.decisions


def test_a_rule_that_orders_and_tells_is_told_too() -> None:
    jar = a_jar(notify=True)
    counts(jar, 5, begin=1)
    assert jar.decisions[-1].verdict is Verdict.ORDERED
    assert told(jar) == [("rule.notified", hours(1))]


def test_nothing_is_told_of_what_is_only_ordered_or_only_so() -> None:
    jar = a_jar()
    counts(jar, 5, 4, begin=1)
    assert told(jar) == []


def test_a_guard_is_news_once_for_days_of_reports_and_midnights() -> None:
    jar = a_jar(TOO_LITTLE)
    counts(jar, 5, 4, 4, begin=1)
    jar.look(hours(0) + 5 * DAY)
    assert [each.verdict for each in jar.decisions].count(Verdict.HELD) > 6
    assert told(jar) == [("order.held", hours(1))]
    assert jar.news[0].decision.sentence.startswith("5 left is at or below 5; 3.49 EUR is more than the 3")


def test_a_guard_is_news_again_for_the_next_need() -> None:
    jar = a_jar(TOO_LITTLE)
    counts(jar, 5, 9, 5, begin=1)
    assert told(jar) == [("order.held", hours(1)), ("order.held", hours(3))]


def test_an_evening_outside_its_window_makes_no_other_need() -> None:
    jar = a_jar(TOO_LITTLE, "5 left and between 08:00 and 20:00")
    counts(jar, 5, begin=1)
    jar.look(hours(0) + 4 * DAY)
    assert told(jar) == [("order.held", hours(1))]


def test_another_guard_is_news_and_so_is_the_same_one_after_an_order() -> None:
    jar = a_jar(Guards(paused_until=hours(4)))
    counts(jar, 5, begin=1)
    jar.guards = TOO_LITTLE.model_copy(update={"paused_until": hours(4)})
    jar.look(hours(4))
    assert told(jar) == [("order.held", hours(1)), ("order.held", hours(4))]
    jar.guards = Guards(orders_per_item_and_day=1)
    counts(jar, 4, begin=5)
    jar.order_is(OrderState.DELIVERED, 12, at=hours(6))
    counts(jar, 3, 2, begin=7)
    assert told(jar)[2:] == [("order.held", hours(7))]


def test_a_guard_beside_an_order_is_no_news() -> None:
    cheap = an_offer(price="2.00", retailer=UUID(int=8))
    jar = Household([a_rule("5 left"), a_rule("5 left", offer=cheap)], guards=TOO_LITTLE)
    counts(jar, 5, begin=1)
    assert jar.decisions[-1].verdict is Verdict.ORDERED
    assert "more than the 3.00 EUR a day in all" in jar.decisions[-1].sentence
    assert told(jar) == []


def test_a_rules_own_wait_is_no_guard() -> None:
    jar = a_jar(cool_down="2 days")
    counts(jar, 5, begin=1)
    jar.order_is(OrderState.DELIVERED, 12, at=hours(2))
    counts(jar, 5, begin=3)
    assert jar.decisions[-1].verdict is Verdict.HELD
    assert told(jar) == []


def test_goods_that_were_not_seen_are_asked_about_once() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 5, at=hours(0))
    jar.order_is(OrderState.DELIVERED, 12, at=hours(1))
    for hour in (2, 26, 27):
        jar.tell("counted", 4, at=hours(hour))
    assert [each.kind for each in jar.news] == [NoticeKind.ORDER_UNSEEN]
    assert "12 delivered, not seen: order again?" in jar.news[0].decision.sentence


def test_a_guard_and_a_rule_that_tells_are_both_told_of_one_decision() -> None:
    jar = a_jar(TOO_LITTLE, notify=True)
    counts(jar, 5, 4, begin=1)
    assert sorted(told(jar)) == [("order.held", hours(1)), ("rule.notified", hours(1))]


def test_a_changed_order_is_news_again_where_a_guard_holds_it() -> None:
    jar = a_jar(TOO_LITTLE)
    counts(jar, 5, begin=1)
    jar.rules = [a_rule("5 left", uuid=jar.rules[0].uuid, prefer="cheapest")]
    counts(jar, 4, begin=2)
    assert told(jar) == [("order.held", hours(1)), ("order.held", hours(2))]
