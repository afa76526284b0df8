"""When a delivery is tried again, without a network."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks import (
    ATTEMPTS,
    JITTER,
    PAUSES,
    Attempt,
    DeliveryBrief,
    Reply,
    Standing,
    host_of,
    pause_after,
    standing_after,
)
from tests.webhooks.parts import NOW


def test_the_published_schedule_is_ten_attempts_in_75_hours() -> None:
    assert ATTEMPTS == 10
    assert [pause.total_seconds() for pause in PAUSES] == [
        *(5, 5 * 60, 30 * 60),
        *(hours * 3600 for hours in (2, 5, 10, 14, 20, 24)),
    ]
    assert sum(PAUSES, timedelta()) // timedelta(hours=1) == 75


@given(number=st.integers(1, ATTEMPTS - 1), chance=st.floats(0, 1, exclude_max=True))
def test_a_pause_is_up_to_a_fifth_shorter_or_longer(number: int, chance: float) -> None:
    pause = pause_after(number, chance)
    assert pause is not None
    assert abs(pause / PAUSES[number - 1] - 1) <= JITTER + 1e-6


def test_jitter_takes_both_sides_and_the_last_attempt_has_no_pause() -> None:
    assert pause_after(1, 0) == timedelta(seconds=4)
    assert pause_after(1, 0.5) == timedelta(seconds=5)
    assert pause_after(1, 1) == timedelta(seconds=6)
    assert pause_after(ATTEMPTS, 0.5) is None


def test_whoever_was_down_for_three_days_is_still_told() -> None:
    pauses = [pause_after(number, 0) for number in range(1, ATTEMPTS)]
    assert sum((pause for pause in pauses if pause is not None), timedelta()) > timedelta(days=3)


@pytest.mark.parametrize(
    ("status", "days", "off"),
    [(500, 4, False), (None, 4, False), (500, 5, True), (None, 5, True), (410, 0, True), (404, 0, False)],
)
def test_a_receiver_is_given_up_after_five_days_of_failures_or_when_it_says_gone(
    status: int | None, days: int, off: bool
) -> None:
    since, pause = NOW - timedelta(days=days), timedelta(minutes=5)
    stands = standing_after(Reply(status, "It failed."), NOW, failing_since=since, is_on=True, pause=pause)
    assert stands.failing_since == since
    assert (stands.given_up is not None, stands.next_at) == ((True, None) if off else (False, NOW + pause))


def test_a_success_wipes_the_slate_of_a_receiver() -> None:
    since = NOW - timedelta(days=9)
    assert standing_after(Reply(204, None), NOW, failing_since=since, is_on=True, pause=timedelta(1)) == Standing()


@pytest.mark.parametrize(("is_on", "pause"), [(False, timedelta(minutes=5)), (True, None)])
def test_neither_a_last_attempt_nor_one_at_who_is_switched_off_is_repeated(
    is_on: bool, pause: timedelta | None
) -> None:
    """Nor does it give up who has been given up already."""
    gone = Reply(500 if is_on else 410, "It failed.")
    assert standing_after(gone, NOW, failing_since=None, is_on=is_on, pause=pause) == Standing(failing_since=NOW)


def test_each_attempt_of_each_delivery_has_one_id_of_its_own() -> None:
    first = DeliveryBrief(notice=uuid4(), webhook=uuid4())
    replayed = first.model_copy(update={"replay": uuid4()})
    attempts = [Attempt(delivery=d, number=n, at=NOW, pause=None) for d in (first, replayed) for n in (1, 2)]
    assert len({attempt.uuid for attempt in attempts}) == 4
    again = attempts[0].model_copy(update={"at": NOW + timedelta(hours=1)})
    assert again.uuid == attempts[0].uuid


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://ada.example.com/larder?token=t", "ada.example.com"),
        ("http://ada.example.com:8080", "ada.example.com:8080"),
        ("http://ada.example.com?token=t", "ada.example.com"),
        ("http://[::1]:80/#x", "[::1]:80"),
    ],
)
def test_only_the_host_of_an_address_is_told(url: str, host: str) -> None:
    assert host_of(url) == host
