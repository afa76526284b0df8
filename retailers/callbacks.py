"""Whether a callback was really sent by the retailer (S27, S28)."""

import re
from collections.abc import Mapping, Sequence

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.errors import NotAuthenticated

_FORMS = {
    "webhook-id": re.compile(r"[\x21-\x7e]{1,256}"),
    "webhook-timestamp": re.compile(r"[0-9]{1,12}"),
    "webhook-signature": re.compile(r"[\x20-\x7e]{1,2048}"),
}

NOT_SIGNED = "The signature is missing, wrong or too old."


def verify_callback(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Refuse a callback that no current secret of the retailer signed within the last or next 300 s.

    `secrets` are two while a secret is being rotated. Raises `NotAuthenticated`, which never says what was wrong.
    """
    given = {name.lower(): value for name, value in headers.items() if name.lower() in _FORMS}
    well_formed = all(form.fullmatch(given.get(name, "")) for name, form in _FORMS.items())
    if not (well_formed and any(_signed(Webhook(secret), given, body) for secret in secrets)):
        raise NotAuthenticated(NOT_SIGNED)


def _signed(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # the library lets malformed base64 and UTF-8 through as ValueError
        return False
    return True
