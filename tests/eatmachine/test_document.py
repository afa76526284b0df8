"""What is kept of EatMachine's document beside these tests is what it says."""

import json
from typing import Any

import pytest

from tests.eatmachine.document import EXCHANGES, NOTIFICATIONS, SEEDS, curls, printed, understood

PRINTED = [
    *("login", "fleet", "fridge", "reboot"),
    *("heartbeat", "door-status", "inventory", "video", "temperature", "product-linked", "badge-presented", "ack"),
    *("open", "session-unlocked", "session-opened", "session-closed", "session-inventory", "faults"),
]
CURLS = ["me", "login", "fleet", "fridge", "reboot", "open"]
TEXT = """
curl -X POST 'https://example.com/a?b=c' \\
-H 'X-A: b: c' \\
--data-raw '{
    "name": "x"
}'

{
    "list": [
        1,
        ...
    ],
    "more": {
        "uuid": "u"
        ...
    },
}
curl 'https://example.com/d' -H 'X-A: b'
"""


def in_order(value: Any) -> Any:
    """A JSON value of which the order of keys counts."""
    if isinstance(value, dict):
        return [(name, in_order(part)) for name, part in value.items()]
    return [in_order(part) for part in value] if isinstance(value, list) else value


def test_curl_lines_and_samples_are_read() -> None:
    assert printed(TEXT) == [{"list": [1], "more": {"uuid": "u"}}]
    first, second = map(understood, curls(TEXT))
    assert (first.method, first.path, first.headers, json.loads(first.body or "")) == (
        *("POST", "/a"),
        {"X-A": "b: c"},
        {"name": "x"},
    )
    assert (second.method, second.path, second.headers, second.body) == ("GET", "/d", {"X-A": "b"}, None)


def kept() -> dict[str, Any]:
    """Every sample that is kept, by its name."""
    files = [*NOTIFICATIONS.glob("*.json"), *EXCHANGES.glob("*.json")]
    return {path.stem: json.loads(path.read_text()) for path in files}


def test_every_sample_is_kept() -> None:
    assert sorted(kept()) == sorted(PRINTED)
    assert sorted(path.stem for path in EXCHANGES.glob("*.curl")) == sorted(CURLS)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the document is not at hand")
def test_the_document_says_the_same() -> None:
    (document,) = SEEDS.glob("002_*.txt")
    text = document.read_text(encoding="utf-8")
    assert in_order([kept()[name] for name in PRINTED]) == in_order(printed(text))
    assert [(EXCHANGES / f"{name}.curl").read_text().strip() for name in CURLS] == curls(text)
