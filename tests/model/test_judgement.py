"""The judgement against the model: thousands of random lives of a jar, clocks included, without a server."""

from datetime import timedelta

from hypothesis import given, settings

from domain.facts import Source
from domain.orders import OrderState
from tests.judgement.household import BUTTON, NOON, Household, a_rule
from tests.model.jar import PACK, Jar
from tests.model.steps import LIVES, LONG, Step, happens

BUTTON_PACKS = 2


@settings(max_examples=3_000 if LONG else 300, deadline=None, derandomize=not LONG)
@given(LIVES)
def test_the_judgement_does_what_the_model_says(life: list[Step]) -> None:
    jar, home = Jar(pressed_packs=BUTTON_PACKS), Household([a_rule("5 left")])
    home.tell("counted", 12, at=NOON, source=Source.PERSON)
    for step in life:
        if not happens(step, jar):
            continue
        step.on(jar)
        _tell(home, step, jar)
        at = NOON + timedelta(minutes=jar.now)
        shown = home.state.stock.advanced(at)
        assert [shown.level, shown.unseen, shown.arriving] == [jar.level, jar.unseen, jar.arriving], step
        assert [len(home.needs), home.state.open is not None] == [len(jar.orders), jar.is_open], step


def _tell(home: Household, step: Step, jar: Jar) -> None:
    at = NOON + timedelta(minutes=jar.now)
    match step.name:
        case "wait":
            home.look(at)
        case "count":
            home.tell("counted", step.units, at=at, source=Source.PERSON)
        case "device":
            home.tell("counted", step.units, at=at, source=Source.DEVICE)
        case "use":
            home.tell("used", step.units, at=at)
        case "add":
            home.tell("added", step.units, at=at)
        case "press":
            home.tell("pressed", at=at, instruction=BUTTON)
        case "deliver":
            home.order_is(OrderState.DELIVERED, home.needs[-1].packs * PACK, at=at)
        case "reject":
            home.order_is(OrderState.REJECTED, at=at)
        case "cancel":
            home.order_is(OrderState.CANCELLED, at=at)
