"""Every provider of an installation, by the name that payment methods and charges carry."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from pydantic import SecretStr

from billing.on_account import OnAccount
from billing.port import EventReader, Provider

ON_ACCOUNT: Final = "on-account"
STRIPE: Final = "stripe"
SANDBOX: Final = "sandbox"
"""How sandboxes pay, whatever they have chosen (S65); nobody can choose it."""

# Stripe's SDK takes half a second to import, which who has no key shall not wait for: so it is imported where needed.


def providers(stripe_key: SecretStr | None, stripe_url: str) -> Mapping[str, Provider]:
    """On account and on paper always, Stripe where there is a key; each to be closed with `aclose`."""
    found: dict[str, Provider] = {ON_ACCOUNT: OnAccount(), SANDBOX: OnAccount()}
    if stripe_key is not None:
        from billing.stripe import Stripe  # noqa: PLC0415

        found[STRIPE] = Stripe(stripe_key.get_secret_value(), stripe_url)
    return found


def offered(stripe_key: SecretStr | None) -> frozenset[str]:
    """The names of those that an account can choose."""
    return frozenset({ON_ACCOUNT} if stripe_key is None else {ON_ACCOUNT, STRIPE})


def event_reader(webhook_secret: SecretStr | None) -> EventReader | None:
    """What reads Stripe's webhooks; None where no secret is set."""
    if webhook_secret is None:
        return None
    from billing.events import read_event  # noqa: PLC0415

    return partial(read_event, secret=webhook_secret.get_secret_value())
