"""What the check of the documentation takes for the same, and what it does not."""

import pytest

from tests.docs.matching import Matcher

ONE, OTHER = "019aa7d3-6b0e-7c41-9a52-0c5d1f7be201", "6d1c7e52-0f7a-5b38-8c91-e4a05d2b7706"
KEY = "rk_p7Hs2LmQ_4TfGy8KcVb1nXz5JdRw9aPe3UoSi6QhMt0ZlBk7YvCx"


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"Status": 201}', '{"Status":201}'),
        ('{"a": "b c"}', '{ "a" : "b c" }'),
        (f'{{"uuid": "{ONE}"}}', f'{{"uuid":"{OTHER}"}}'),
        (f'{{"key": "{KEY}"}}', f'{{"key":"dk_{"a" * 54}"}}'),
        ('{"at": "2026-03-01T12:00:00Z"}', '{"at":"2027-01-02T03:04:05.678901+02:00"}'),
        ('{"deviceId": "tYV249c8NA8u"}', '{"deviceId":"abcdefghijkl"}'),
        ('{"ref": 679866150}', '{"ref":147478858}'),
        ('{"a": 1, …}', '{"a":1,"b":[{"c":2}]}'),
        ('{…, "b": 2, …}', '{"a":1,"b":2,"c":3}'),
        ('{"sentence": "5 left …"}', '{"sentence":"5 left is \\"enough\\""}'),
        ('{"a": …}', '{"a":null}'),
        ('{"a": 1, …}', '{"a":1}'),
        ('{…, "b": 2}', '{"b":2}'),
        ('{"a": 1, …, "b": 2}', '{"a":1,"b":2}'),
    ],
)
def test_ids_keys_times_blanks_and_what_is_left_out_may_differ(shown: str, printed: str) -> None:
    assert Matcher().difference(shown, printed) == ""


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"Status": 201}', '{"Status":400}'),
        ('{"a": "b c"}', '{"a":"b  c"}'),
        (f'{{"uuid": "{ONE}"}}', '{"uuid":"019aa7d3"}'),
        ('{"ref": 679866150}', '{"ref":12}'),
        ('{"a": 1}', '{"a":1,"b":2}'),
        ('{"a": 1, …}', '{"b":2,"a":1}'),
        ('{"level": 5, …}', '{"level":55,"x":1}'),
        ('{"level": 5, …}', '{"level":55}'),
        ('{…, "level": 5}', '{"highlevel":5}'),
        ('{"at": "2026-03-01T12:00:00Z"}', '{"at":"2026-03-01T12:00:00"}'),
        ("", "Traceback"),
    ],
)
def test_everything_else_is_shown_as_a_difference(shown: str, printed: str) -> None:
    difference = Matcher().difference(shown, printed)
    assert difference.startswith("--- the page\n+++ printed")


def test_what_the_page_shows_twice_has_to_be_the_same_twice() -> None:
    matcher = Matcher()
    assert not matcher.difference(f'{{"uuid": "{ONE}"}}', f'{{"uuid":"{OTHER}"}}')
    assert not matcher.difference(f'{{"item": "{ONE}"}}', f'{{"item":"{OTHER}"}}')
    assert matcher.difference(f'{{"item": "{ONE}"}}', f'{{"item":"{ONE}"}}')
    assert not Matcher().difference(f'["{ONE}", "{ONE}"]', f'["{OTHER}","{OTHER}"]')
    assert Matcher().difference(f'["{ONE}", "{ONE}"]', f'["{OTHER}","{ONE}"]')
