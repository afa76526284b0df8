"""Pages and their cursors."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.envelope import Paging
from domain.errors import Invalid


def test_a_cursor_leads_on_from_the_last_row_of_its_page() -> None:
    rows = [(datetime(2022, 9, day, tzinfo=UTC), uuid4()) for day in range(1, 5)]
    first = Paging(3, None).listing("Rows.", rows, str, lambda row: row)
    assert len(first.data) == 3
    assert Paging(3, first.next_cursor).after(datetime.fromisoformat, UUID) == rows[2]


def test_the_last_page_has_no_cursor() -> None:
    assert Paging(3, None).listing("Rows.", [1, 2, 3], str, lambda row: (row,)).next_cursor is None


@given(st.text(max_size=40) | st.binary(max_size=40).map(bytes.hex))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        Paging(3, text).after(int, UUID)
    assert list(refused.value.fields) == ["cursor"]


def test_a_cursor_beyond_what_a_database_can_count_is_refused() -> None:
    endless = Paging(1, None).listing("Rows.", [1, 2], str, lambda _: (10**30,)).next_cursor
    with pytest.raises(Invalid):
        Paging(1, endless).after(int)


@pytest.mark.parametrize(
    "moment", ["2026-03-01T12:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x"]
)
def test_a_cursor_whose_moment_no_database_takes_is_refused(moment: str) -> None:
    made = Paging(1, None).listing("Rows.", [1, 2], str, lambda _: (moment,)).next_cursor
    with pytest.raises(Invalid):
        Paging(1, made).after(datetime.fromisoformat)
