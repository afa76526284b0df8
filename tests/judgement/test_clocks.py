"""Contract 1.N, Time, Clocks and Catch-up: durations count from the removal, and no past is judged."""

from datetime import timedelta
from uuid import UUID

from domain.decisions import Verdict
from domain.item import Cancelling
from domain.orders import OrderState
from tests.judgement.household import BUTTON, Household, a_rule, hours

SECOND = 1 / 3600


def butter() -> Household:
    return Household([a_rule("out for 5 hours", uuid=UUID(int=1))])


def test_butter_out_for_five_hours_orders_five_hours_after_the_removal() -> None:
    dish = butter()
    assert dish.tell("removed", at=hours(0)).next_check == hours(5)
    assert dish.look(hours(4.99)).verdict is Verdict.NOTHING  # type: ignore[union-attr] # there is one decision
    dish.look(hours(5))
    assert [need.at for need in dish.needs] == [hours(5)]


def test_butter_returned_in_time_orders_nothing_and_its_clock_is_gone() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    assert dish.tell("returned", at=hours(4 + 59 / 60)).next_check is None
    assert dish.look(hours(50)).verdict is Verdict.NOTHING  # type: ignore[union-attr] # there are two decisions
    assert dish.needs == []


def test_a_duration_changed_on_the_way_counts_from_the_removal() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.rules = [a_rule("out for 4 hours", uuid=UUID(int=1))]
    assert dish.tell("changed", at=hours(3)).next_check == hours(4)
    dish.rules = [a_rule("out for 2 hours", uuid=UUID(int=1))]
    assert dish.tell("changed", at=hours(3.5)).verdict is Verdict.ORDERED


def test_a_removal_reported_late_counts_from_when_it_was_observed() -> None:
    dish = butter()
    decision = dish.tell("removed", at=hours(2), seen=hours(0))
    assert decision.verdict is Verdict.CATCHING_UP
    dish.look(hours(4.99))
    dish.look(hours(5))
    assert [need.at for need in dish.needs] == [hours(5)]


def test_tags_have_their_own_clocks_and_one_that_is_out_is_not_removed_again() -> None:
    dish = butter()
    dish.tell("removed", tag="A", at=hours(0))
    dish.tell("removed", tag="B", at=hours(1))
    dish.tell("removed", tag="A", at=hours(2))
    dish.tell("returned", tag="A", at=hours(3))
    assert dish.state.next_check == hours(6)


def test_without_tags_a_return_ends_the_oldest_clock() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.tell("removed", at=hours(1))
    assert dish.tell("returned", at=hours(2)).next_check == hours(6)
    assert dish.tell("added", at=hours(3)).next_check is None


def test_a_full_delivery_ends_the_clocks_of_the_removals_that_made_the_order_only() -> None:
    dish = butter()
    dish.tell("removed", tag="A", at=hours(0))
    dish.tell("removed", tag="B", at=hours(2))
    dish.look(hours(5))
    dish.order_is(OrderState.DELIVERED, 12, at=hours(6))
    assert [out.tag for out in dish.state.stock.outs] == ["B"]
    dish.look(hours(7))
    assert [need.at for need in dish.needs] == [hours(5), hours(7)]


def test_the_owners_no_ends_the_clocks_too() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.look(hours(5))
    dish.order_is(OrderState.CANCELLED, at=hours(6))
    assert dish.state.stock.outs == ()


def test_a_deadline_found_ten_minutes_late_is_judged_after_the_catch_up() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.settle(at=hours(5) + timedelta(minutes=10))
    assert dish.needs == []
    assert dish.state.next_check == hours(5) + timedelta(minutes=12)
    dish.look(hours(6))
    assert [need.at for need in dish.needs] == [hours(5) + timedelta(minutes=12)]


def test_butter_put_back_while_we_were_away_orders_nothing() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    back = hours(5) + timedelta(minutes=10)
    dish.settle(dish.arrival("returned", at=back, seen=hours(4.9)), at=back)
    dish.look(hours(10))
    assert dish.needs == []


