"""What is written down of a charge and a refund, so that a crash neither loses nor repeats one (S51)."""

import asyncio
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from signal import SIGKILL

import pytest
from sqlalchemy import delete, update
from temporalio.exceptions import ApplicationError

from activities.billing import Billing
from domain.process import Billed, OrderBrief, Returning
from settings import ROOT
from storage.charges import ChargeState
from storage.database import Database
from storage.tables import Charge, PaymentMethod, User
from tests.billing.parts import SECRETS, an_order, billing, charge_of, pays_with
from tests.billing.stripe_server import DECLINED, GOOD, Fault, StripeServer


@pytest.fixture
async def hands(db: Database, stripe: StripeServer) -> AsyncIterator[Billing]:
    """The activities."""
    async with billing(db, stripe.url) as hands:
        yield hands


async def charged_by_a_process(brief: OrderBrief, *words: str) -> int:
    """The exit code of another process that charges the order."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.billing.charging_process", *words), cwd=ROOT, stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(brief.model_dump_json().encode())
    return process.returncode or 0


async def test_a_process_killed_after_stripe_has_charged_charges_no_second_time(
    db: Database, database_url: str, stripe: StripeServer, tmp_path: Path
) -> None:
    """S51: SIGKILL between Stripe's answer and our commit; the next attempt finds what the first has done."""
    brief = await an_order(db, await stripe.card(GOOD))
    (tmp_path / "charged").touch()
    assert await charged_by_a_process(brief, database_url, stripe.url, str(tmp_path)) == -SIGKILL
    assert (await charge_of(db, brief.order)).state == ChargeState.CHARGING
    stripe.a_day_passes()
    assert await charged_by_a_process(brief, database_url, stripe.url, str(tmp_path)) == 0
    (intent,) = await stripe.of_order("payment_intents", brief.order)
    charge = await charge_of(db, brief.order)
    assert (charge.state, charge.reference, charge.amount) == (ChargeState.CHARGED, intent["id"], Decimal("10.47"))
    assert charge.token is None
    assert intent["amount"] == 1047


async def test_who_has_no_payment_method_pays_on_account(db: Database, hands: Billing, stripe: StripeServer) -> None:
    brief = await an_order(db, None)
    for _ in range(2):
        assert await hands.charge(brief) == Billed(charged=True)
    charge = await charge_of(db, brief.order)
    assert (charge.provider, charge.state, charge.amount) == ("on-account", ChargeState.CHARGED, Decimal("10.47"))
    assert stripe.asked == []


