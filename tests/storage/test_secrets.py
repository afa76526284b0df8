"""Hashes, seals and tokens under the instance key."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.secrets import ALPHABET, SealBroken, Secrets

OURS, THEIRS = Secrets("k" * 48), Secrets("K" * 48)
PUBLIC, TOKEN = Secrets.new_token("pk")


def test_a_keyed_hash_is_the_same_for_the_same_text_and_key_only() -> None:
    assert OURS.keyed_hash("secret") == Secrets("k" * 48).keyed_hash("secret")
    assert len({OURS.keyed_hash("secret"), OURS.keyed_hash("Secret"), THEIRS.keyed_hash("secret")}) == 3
    assert re.fullmatch("[0-9a-f]{64}", OURS.keyed_hash(""))


def test_a_text_matches_its_own_hash() -> None:
    stored = OURS.keyed_hash("secret")
    assert OURS.matches("secret", stored)
    assert not OURS.matches("secret ", stored)
    assert not THEIRS.matches("secret", stored)
    assert not OURS.matches("secret", "höchst seltsam")


@given(st.text())
def test_what_is_sealed_opens_to_the_same_text(text: str) -> None:
    assert OURS.open(OURS.seal(text)) == text


def test_a_sealed_text_does_not_show_what_it_holds_and_never_looks_the_same() -> None:
    sealed = OURS.seal("whsec_something")
    assert "whsec" not in sealed
    assert sealed != OURS.seal("whsec_something")


def test_a_sealed_text_that_was_changed_anywhere_does_not_open() -> None:
    sealed = OURS.seal("whsec_something")
    for place in range(len(sealed.rstrip("=")) - 1):  # of the last digit of base64, some bits mean nothing
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            OURS.open(changed)


@pytest.mark.parametrize("nonsense", ["", "x", "höchst seltsam", "A" * 400])
def test_nonsense_does_not_open(nonsense: str) -> None:
    with pytest.raises(SealBroken):
        OURS.open(nonsense)


def test_another_instance_cannot_open_a_seal() -> None:
    with pytest.raises(SealBroken, match="LARDER_INSTANCE_KEY"):
        THEIRS.open(OURS.seal("whsec_something"))


def test_a_token_names_its_kind_and_its_public_part_and_is_read_back() -> None:
    assert re.fullmatch(rf"pk_{PUBLIC}_[0-9A-Za-z]{{49}}", TOKEN)
    parsed = Secrets.parse_token(TOKEN)
    assert parsed is not None
    prefix, public, secret = parsed
    assert (prefix, public) == ("pk", PUBLIC)
    assert TOKEN.startswith(f"pk_{PUBLIC}_{secret}")
    assert len(secret) == 43


def test_no_two_tokens_are_alike() -> None:
    tokens = [Secrets.new_token("pk") for _ in range(1_000)]
    assert len({public for public, _ in tokens}) == len({token for _, token in tokens}) == 1_000


def test_a_single_wrong_character_is_noticed() -> None:
    for place, right in enumerate(TOKEN):
        for wrong in ALPHABET:
            if wrong != right:
                assert Secrets.parse_token(TOKEN[:place] + wrong + TOKEN[place + 1 :]) is None


NOT_WHOLE = ("", "pk", TOKEN[:-1], TOKEN + "0", TOKEN + "\n", f" {TOKEN}", TOKEN.replace("_", "-"), "pk_é_" + "0" * 49)


@pytest.mark.parametrize("text", NOT_WHOLE, ids=range(len(NOT_WHOLE)))
def test_what_is_not_whole_is_no_token(text: str) -> None:
    assert Secrets.parse_token(text) is None


@given(st.text())
def test_whatever_is_sent_as_a_token_is_answered_quietly(text: str) -> None:
    assert Secrets.parse_token(text) is None
