"""Sampled names and figures: enough of them, written as newspapers write them, and two pools without a common name."""

import random
import re

import pytest

from kotune.mini import values


@pytest.mark.parametrize("kind", sorted(values.KINDS))
@pytest.mark.parametrize("pool", ["train", "held-out"])
def test_every_kind_gives_the_same_text_for_the_same_seed(kind: str, pool: values.Pool) -> None:
    first, second = random.Random(5), random.Random(5)
    drawn = [values.sample(kind, first, pool) for _ in range(50)]
    assert drawn == [values.sample(kind, second, pool) for _ in range(50)]
    assert all(text and text == text.strip() for text in drawn)


@pytest.mark.parametrize("kind", values.OPEN_KINDS)
def test_the_pools_of_names_have_no_common_member(kind: str) -> None:
    train, held_out = set(values.names(kind, "train")), set(values.names(kind, "held-out"))
    assert train
    assert held_out
    assert not train & held_out


def test_there_are_plenty_of_firms_and_people() -> None:
    assert len(values.names("company", "train")) >= 400
    assert len(values.names("company", "held-out")) >= 100
    assert len(values.names("person", "train")) >= 1000


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("percent", r"\d{1,2}(\.\d)?%"),
        ("point", r"\d(\.\d{1,2})?%포인트"),
        ("won", r"(\d{1,4}조)?(\d{1,4}억)?원"),
        ("price", r"(\d{1,4}만)?(\d{1,4})?원"),
        ("people", r"(\d{1,4}만)?(\d{1,4})?명"),
        ("area", r"(\d{1,4}만)?(\d{1,4})?㎡"),
        ("index_value", r"\d{3,4}\.\d{2}"),
        ("date", r"(\d{1,2}월 )?\d{1,2}일"),
        ("quarter", r"[1-4]분기"),
        ("product", r"[가-힣]+ [A-Z]\d+"),
    ],
)
def test_figures_have_the_form_of_their_kind(kind: str, form: str) -> None:
    rng = random.Random(1)
    for _ in range(500):
        assert re.fullmatch(form, values.sample(kind, rng))


def test_large_numbers_are_grouped_by_myriads() -> None:
    assert values.grouped(12_500) == "1만2500"
    assert values.grouped(3_200_000_000_000) == "3조2000억"
    assert values.grouped(450) == "450"


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(KeyError, match="unknown kind 'planet'"):
        values.sample("planet", random.Random(0))
