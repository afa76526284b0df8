"""Contract 1.J.12 and 1.M, `expires within` and `whenSilent`: what tags and silent fridges mean for rules."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import tag_facts
from domain.clocks import WhenSilent
from domain.decisions import Decision, Verdict
from domain.expiry import MOST_TAGS
from domain.facts import Fact, FactKind, Source
from domain.item import ItemState
from tests.judgement.household import Household, a_rule, hours

FRIDGE, OTHER = UUID(int=21), UUID(int=22)
DAY = 24


def tell(home: Household, fact: Fact) -> Decision:
    said = {name: getattr(fact, name) for name in type(fact).model_fields if name not in ("kind", "quantity", "id")}
    quantity = None if fact.quantity is None else str(fact.quantity)
    return home.tell(fact.kind, quantity, at=fact.received_at or hours(0), **said)


def moved(kind: FactKind, tag: str, at: datetime, expires_at: datetime | None = None, fridge: UUID = FRIDGE) -> Fact:
    return tag_facts.tag_moved(kind, fridge, "r", tag, at=at, received_at=at, expires_at=expires_at)


def added(tag: str, at: float, expires: float | None = None) -> Fact:
    return moved(FactKind.ADDED, tag, hours(at), None if expires is None else hours(expires))


def removed(tag: str, at: float, fridge: UUID = FRIDGE) -> Fact:
    return moved(FactKind.REMOVED, tag, hours(at), fridge=fridge)


def returned(tag: str, at: float, expires: float | None = None) -> Fact:
    return moved(FactKind.RETURNED, tag, hours(at), None if expires is None else hours(expires))


def silent(at: float, since: float, fridge: UUID = FRIDGE) -> Fact:
    return tag_facts.silent(fridge, since=hours(since), at=hours(at))


def heard(at: float, fridge: UUID = FRIDGE) -> Fact:
    return tag_facts.heard(fridge, at=hours(at))


def scanned(at: float, fridge: UUID = FRIDGE) -> Fact:
    return tag_facts.scanned(fridge, "scan", at=hours(at), received_at=hours(at))


def restarted(home: Household) -> None:
    """What a restart leaves: what was stored, read again."""
    home.state = ItemState.model_validate_json(home.state.model_dump_json(exclude_defaults=True))


def milk() -> Household:
    return Household([a_rule("expires within 2 days", uuid=UUID(int=1))])


def butter(way: WhenSilent) -> Household:
    return Household([a_rule("out for 5 hours", uuid=UUID(int=1), when_silent=way)])


def needed_at(home: Household) -> list[datetime]:
    return [need.at for need in home.needs]


def test_what_expires_is_ordered_two_days_before_and_a_restart_forgets_nothing() -> None:
    home = milk()
    assert tell(home, added("a", 0, expires=10 * DAY)).next_check == hours(8 * DAY)
    restarted(home)
    home.look(hours(8 * DAY - 0.01))
    assert home.needs == []
    home.look(hours(8 * DAY))
    assert needed_at(home) == [hours(8 * DAY)]
    assert "Expires in 2 days, within 2 days" in home.decisions[-1].sentence


def test_the_tag_that_expires_first_counts_and_one_that_is_taken_out_counts_no_more() -> None:
    home = milk()
    tell(home, added("a", 0, expires=10 * DAY))
    tell(home, added("c", 0))
    assert tell(home, added("b", 1, expires=5 * DAY)).next_check == hours(3 * DAY)
    assert tell(home, removed("b", 2)).next_check == hours(8 * DAY)
    assert tell(home, returned("b", 3)).next_check == hours(3 * DAY)
    assert tell(home, removed("b", 4)).next_check == hours(8 * DAY)
    assert tell(home, returned("b", 5, expires=4 * DAY)).next_check == hours(2 * DAY)


def test_what_has_expired_already_is_within_too() -> None:
    home = milk()
    decision = tell(home, added("a", 1, expires=0))
    assert decision.verdict is Verdict.ORDERED
    assert "Expired 1 hour ago, within 2 days" in decision.sentence


def test_nothing_that_expires_is_a_reason_too() -> None:
    home = milk()
    tell(home, added("a", 0))
    tell(home, added("b", 1, expires=10 * DAY))
    tell(home, removed("b", 2))
    assert [(made.verdict, made.sentence) for made in home.decisions[::2]] == [
        (Verdict.NOT_EVALUABLE, "Nobody has said when it expires (within 2 days wanted)."),
        (Verdict.NOTHING, "Nothing inside expires (within 2 days wanted)."),
    ]


def test_an_empty_fridge_of_before_is_known_by_what_was_taken_out_of_it() -> None:
    """A stock of old does not say that anybody ever told of an expiry."""
    home = milk()
    tell(home, added("a", 0, expires=10 * DAY))
    tell(home, removed("a", 1))
    home.state = home.state.model_copy(update={"stock": home.state.stock.model_copy(update={"expiry_told": False})})
    assert home.tell("counted", 3, at=hours(2)).verdict is Verdict.NOTHING


def test_an_expiry_that_is_changed_counts_at_once() -> None:
    home = milk()
    tell(home, added("a", 0, expires=10 * DAY))
    fact = tag_facts.linked("a", FRIDGE, hours(20 * DAY), at=hours(1), is_new=False)
    assert tell(home, fact).next_check == hours(18 * DAY)
    tell(home, removed("a", 2))
    tell(home, tag_facts.linked("a", FRIDGE, hours(5 * DAY), at=hours(3), is_new=False))
    assert tell(home, returned("a", 4)).next_check == hours(3 * DAY)


def test_tags_of_what_nobody_has_counted_are_counted_at_once() -> None:
    """One after the other they would make "2 left" true while the first six are being put in."""
    home = Household([a_rule("2 left")])
    for number in range(6):
        tell(home, added(f"{number}", 0))
    assert home.state.stock.level is None
    tell(home, tag_facts.tallied(FRIDGE, "r", 6, at=hours(0)))
    assert home.state.stock.level == 6
    assert home.needs == []
    tell(home, added("6", 1))
    tell(home, tag_facts.tallied(FRIDGE, "s", 7, at=hours(1)))
    assert home.state.stock.level == 7
    for number in range(5):
        tell(home, removed(f"{number}", 2))
    assert home.state.stock.level == 2
    assert len(home.needs) == 1


def test_what_was_counted_is_not_counted_by_its_tags() -> None:
    home = Household([a_rule("2 left")])
    home.tell("counted", 12, at=hours(0), source=Source.PERSON)
    tell(home, tag_facts.tallied(FRIDGE, "r", 6, at=hours(1)))
    assert home.state.stock.level == 12


def test_a_persons_count_does_not_forget_the_tags() -> None:
    home = milk()
    tell(home, added("a", 0, expires=10 * DAY))
    assert home.tell("counted", 3, at=hours(1), source=Source.PERSON).next_check == hours(8 * DAY)


def test_a_tag_that_is_unlinked_leaves_the_stock_and_its_clocks_end() -> None:
    home = Household([a_rule("out for 5 hours or expires within 2 days")])
    home.tell("counted", 3, at=hours(0))
    for tag in ("a", "b"):
        tell(home, added(tag, 0, expires=10 * DAY))
    tell(home, removed("b", 1))
    assert home.level(hours(1)) == 4
    tell(home, tag_facts.unlinked("a", FRIDGE, at=hours(2), is_inside=True))
    assert home.level(hours(2)) == 3
    decision = tell(home, tag_facts.unlinked("b", FRIDGE, at=hours(3), is_inside=False))
    assert (home.level(hours(3)), decision.next_check) == (Decimal(3), None)


def test_a_thousand_tags_of_one_item_stay_a_small_state_that_knows_the_first_to_expire() -> None:
    home = milk()
    home.settle(
        *(
            home.arrival("added", 1, at=hours(0), tag=f"{number:024x}", expires_at=hours(1_000 * DAY - number))
            for number in range(2 * MOST_TAGS)
        ),
        at=hours(0),
    )
    inside = home.state.stock.inside
    assert (len(inside), inside[0].expires_at) == (MOST_TAGS, hours(1_000 * DAY - 2 * MOST_TAGS + 1))
    for number in range(MOST_TAGS + 1):
        home.settle(home.arrival("removed", 1, at=hours(1), tag=f"{number:024x}"), at=hours(1))
    assert len(home.state.stock.outs) == MOST_TAGS


# butter is taken at 0; its fridge was heard last at 1, is missed at 1.5, speaks at 3 and scans at 3.5
POWER_CUT = [silent(1.5, since=1), heard(3), scanned(3.5)]


@pytest.mark.parametrize(
    ("way", "expected"), [(WhenSilent.CONTINUE, 5), (WhenSilent.PAUSE, 7), (WhenSilent.VOID, 8.5)], ids=str
)
def test_a_rule_says_what_a_silent_fridge_means_for_what_is_out(way: WhenSilent, expected: float) -> None:
    home = butter(way)
    tell(home, removed("a", 0))
    for fact in POWER_CUT:
        tell(home, fact)
        restarted(home)
    home.look(hours(expected - 0.01))
    assert home.needs == []
    home.look(hours(expected))
    assert needed_at(home) == [hours(expected)]


@pytest.mark.parametrize(
    ("way", "expected"), [(WhenSilent.CONTINUE, [5]), (WhenSilent.PAUSE, []), (WhenSilent.VOID, [])], ids=str
)
def test_while_the_fridge_is_silent_a_clock_goes_on_stands_still_or_is_forgotten(
    way: WhenSilent, expected: list[float]
) -> None:
    home = butter(way)
    tell(home, removed("a", 0))
    decision = tell(home, silent(1.5, since=1))
    assert decision.next_check == (hours(5) if way is WhenSilent.CONTINUE else None)
    home.look(hours(100))
    assert needed_at(home) == [hours(at) for at in expected]


@pytest.mark.parametrize("way", WhenSilent, ids=str)
def test_what_was_put_back_during_the_power_cut_orders_nothing_after_it(way: WhenSilent) -> None:
    home = butter(way)
    tell(home, removed("a", 0))
    for fact in (silent(1.5, since=1), heard(3), returned("a", 3.5), scanned(3.5)):
        tell(home, fact)
    home.look(hours(100))
    assert home.needs == []


@pytest.mark.parametrize("way", WhenSilent, ids=str)
def test_the_silence_of_another_fridge_means_nothing(way: WhenSilent) -> None:
    home = butter(way)
    tell(home, removed("a", 0))
    tell(home, silent(1.5, since=1, fridge=OTHER))
    home.look(hours(5))
    assert needed_at(home) == [hours(5)]


def test_a_clock_that_runs_overtakes_one_that_stands_still() -> None:
    home = butter(WhenSilent.PAUSE)
    tell(home, removed("a", 0))
    tell(home, removed("b", 1, fridge=OTHER))
    assert tell(home, silent(4.5, since=4)).next_check == hours(6)
    home.look(hours(6))
    assert needed_at(home) == [hours(6)]
    assert home.needs[0].removals == (home.ledger[1].arrival.fact.id,)


def test_two_silences_are_both_left_out() -> None:
    home = butter(WhenSilent.PAUSE)
    for fact in (removed("a", 0), silent(1.5, since=1), heard(2), silent(3.5, since=3), heard(4)):
        tell(home, fact)
    assert home.state.next_check == hours(7)


def test_void_waits_for_a_scan_however_often_the_fridge_is_heard() -> None:
    home = butter(WhenSilent.VOID)
    for fact in (removed("a", 0), silent(1.5, since=1), heard(2), silent(3.5, since=3), heard(4)):
        tell(home, fact)
    assert home.state.next_check is None
    assert tell(home, scanned(6)).next_check == hours(11)


def test_a_removal_that_is_reported_late_from_within_the_silence_is_not_void() -> None:
    home = butter(WhenSilent.VOID)
    tell(home, added("a", 0))
    tell(home, silent(1.5, since=1))
    tell(home, heard(3))
    late = moved(FactKind.REMOVED, "a", hours(2)).model_copy(update={"received_at": hours(3)})
    home.tell(late.kind, 1, at=hours(3), seen=hours(2), tag="a", fridge=FRIDGE)
    home.look(hours(7))
    assert needed_at(home) == [hours(7)]


def test_one_item_may_have_rules_of_all_three_kinds() -> None:
    ways = [(WhenSilent.CONTINUE, 1), (WhenSilent.PAUSE, 2), (WhenSilent.VOID, 3)]
    rules = [
        a_rule("out for 5 hours", uuid=UUID(int=number), when_silent=way, orders=False, notify=True)
        for way, number in ways
    ]
    home = Household(rules)
    tell(home, removed("a", 0))
    for fact in POWER_CUT:
        tell(home, fact)
    home.look(hours(100))
    told = [made.at for made in home.decisions if made.verdict is Verdict.NOTIFIED]
    assert told == [hours(5), hours(7), hours(8.5)]


def test_saying_otherwise_what_silence_means_arms_the_rule_anew_and_the_default_changes_no_digest() -> None:
    plain, paused = a_rule("out for 5 hours"), a_rule("out for 5 hours", when_silent=WhenSilent.PAUSE)
    assert plain.when_digest == "c0b99ef060c3c0bf"  # of the version that knew no whenSilent
    assert plain.when_digest != paused.when_digest


def test_facts_of_old_are_still_the_same_facts() -> None:
    fact: dict[str, Any] = {"id": "x", "kind": FactKind.REMOVED, "tag": "a", "quantity": 1}
    assert Fact(**fact).digest() == "4ab56bc382d13d9ba9d66d989f68a284"  # of the version that knew no fridges
    assert Fact(**fact).digest() != Fact(**fact, expires_at=hours(1)).digest()


def test_ids_of_facts_are_short_enough_whatever_a_report_and_a_tag_are_called() -> None:
    facts = [moved(FactKind.ADDED, "e" * 64, hours(0)), moved(FactKind.ADDED, "f" * 64, hours(0))]
    long = [
        tag_facts.tag_moved(FactKind.ADDED, FRIDGE, "r" * 120, tag, at=hours(0), received_at=hours(0))
        for tag in ("e" * 64, "f" * 64)
    ]
    assert len({fact.id for fact in (*facts, *long)}) == 4
    assert all(fact.observed_at == fact.received_at for fact in long)


def test_a_scan_before_its_own_receipt_is_when_it_was_observed() -> None:
    fact = tag_facts.scanned(FRIDGE, "r", at=hours(1) - timedelta(seconds=5), received_at=hours(1))
    assert fact.observed_at == hours(1) - timedelta(seconds=5)
