"""What a retailer's answer means, without a network."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from outside.retry_after import LONGEST_WAIT, wait_asked_for
from retailers.answers import outcome
from retailers.orders import Booked, Outcome, Refused, TryLater

ORDER = UUID("5a3f0c6e-5f0e-5d51-8d0b-6a4f1f3f9a01")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def after(status: int, body: bytes = b"", **headers: str) -> Outcome:
    return outcome(ORDER, status, {name.replace("_", "-"): text for name, text in headers.items()}, body, now=NOW)


@pytest.mark.parametrize("status", range(200, 300))
def test_every_2xx_books(status: int) -> None:
    assert after(status) == Booked(reference=None)


@pytest.mark.parametrize("status", [*range(300, 408), *range(410, 425), *range(426, 429), *range(430, 500)])
def test_every_redirect_and_every_other_4xx_refuses(status: int) -> None:
    refused = after(status)
    assert isinstance(refused, Refused)
    assert refused.status == status
    assert str(status) in refused.reason


@pytest.mark.parametrize("status", [409, 425, 429])
def test_not_now_is_tried_again_and_has_booked_nothing(status: int) -> None:
    later = after(status)
    assert isinstance(later, TryLater)
    assert not later.outcome_unknown


@pytest.mark.parametrize("status", [101, 199, 408, 500, 501, 502, 503, 504, 520, 524, 599, 600, 999])
def test_a_broken_retailer_or_gateway_leaves_the_outcome_unknown(status: int) -> None:
    later = after(status)
    assert isinstance(later, TryLater)
    assert later.outcome_unknown


@pytest.mark.parametrize(
    ("body", "reference"),
    [
        (b'{"reference": "A-17"}', "A-17"),
        (b'{"reference": " A-17 ", "more": [1]}', "A-17"),
        (b'{"reference": 17}', "17"),
        (b'{"uuid": "5A3F0C6E-5F0E-5D51-8D0B-6A4F1F3F9A01", "reference": "A-17"}', "A-17"),
        (b'{"reference": ""}', None),
        (b'{"reference": null}', None),
        (b'{"reference": true}', None),
        (b'{"reference": 1.5}', None),
        (b'{"reference": ["A-17"]}', None),
        (b'{"reference": "A\\u000017"}', None),
        (b'{"reference": "A\\n17"}', None),
        (b'{"reference": "\\ud800"}', None),
        (b'{"reference": "%s"}' % (b"9" * 101), None),
        (b'{"reference": %s}' % (b"9" * 5000), None),
        (b'["A-17"]', None),
        (b"<html>A-17</html>", None),
        (b'{"reference": "A-17"', None),
        (b"\xff\xfe", None),
        (b"[" * 200_000, None),
        (b'{"uuid": ' + b"[" * 200_000, None),
    ],
    ids=range(20),
)
def test_only_a_plain_short_reference_is_believed(body: bytes, reference: str | None) -> None:
    assert after(201, body) == Booked(reference=reference)


@pytest.mark.parametrize("said", [b'"00000000-0000-5000-8000-000000000000"', b"17", b'{"a": 1}'])
def test_another_orders_id_is_noted_and_otherwise_ignored(said: bytes) -> None:
    with capture_logs() as logs:
        assert after(201, b'{"uuid": %s, "reference": "A-17"}' % said) == Booked(reference="A-17")
    assert [(line["log_level"], line["order"]) for line in logs] == [("warning", str(ORDER))]


def test_the_retailers_own_words_are_passed_on_in_one_short_printable_line() -> None:
    refused = after(422, b'{"title": "No", "detail": "Out of\\nstock.\\u0000' + b"x" * 500 + b'"}')
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("The retailer answered 422 (Unprocessable Entity). It said: Out of stock. xxx")
    assert len(refused.reason) < 300
    assert refused.reason.isprintable()


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"detail": 7}', b'{"detail": " "}', b"[]", b"[" * 200_000])
def test_without_words_the_status_is_the_reason(body: bytes) -> None:
    assert after(404, body) == Refused(status=404, reason="The retailer answered 404 (Not Found).")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("86400", 86_400),
        ("86401", 86_400),
        ("9" * 5_000, 86_400),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sun, 01 Mar 2026 14:02:00 +0200", 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("Sun Mar  1 12:02:00 2026", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2076 11:00:00 GMT", 86_400),
    ],
)
@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_the_wait_that_a_retailer_asks_for_is_kept_up_to_a_day(header: str, seconds: int, status: int) -> None:
    later = after(status, retry_after=header)
    assert isinstance(later, TryLater)
    assert later.after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "header",
    ["", "soon", "-5", "1.5", "1e3", "nan", "٣", "5, 6", "Sun, 99 Mar 2026 12:02:00 GMT", "Sun, 01 Mar 9" + "9" * 30],
)
def test_an_unreadable_wait_is_no_wait(header: str) -> None:
    assert wait_asked_for(header, now=NOW) is None


@settings(deadline=None)
@given(st.one_of(st.text(), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]+ [0-9:]+ [+-]?[0-9A-Z]+")))
def test_no_header_breaks_the_reading_of_a_wait(header: str) -> None:
    wait = wait_asked_for(header, now=NOW)
    assert wait is None or timedelta() <= wait <= LONGEST_WAIT


@settings(deadline=None)
@given(st.integers(100, 999), st.binary(), st.text())
def test_every_answer_has_a_meaning(status: int, body: bytes, retry_after: str) -> None:
    assert isinstance(after(status, body, retry_after=retry_after), Booked | Refused | TryLater)