async def test_a_sandbox_is_charged_on_paper_even_if_it_had_a_card(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    """S65"""
    brief, other = await an_order(db, await stripe.card(GOOD)), await an_order(db, None)
    async with db.writing() as session:
        await session.execute(update(User).where(User.uuid == brief.account).values(live=other.account))
    stripe.asked.clear()
    assert await hands.charge(brief) == Billed(charged=True)
    await hands.refund(Returning(order=brief.order, missing_packs=2))
    charge = await charge_of(db, brief.order)
    assert (charge.provider, charge.state, charge.refunded) == ("sandbox", ChargeState.REFUNDED, Decimal("6.98"))
    assert stripe.asked == []


async def test_a_declined_charge_stays_declined_and_says_why(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    """S52"""
    brief = await an_order(db, await stripe.card(DECLINED))
    for _ in range(2):
        assert await hands.charge(brief) == Billed(charged=False, reason="Your card was declined.")
    charge = await charge_of(db, brief.order)
    assert (charge.state, charge.reason, charge.token) == (ChargeState.DECLINED, "Your card was declined.", None)


async def test_a_repeat_asks_word_for_word_even_when_the_card_has_been_deleted(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    brief = await an_order(db, await stripe.card(GOOD))
    stripe.faults = [Fault.ANSWERS_500]
    with pytest.raises(ApplicationError, match="Stripe answered 500"):
        await hands.charge(brief)
    async with db.writing() as session:
        await session.execute(delete(PaymentMethod).where(PaymentMethod.account == brief.account))
    await pays_with(db, brief.account, await stripe.card(DECLINED))
    assert await hands.charge(brief) == Billed(charged=True)
    first, second = stripe.makes("payment_intents", brief.order)
    assert first == second


async def test_a_card_that_was_charged_and_then_detached_is_not_called_declined(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    """Stripe's yes was lost, and before the next attempt the card is taken from its customer."""
    token = await stripe.card(GOOD)
    brief = await an_order(db, token)
    stripe.faults = [Fault.DONE_BUT_HANGS_UP]
    with pytest.raises(ApplicationError, match="could not be reached"):
        await hands.charge(brief)
    await stripe.detach(token)
    stripe.a_day_passes()
    assert await hands.charge(brief) == Billed(charged=True)
    charge = await charge_of(db, brief.order)
    assert (charge.state, charge.customer) == (ChargeState.CHARGED, None)
    await hands.refund(Returning(order=brief.order, missing_packs=3))
    assert len(await stripe.of_order("refunds", brief.order)) == 1


async def test_a_card_that_was_charged_and_then_detached_is_given_back_with_its_order(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    token = await stripe.card(GOOD)
    brief = await an_order(db, token)
    stripe.faults = [Fault.DONE_BUT_500]
    with pytest.raises(ApplicationError):
        await hands.charge(brief)
    await stripe.detach(token)
    stripe.a_day_passes()
    await hands.refund(Returning(order=brief.order, missing_packs=3))
    assert (await charge_of(db, brief.order)).state == ChargeState.REFUNDED
    assert len(await stripe.of_order("refunds", brief.order)) == 1


@pytest.mark.parametrize("known", [True, False], ids=["customer known", "begun before customers were noted"])
async def test_where_stripe_cannot_be_asked_about_an_attempt_nothing_is_settled(
    db: Database, hands: Billing, stripe: StripeServer, known: bool
) -> None:
    """LARDER_STRIPE_KEY has become that of another account: neither declined nor forgotten, until it is set again."""
    token = await stripe.card(GOOD)
    brief = await an_order(db, token)
    stripe.faults = [Fault.DONE_BUT_HANGS_UP]
    with pytest.raises(ApplicationError):
        await hands.charge(brief)
    begun = await charge_of(db, brief.order)
    async with db.writing() as session:
        elsewhere = (
            {"customer": "cus_elsewhere"} if known else {"customer": None, "token": SECRETS.seal("pm_elsewhere")}
        )
        await session.execute(update(Charge).where(Charge.order == brief.order).values(**elsewhere))
    for ask in (hands.charge(brief), hands.refund(Returning(order=brief.order, missing_packs=3))):
        with pytest.raises(ApplicationError, match=r"Was LARDER_STRIPE_KEY changed\?"):
            await ask
    assert (await charge_of(db, brief.order)).state == ChargeState.CHARGING
    async with db.writing() as session:
        again = {"customer": begun.customer if known else None, "token": begun.token}
        await session.execute(update(Charge).where(Charge.order == brief.order).values(**again))
    assert await hands.charge(brief) == Billed(charged=True)


async def test_a_card_that_is_gone_before_anything_was_charged_is_declined(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    token = await stripe.card(GOOD)
    brief = await an_order(db, token)
    await hands.charge(await an_order(db, token))
    await stripe.detach(token)
    stripe.a_day_passes()
    for _ in range(2):
        assert (await hands.charge(brief)).charged is False
    charge = await charge_of(db, brief.order)
    assert (charge.state, charge.token, charge.customer) == (ChargeState.DECLINED, None, None)
    assert await stripe.of_order("payment_intents", brief.order) == []


async def test_half_an_order_that_never_came_is_given_back_once(
    db: Database, hands: Billing, stripe: StripeServer
) -> None:
    brief = await an_order(db, await stripe.card(GOOD))
    await hands.charge(brief)
    due = Returning(order=brief.order, missing_packs=2)
    stripe.faults = [Fault.DONE_BUT_HANGS_UP]
    with pytest.raises(ApplicationError):
        await hands.refund(due)
    stripe.a_day_passes()
    for _ in range(2):
        await hands.refund(due)
    (refund,) = await stripe.of_order("refunds", brief.order)
    charge = await charge_of(db, brief.order)
    assert (refund["amount"], charge.state, charge.refunded) == (698, ChargeState.REFUNDED, Decimal("6.98"))
    assert charge.refunded_at is not None


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Fault.ANSWERS_500, ChargeState.DECLINED), (Fault.DONE_BUT_HANGS_UP, ChargeState.REFUNDED)],
)
async def test_an_order_given_up_in_the_middle_of_its_charge_costs_nothing(
    db: Database, hands: Billing, stripe: StripeServer, fault: Fault, state: ChargeState
) -> None:
    brief = await an_order(db, await stripe.card(GOOD))
    stripe.faults = [fault]
    with pytest.raises(ApplicationError):
        await hands.charge(brief)
    await hands.refund(Returning(order=brief.order, missing_packs=3))
    assert (await charge_of(db, brief.order)).state == state
    paid = [each for each in await stripe.of_order("payment_intents", brief.order) if each["status"] == "succeeded"]
    back = await stripe.of_order("refunds", brief.order)
    assert sum(each["amount"] for each in paid) == sum(each["amount"] for each in back)


async def test_what_was_never_charged_is_not_given_back(db: Database, hands: Billing, stripe: StripeServer) -> None:
    brief = await an_order(db, await stripe.card(GOOD))
    await hands.refund(Returning(order=brief.order, missing_packs=3))
    assert stripe.asked == []


@pytest.mark.parametrize("priced", [("JPY", "500", 1500), ("KWD", "1.234", 3700)])
async def test_other_currencies_are_charged_as_they_can_be_paid(
    db: Database, hands: Billing, stripe: StripeServer, priced: tuple[str, str, int]
) -> None:
    currency, price, units = priced
    brief = await an_order(db, await stripe.card(GOOD), price=price, currency=currency)
    await hands.charge(brief)
    (intent,) = await stripe.of_order("payment_intents", brief.order)
    assert (intent["amount"], intent["currency"]) == (units, currency.lower())
