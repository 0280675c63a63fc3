"""What the stand-ins are pretrained on: other formats than the studies' prompts, seen patterns, train entities; batches
that depend on seed and step alone, with the answers weighted."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from kotune.core.names import ROOT
from kotune.mini import batches, standins, tokenizers
from kotune.mini.documents import document, long_document, seen_phrases
from kotune.mini.patterns import load_topics
from kotune.mini.standins import ANSWER_WEIGHT, STAND_INS
from kotune.mini.values import names

PATTERNS = ROOT / "resources" / "mini" / "econ-news" / "patterns"
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


def specials_of(one: standins.StandIn) -> dict[str, int]:
    """Ids of a family's special tokens, behind the merges."""
    names = tokenizers.FAMILIES[one.family].specials
    return {token: one.vocabulary - len(names) + number for number, token in enumerate(names)}


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_every_stand_in_is_small_and_of_its_architecture(name: str) -> None:
    from transformers import AutoModelForCausalLM

    one = STAND_INS[name]
    model = AutoModelForCausalLM.from_config(standins.model_config(one, specials_of(one)))
    assert type(model).__name__.lower().startswith(one.architecture)
    assert 2 * model.num_parameters() <= 8_000_000, "bf16 takes two bytes a parameter"
    assert model.config.pad_token_id != model.config.eos_token_id


@pytest.mark.parametrize(("study", "budget"), [("tiny", 32_000_000), ("long", 24_000_000)])
def test_all_stand_ins_of_a_study_fit_its_budget(study: str, budget: int) -> None:
    from transformers import AutoModelForCausalLM

    own = [one for one in STAND_INS.values() if one.name.startswith(study)]
    models = (AutoModelForCausalLM.from_config(standins.model_config(one, specials_of(one))) for one in own)
    assert own and sum(2 * model.num_parameters() for model in models) <= budget


def test_long_documents_ask_for_a_sentence_or_a_reason_and_are_no_studys_prompt() -> None:
    one, rng = STAND_INS["long-llama3"], random.Random(6)
    family = tokenizers.FAMILIES[one.family]
    made = [long_document(TOPICS, family, one.mixture, (150, 1500), rng) for _ in range(60)]
    whole = "\n".join(long.text for long in made)
    assert "라는 문장" in whole and "###" in whole
    for piece in ("###내용", "###질문", "###답:", "###추론", "추론도 해주는"):
        assert piece not in whole
    lengths = sorted(len(long.text) for long in made)
    assert lengths[0] < 500 and lengths[-1] > 1200
    for long in made:
        for start, end in long.answers:
            assert long.text[start:end].strip()


def test_a_second_stage_has_its_own_blocks_and_documents() -> None:
    first, second = STAND_INS["long-qwen2"].stages()
    assert (first.block, second.block) == (512, 4096) and first.stage != second.stage
    assert STAND_INS["tiny-qwen2"].stages() == [STAND_INS["tiny-qwen2"]]
