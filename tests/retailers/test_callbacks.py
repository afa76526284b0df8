"""Who may speak for a retailer: Standard Webhooks signatures on the four callbacks (S27, S28)."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time
from standardwebhooks.webhooks import Webhook

from domain.errors import NotAuthenticated
from retailers.callbacks import verify_callback
from tests.retailers.parts import OTHER_SECRET, SECRET

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BODY = b'{"lines": [{"sku": "cookies-12", "packs": 1}]}'


def signed(body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


@pytest.mark.parametrize("seconds", [-299, -1, 0, 1, 299])
def test_a_callback_signed_within_five_minutes_is_believed(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    with freeze_time(NOW):
        verify_callback([SECRET], headers, BODY)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_a_callback_signed_earlier_or_later_is_refused(seconds: int) -> None:
    headers = signed(at=NOW + timedelta(seconds=seconds))
    with freeze_time(NOW), pytest.raises(NotAuthenticated):
        verify_callback([SECRET], headers, BODY)


@pytest.mark.parametrize("secrets", [[SECRET, OTHER_SECRET], [OTHER_SECRET, SECRET]])
def test_while_a_secret_is_rotated_either_one_counts(secrets: list[str]) -> None:
    with freeze_time(NOW):
        verify_callback(secrets, signed(), BODY)


def test_a_retailer_in_rotation_may_send_both_signatures() -> None:
    both = signed(secret=OTHER_SECRET)["webhook-signature"] + " " + signed()["webhook-signature"]
    with freeze_time(NOW):
        verify_callback([SECRET], signed() | {"webhook-signature": both}, BODY)


def test_header_names_are_compared_without_case_and_other_headers_do_not_matter() -> None:
    headers = {name.title(): value for name, value in signed().items()} | {"X-Filler": "x" * 2**20}
    with freeze_time(NOW):
        verify_callback([SECRET], headers, BODY)


def test_the_empty_body_can_be_signed_like_any_other() -> None:
    with freeze_time(NOW):
        verify_callback([SECRET], signed(b""), b"")


SIGNATURE = signed()["webhook-signature"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-id": "msg_1\n"},
        {"webhook-id": "m" * 2**20},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "inf"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": f"{int(NOW.timestamp())}.5"},
        {"webhook-timestamp": "9" * 2**20},
        {"webhook-signature": ""},
        {"webhook-signature": " "},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,a"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
        {"webhook-signature": SIGNATURE.removeprefix("v1,")},
        {"webhook-signature": SIGNATURE.swapcase().replace("V1,", "v1,")},
        {"webhook-signature": "v1,AAAA " * 2**17 + SIGNATURE},
    ],
    ids=range(24),
)
def test_a_callback_with_a_wrong_header_is_refused(wrong: dict[str, str]) -> None:
    with freeze_time(NOW), pytest.raises(NotAuthenticated):
        verify_callback([SECRET], signed() | wrong, BODY)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_callback_without_one_of_the_headers_is_refused(missing: str) -> None:
    headers = {name: value for name, value in signed().items() if name != missing}
    with freeze_time(NOW), pytest.raises(NotAuthenticated):
        verify_callback([SECRET], headers, BODY)


@pytest.mark.parametrize("body", [b"", b"{}", BODY + b" ", BODY.replace(b"1", b"2"), b"\xff" + BODY])
def test_a_callback_with_another_body_is_refused(body: bytes) -> None:
    with freeze_time(NOW), pytest.raises(NotAuthenticated):
        verify_callback([SECRET], signed(), body)


@pytest.mark.parametrize("secrets", [[], [OTHER_SECRET]])
def test_a_callback_signed_with_another_key_is_refused_and_nothing_explained(secrets: list[str]) -> None:
    with freeze_time(NOW), pytest.raises(NotAuthenticated, match="missing, wrong or too old"):
        verify_callback(secrets, signed(), BODY)
