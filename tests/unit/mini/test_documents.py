"""What the stand-ins are pretrained on: other formats than the studies' prompts, seen patterns, train entities."""

import random
from pathlib import Path

import pytest
from pattern_file import GOOD, write

from kotune.core.names import ROOT
from kotune.mini import tokenizers
from kotune.mini.documents import document, long_document, reworded, seen_phrases
from kotune.mini.patterns import load_topic, load_topics
from kotune.mini.standins import STAND_INS
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


def test_a_word_is_replaced_in_the_article_and_in_its_question_alike() -> None:
    context, asked = "한빛은행은 금리를 3%로 올렸다.", [("한빛은행은 금리를 얼마로 올렸나?", "3%")]
    changed = 0
    for seed in range(20):
        made, ((question, answer),) = reworded(context, asked, lambda: "똠방", random.Random(seed))
        assert answer == "3%" and answer in made
        assert question.count("똠방") <= made.count("똠방"), "what is asked can still be found"
        changed += "똠방" in question
    assert changed > 10


def test_an_answer_is_never_reworded() -> None:
    asked = [("무엇을 올렸나?", "금리")]
    for seed in range(20):
        made, kept = reworded("한빛은행이 금리를 올렸다.", asked, lambda: "똠방", random.Random(seed))
        assert kept[0][1] == "금리" and "금리" in made


def test_phrases_are_those_of_the_seen_patterns(tmp_path: Path) -> None:
    unseen = GOOD[GOOD.index("  - id:") : GOOD.index("distractors:")].replace("rates-01", "rates-02\n    unseen: true")
    text = GOOD.replace("distractors:", unseen.replace("{loan}", "{fee}") + "distractors:")
    topic = load_topic(write(tmp_path, text.replace("lists: {", 'lists: {fee: ["수수료"], unused: ["세금"], ')))
    assert len(topic.patterns) == 2
    assert seen_phrases((topic, topic)) == ("신용대출", "전세대출", "카드론")
