"""What a sentence speaks of beside its item is refused, where the item is known."""

import pytest

from domain.errors import RuleError
from rules.saying import say
from rules.spoken_of import About
from rules.written import understood

FLOUR = About("Flour", "g", ("Milk", "Oat cookies"))
EGGS = About("Eggs", "piece", ("Milk", "Oat cookies", "Egg"))


@pytest.mark.parametrize(
    ("about", "sentence", "plainly"),
    [
        (FLOUR, "2 left", "2 left"),
        (FLOUR, "2 flour left", "2 left"),
        (FLOUR, "2 of the flour left", "2 left"),
        (FLOUR, "2 g of the good flour left", "2 g left"),
        (FLOUR, "20% of the bag left", "20% left"),
        (FLOUR, "2 days of bread left", "at most 2 days left"),
        (About("Spring onions", "g"), "2 or fewer spring onions left", "2 left"),
        (About("Milk 3.5%", "l"), "2 of milk 3.5% left", "2 left"),
        (About("Paper", "roll"), "2 rolls left", "2 left"),
        (EGGS, "2 boxes of eggs left", "2 left"),
        (EGGS, "5 cookies left", "5 left"),
        (EGGS, "butter out for 5 hours", "out for 5 hours"),
        (EGGS, "1 egg left", "1 left"),
        (About("Oat milk", "piece", ("Milk",)), "1 milk left", "1 left"),
        (About(None, None, ()), "2 bags left", "2 left"),
    ],
)
def test_what_is_its_own_or_decoration_is_read(about: About, sentence: str, plainly: str) -> None:
    assert say(understood(sentence, about)) == plainly


@pytest.mark.parametrize(
    "sentence",
    ["2 bags of flour left", "2 bags", "2 or fewer bags left", "down to 2 bags", "under 2 bags", "low or 2 bags left"],
)
def test_a_noun_behind_a_bare_number_of_grams_is_no_unit(sentence: str) -> None:
    with pytest.raises(RuleError) as refusal:
        understood(sentence if sentence != "2 bags" else "at most 2 bags", FLOUR)
    expected = "'bags' is no unit of this item. Say it in g or kg, or leave it out: '2 g left'."
    assert refusal.value.message == expected


@pytest.mark.parametrize(
    ("sentence", "noun"),
    [
        ("6 eggs left and 1 milk left", "milk"),
        ("6 left or Milk low", "Milk"),
        ("1 bottle of milk left", "milk"),
        ("the oat cookie is out for 5 hours", "oat cookie"),
        ("milk: 5 left", "milk"),
    ],
)
def test_a_rule_does_not_speak_of_another_item(sentence: str, noun: str) -> None:
    with pytest.raises(RuleError) as refusal:
        understood(sentence, EGGS)
    assert refusal.value.message == f"This rule is on Eggs; '{noun}' is another item: make a rule there."
