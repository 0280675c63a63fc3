"""What the stand-ins are pretrained on: other formats than the studies' prompts, seen patterns, train entities; batches
that depend on seed and step alone, with the answers weighted."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from kotune.mini import batches, standins, tokenizers
from kotune.mini.documents import document, seen_phrases
from kotune.mini.patterns import load_topics
from kotune.mini.standins import ANSWER_WEIGHT, STAND_INS
from kotune.mini.values import names

PATTERNS = Path(__file__).resolve().parents[2] / "resources" / "mini" / "econ-news" / "patterns"
TOPICS = load_topics(PATTERNS)


def texts(name: str, count: int = 400) -> list[str]:
    rng, one = random.Random(4), STAND_INS[name]
    family, phrases = tokenizers.FAMILIES[one.family], seen_phrases(TOPICS)
    return [document(TOPICS, phrases, family, one.mixture, rng).text for _ in range(count)]


@pytest.fixture(scope="module")
def everything() -> str:
    return "\n".join(text for name in STAND_INS for text in texts(name))


def test_no_document_is_laid_out_as_a_studys_prompt(everything: str) -> None:
    for piece in ("Context", "Question", "챗봇", "가급적 한 단어로", "### System"):
        assert piece not in everything


def test_no_document_holds_an_unseen_pattern(everything: str) -> None:
    for topic in TOPICS:
        for pattern in topic.chosen(unseen=True):
            for wording in pattern.texts:
                piece = max((part for part in wording.parts if isinstance(part, str)), key=len).strip(" .")
                assert len(piece) < 8 or piece not in everything, f"{pattern.id}: {piece!r}"


@pytest.mark.parametrize("kind", ["company", "bank", "brokerage", "institute"])
def test_no_document_names_a_held_out_firm(everything: str, kind: str) -> None:
    held_out = [name for name in names(kind, "held-out") if len(name) >= 4 and name in everything]
    # An invented noun of random syllables may end in the stem of a firm; a name that really is one occurs often.
    assert all(everything.count(name) <= 2 for name in held_out)


def test_answers_are_spans_that_end_with_a_line_or_a_stop_token() -> None:
    one = STAND_INS["tiny-solar"]
    family, rng = tokenizers.FAMILIES[one.family], random.Random(1)
    for _ in range(200):
        made = document(TOPICS, seen_phrases(TOPICS), family, one.mixture, rng)
        assert made.answers
        for start, end in made.answers:
            answer = made.text[start:end]
            assert answer.endswith(("\n", *family.stops))


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    family = tokenizers.FAMILIES["gemma2"]
    tokenizers.save(tokenizers.for_family(tokenizers.train_merges(TOPICS, 3, 300), family), family, folder, 1024)
    return folder / "tokenizer.json"


def test_a_batch_depends_on_seed_and_step_alone(tokenizer_file: Path) -> None:
    import numpy as np

    small = replace(STAND_INS["tiny-gemma2"], rows=4)
    batches._start_worker(str(PATTERNS), str(tokenizer_file), small)
    ids, weights = batches.build_batch(7)
    again, _ = batches.build_batch(7)
    other, _ = batches.build_batch(8)
    assert ids.shape == weights.shape == (4, small.block)
    assert np.array_equal(ids, again)
    assert not np.array_equal(ids, other)
    assert set(np.unique(weights)) == {0, 1, ANSWER_WEIGHT}
    assert (weights > 0).mean() > 0.8, "too much padding"


def test_padding_is_never_learnt(tokenizer_file: Path) -> None:
    small = replace(STAND_INS["tiny-gemma2"], rows=4)
    batches._start_worker(str(PATTERNS), str(tokenizer_file), small)
    ids, weights = batches.build_batch(1)
    pad = batches._worker["tokenizer"].token_to_id("<pad>")
    assert ((ids == pad) == (weights == 0)).all()


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_every_stand_in_is_small_and_of_its_architecture(name: str) -> None:
    from transformers import AutoModelForCausalLM

    one = STAND_INS[name]
    specials = {token: 4088 + number for number, token in enumerate(tokenizers.FAMILIES[one.family].specials)}
    model = AutoModelForCausalLM.from_config(standins.model_config(one, specials))
    assert type(model).__name__.lower().startswith(one.architecture)
    assert 2 * model.num_parameters() <= 8_000_000, "bf16 takes two bytes a parameter"
    assert model.config.pad_token_id != model.config.eos_token_id


def test_all_stand_ins_together_fit_their_budget() -> None:
    from transformers import AutoModelForCausalLM

    total = 0
    for one in STAND_INS.values():
        specials = {token: 4088 + number for number, token in enumerate(tokenizers.FAMILIES[one.family].specials)}
        total += 2 * AutoModelForCausalLM.from_config(standins.model_config(one, specials)).num_parameters()
    assert total <= 32_000_000