def test_a_deadline_found_within_thirty_seconds_is_judged_as_of_its_own_moment() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.settle(at=hours(5) + timedelta(seconds=30))
    assert [need.at for need in dish.needs] == [hours(5)]


def test_a_return_from_before_the_deadline_that_arrives_after_the_order_takes_it_back() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.look(hours(5))
    decision = dish.tell("returned", at=hours(5.5), seen=hours(4))
    assert "cancelled if it still can be" in decision.sentence
    assert dish.state.open is not None
    assert dish.state.open.cancelling is Cancelling.WANTED


def test_a_return_from_after_the_order_leaves_it_standing() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    dish.look(hours(5))
    dish.tell("returned", at=hours(5.5))
    assert dish.state.open is not None
    assert dish.state.open.cancelling is Cancelling.NO


def test_late_facts_change_the_level_and_only_the_present_is_judged() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 9, at=hours(0))
    jar.settle(
        jar.arrival("counted", 3, at=hours(3), seen=hours(1)),
        jar.arrival("counted", 8, at=hours(3), seen=hours(2)),
        at=hours(3),
    )
    assert [decision.verdict for decision in jar.decisions[1:]] == [Verdict.CATCHING_UP] * 2
    assert jar.level(hours(3)) == 8
    jar.look(hours(4))
    assert jar.needs == []
    assert jar.decisions[-1].at == hours(3) + timedelta(minutes=2)


def test_a_catch_up_ends_two_minutes_after_the_last_late_arrival_and_after_ten_at_most() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 9, at=hours(0))
    start = hours(1)
    for minute in range(12):
        jar.tell("used", 1, at=start + timedelta(minutes=minute), seen=start + timedelta(minutes=minute - 1))
        if minute == 5:
            assert jar.state.next_check == start + timedelta(minutes=7)
    assert jar.needs[0].at == start + timedelta(minutes=10)


def test_who_is_always_a_minute_late_judges_all_the_same() -> None:
    dish = butter()
    dish.tell("removed", at=hours(0))
    due = hours(5)
    for _ in range(6):
        assert dish.needs == []
        dish.settle(at=due + timedelta(minutes=1))
        due = dish.state.next_check or due
    assert [need.at for need in dish.needs] == [hours(5) + timedelta(minutes=5 * 3)]


def test_presses_are_judged_while_catching_up() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 3, at=hours(1), seen=hours(0))
    assert jar.tell("pressed", at=hours(1) + timedelta(minutes=1), instruction=BUTTON).verdict is Verdict.ORDERED
    assert jar.needs[0].pressed
    jar.look(hours(2))
    assert len(jar.needs) == 1


def test_a_press_observed_more_than_an_hour_ago_is_a_decision_and_no_need() -> None:
    shelf = Household()
    decision = shelf.tell("pressed", at=hours(2), seen=hours(0.9), instruction=BUTTON)
    assert decision.verdict is Verdict.IGNORED
    assert shelf.needs == []
    assert shelf.tell("pressed", at=hours(3), seen=hours(2.1), instruction=BUTTON).verdict is Verdict.ORDERED


def test_a_fact_of_more_than_seven_days_ago_is_recorded_and_changes_nothing() -> None:
    jar = Household([a_rule("5 left")])
    jar.tell("counted", 9, at=hours(0))
    decision = jar.tell("counted", 1, at=hours(24 * 8), seen=hours(24 * 8 - 24 * 7 - SECOND))
    assert decision.verdict is Verdict.IGNORED
    assert jar.ledger[-1].flag == "too-old"
    assert jar.level(hours(24 * 8)) == 9


def test_a_use_before_the_first_count_starts_the_clock_of_what_is_unused() -> None:
    cellar = Household([a_rule("unused for 2 hours")])
    assert cellar.tell("used", 1, at=hours(0)).next_check == hours(2)
    cellar.look(hours(1.9))
    assert cellar.needs == []
    cellar.look(hours(2))
    assert len(cellar.needs) == 1
    other = Household([a_rule("5 left")])
    assert other.tell("used", 1, at=hours(0)).verdict is Verdict.RECORDED
