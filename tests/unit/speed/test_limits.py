"""Measurements of speed and memory: collected into one document a card, and shown beside the card's limits."""

import copy

import pytest

from kotune.core.catalogue import benchmarks_at, read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, write_json
from kotune.printing.figure_style import house_style, save
from kotune.rehearsal.settings import cost_constants
from kotune.speed import limits

KEPT = sorted((ROOT / "config/speed/benchmarks").glob("*.json"))
CARDS, CONSTANTS = cost_constants()


@pytest.fixture(scope="module")
def models():
    return read_yaml(ROOT / "config/models.yaml")["models"]


def shown(files, models):
    return limits.document(files, benchmarks_at(), models, CARDS, CONSTANTS)


def test_nothing_that_is_kept_is_faster_than_its_limit(models):
    assert KEPT, "there should be measurements"
    for card in shown(KEPT, models)["cards"]:
        assert 60_000 < card["limits"]["tokens_per_second"] < 70_000
        for line in limits.points_of(card, "llama-3.2-3b-instruct"):
            assert 0 < line["tokens_per_second"] < card["limits"]["tokens_per_second"]
        for line in card["answering"]:
            assert line["tuned"]["prompts_per_second"] < card["limits"]["prompts_per_second"]


def test_the_same_figure_twice_and_one_without_measurements(models, tmp_path):
    with house_style():
        for name in ("one", "two"):
            save(limits.draw(shown(KEPT, models)), tmp_path, name)
        save(limits.draw(shown([], models)), tmp_path, "none")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_measurement_that_is_of_something_else_is_refused(models, tmp_path):
    other = copy.deepcopy(read_json(KEPT[0]))
    write_json(tmp_path / "model.json", {**other, "model": "gemma-2-2b-it"})
    with pytest.raises(UserError, match="was measured on 'gemma-2-2b-it'"):
        shown([tmp_path / "model.json"], models)
    write_json(tmp_path / "card.json", {**other, "card": "Voodoo 2"})
    with pytest.raises(UserError, match="its card 'Voodoo 2' matches none of config/cards.yaml; add the card there"):
        shown([tmp_path / "card.json"], models)
