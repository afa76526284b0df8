"""Which word of a retailer may follow which, whatever it says and in whatever order (S27, S28, S53, 1.K)."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Conflict, LarderError, NotFound, OrderEnded
from domain.orders import ENDED, NOT_YET_AT_THE_RETAILER, OrderState, Progress, RetailerWord, Step, Substitute

ORDERED = 4
BISCUITS, RUSKS = (Substitute(sku=name, name=name, unit_price=Decimal(2)) for name in ("biscuits", "rusks"))
WORDS = st.builds(
    RetailerWord,
    step=st.sampled_from(Step),
    packs=st.none() | st.integers(0, ORDERED + 1),
    substitute=st.sampled_from([BISCUITS, RUSKS]),
)
AT_THE_RETAILER = st.sampled_from([OrderState.PLACING, OrderState.PLACED, OrderState.UNKNOWN])


def placed(packs: int = ORDERED) -> Progress:
    return Progress(state=OrderState.PLACED, packs=packs)


def dispatched(packs: int | None = None) -> RetailerWord:
    return RetailerWord(step=Step.DISPATCHED, packs=packs)


def delivered(packs: int | None = None) -> RetailerWord:
    return RetailerWord(step=Step.DELIVERED, packs=packs)


def substituted(substitute: Substitute) -> RetailerWord:
    return RetailerWord(step=Step.SUBSTITUTED, substitute=substitute)


ACCEPTED, REJECTED = RetailerWord(step=Step.ACCEPTED), RetailerWord(step=Step.REJECTED)


@given(AT_THE_RETAILER, st.lists(WORDS, max_size=30))
def test_no_words_deliver_more_than_was_ordered_or_take_anything_back(
    begin: OrderState, words: list[RetailerWord]
) -> None:
    progress = Progress(state=begin, packs=ORDERED)
    for word in words:
        before = progress
        with suppress(LarderError):
            progress = before.after(word)
        assert before.delivered_packs <= progress.delivered_packs <= ORDERED
        assert before.dispatched_packs <= progress.dispatched_packs <= ORDERED
        assert set(before.steps) <= set(progress.steps)
        assert (progress.state is OrderState.DELIVERED) == (progress.delivered_packs == ORDERED)
        if before.state in ENDED:
            assert progress == before


@given(AT_THE_RETAILER, st.lists(WORDS, max_size=30))
def test_a_word_said_again_at_once_answers_the_same(begin: OrderState, words: list[RetailerWord]) -> None:
    progress = Progress(state=begin, packs=ORDERED)
    for word in words:
        with suppress(LarderError):
            progress = progress.after(word)
            assert progress.after(word) is progress


@given(st.data())
def test_running_totals_that_grow_are_taken_in_any_order_that_makes_sense(data: st.DataObject) -> None:
    """Packs leave before they arrive, and each total is larger than the last: then every word is taken."""
    progress = placed()
    while progress.delivered_packs < ORDERED:
        sent, here = progress.dispatched_packs, progress.delivered_packs
        possible = [delivered(packs) for packs in range(here + 1, ORDERED + 1)]
        possible += [dispatched(packs) for packs in range(max(sent, here) + 1, ORDERED + 1)]
        word = data.draw(st.sampled_from(possible))
        progress = progress.after(word)
        assert (
            progress.state
            == {
                (Step.DISPATCHED, True): OrderState.DISPATCHED,
                (Step.DISPATCHED, False): OrderState.PARTIALLY_DISPATCHED,
                (Step.DELIVERED, True): OrderState.DELIVERED,
                (Step.DELIVERED, False): OrderState.PARTIALLY_DELIVERED,
            }[word.step, word.packs == ORDERED]
        )
    assert progress.state is OrderState.DELIVERED


def test_an_order_may_leave_and_arrive_in_parts() -> None:
    progress, seen = placed(3), []
    for word in (ACCEPTED, dispatched(1), delivered(1), dispatched(3), delivered(2), delivered()):
        progress = progress.after(word)
        seen.append(progress.state.value)
    parts = [
        "accepted",
        "partially-dispatched",
        "partially-delivered",
        "dispatched",
        "partially-delivered",
        "delivered",
    ]
    assert seen == parts


@pytest.mark.parametrize(
    ("said", "backwards"),
    [
        ([dispatched(2)], dispatched(1)),
        ([dispatched(1)], ACCEPTED),
        ([delivered(2)], delivered(1)),
        ([delivered(2)], dispatched(2)),
        ([delivered(2)], dispatched(1)),
        ([delivered(1)], ACCEPTED),
        ([], dispatched(ORDERED + 1)),
        ([], delivered(ORDERED + 1)),
    ],
)
def test_backwards_and_more_than_was_ordered_are_conflicts(said: list[RetailerWord], backwards: RetailerWord) -> None:
    progress = placed()
    for word in said:
        progress = progress.after(word)
    with pytest.raises(Conflict):
        progress.after(backwards)


def test_a_substitute_is_accepted_and_may_be_replaced_until_something_leaves() -> None:
    progress = placed().after(substituted(BISCUITS))
    assert (progress.state, progress.substitute, progress.is_as_paid) == (OrderState.ACCEPTED, BISCUITS, False)
    assert progress.after(substituted(BISCUITS)) is progress
    progress = progress.after(substituted(RUSKS)).after(dispatched(1))
    assert progress.substitute == RUSKS
    with pytest.raises(Conflict):
        progress.after(substituted(BISCUITS))
    with pytest.raises(OrderEnded):
        progress.after(REJECTED).after(substituted(BISCUITS))
    with pytest.raises(NotFound):
        Progress(state=OrderState.CHARGING, packs=1).after(substituted(BISCUITS))


def test_rejected_after_a_part_delivery_ends_the_rest_and_nothing_comes_after_it() -> None:
    progress = placed().after(delivered(2)).after(REJECTED)
    assert (progress.state, progress.delivered_packs) == (OrderState.REJECTED, 2)
    assert progress.after(REJECTED) is progress
    assert progress.after(delivered(2)) is progress, "that was said before"
    for word in (delivered(3), dispatched(), ACCEPTED):
        with pytest.raises(OrderEnded):
            progress.after(word)


@given(st.sampled_from(sorted(NOT_YET_AT_THE_RETAILER)), WORDS)
def test_of_an_order_that_has_not_left_a_retailer_knows_nothing(state: OrderState, word: RetailerWord) -> None:
    with pytest.raises(NotFound):
        Progress(state=state, packs=ORDERED).after(word)
