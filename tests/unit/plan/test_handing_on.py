"""Whose model is handed on is found by its names; what is not there is named with the command that makes it."""

import pytest
import toy_cards

from kotune.core.errors import UserError
from kotune.plan.handing_on import Handed, Wanted


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    """A work folder without any results."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_not_named_is_the_first_that_is_tuned(work):
    toy_cards.trained(work)
    found = Handed(Wanted("safe-chat", scale="mini"))
    assert found.treatment == ("plain-llama-chat", "tuned", 3407)
    assert found.card == "results/mini/safe-chat/cards/plain-llama-chat/tuned/seed3407/README.md"
    assert found.folder == found.adapter and found.base["stands_for"] and found.data[0]["name"] == "mini-safe-chat"
    assert found.card_command().startswith(f"snakemake {found.card} --cores 1 --config scale=mini")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted("safe-chat", "tund"), "unknown arm 'tund'; did you mean 'tuned'?"),
        (Wanted("safe-chat", "base"), "'base' has no adapter of its own"),
        (Wanted("safe-chat", "as_published"), "'as_published' has no adapter of its own"),
        (Wanted("safe-chat", seed=7), "'tuned' has no seed 7; known: 3407"),
        (Wanted("safe-chat", model="lama"), "no model 'lama' in it"),
        (Wanted("safe-chatt"), "did you mean 'safe-chat'?"),
    ],
)
def test_what_is_unknown_is_named_with_the_nearest(wanted, told):
    with pytest.raises(UserError) as raised:
        Handed(wanted)
    assert told in str(raised.value)


def test_an_arm_that_is_not_trained_says_what_trains_it():
    with pytest.raises(UserError, match=r"not trained yet; this trains it: snakemake results/mini/safe-chat/adapters/"):
        _ = Handed(Wanted("safe-chat")).adapter


def test_a_form_that_is_not_made_says_what_makes_it(work):
    toy_cards.trained(work)
    with pytest.raises(UserError, match=r"'merged' is not made yet; this makes it: snakemake .*/seed3407/merged.json"):
        _ = Handed(Wanted("safe-chat", form="merged")).folder
