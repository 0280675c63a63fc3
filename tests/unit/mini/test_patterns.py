"""The hand-written patterns: many, and a fault in one is named with its file; slots get the particle that fits."""

from pathlib import Path

import pytest
from pattern_file import GOOD, write

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.mini.patterns import PatternError, Topic, load_topic, load_topics, parse_template

FOLDER = ROOT / "resources/mini/econ-news"


@pytest.fixture(scope="module")
def topics() -> tuple[Topic, ...]:
    return load_topics(FOLDER / "patterns")


def test_the_patterns_are_many_and_varied(topics: tuple[Topic, ...]) -> None:
    patterns = [pattern for topic in topics for pattern in topic.patterns]
    assert len(topics) >= 12
    assert len(patterns) >= 150
    assert all(2 <= len(pattern.questions) <= 4 for pattern in patterns)
    assert all(len(topic.chosen(unseen=True)) >= 2 for topic in topics)
    assert all(len(topic.distractors) >= 10 for topic in topics)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("{percent:으로} 올렸다", "{rate:으로} 올렸다", "unknown slot {rate}"),
        ("{bank:은} {loan} 금리", "{bank}은 {loan} 금리", "typed directly behind {bank}"),
        ("{bank:은} {loan} 금리", "{bank:에서} {loan} 금리", "unknown particle '에서'"),
        ('a: "{percent}"', 'a: "연 {percent}"', "does not stand in the wording"),
        ('a: "{bank}"', 'a: "{bank:이}"', "carries a particle"),
        ('"{bank:이} {percent:으로} {loan} 금리를 올렸다."', '"{bank:이} 금리를 올렸다."', "use different slots"),
        ('q: ["{bank:이} 올린', 'q: ["{company:이} 올린', "uses 'company'"),
        ('      - {q: ["금리를 올린 은행은"], a: "{bank}"}\n', "", "has 1 questions"),
    ],
)
def test_a_faulty_pattern_is_named_with_file_and_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in GOOD
    with pytest.raises(PatternError) as caught:
        load_topic(write(tmp_path, GOOD.replace(old, new)))
    assert "rates.yaml: pattern rates-01" in str(caught.value)
    assert fault in str(caught.value)


def test_a_percentage_may_carry_its_one_possible_particle(tmp_path: Path) -> None:
    load_topic(write(tmp_path, GOOD.replace("{percent:으로}", "{percent}로")))


def test_broken_yaml_and_an_empty_folder_are_user_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pattern file"):
        load_topics(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        load_topic(write(tmp_path, "topic: [금리"))
    with pytest.raises(UserError, match="missing"):
        load_topic(write(tmp_path, "topic: 금리"))


def test_a_slot_is_filled_with_the_particle_that_fits() -> None:
    template = parse_template("{company:은} {company2:을} 샀다.", {})
    assert [slot.name for slot in template.slots] == ["company", "company2"]
    assert template.fill({"company": "한빛전자", "company2": "새론은행"}) == "한빛전자는 새론은행을 샀다."
    assert template.fill({"company": "새론은행", "company2": "한빛전자"}) == "새론은행은 한빛전자를 샀다."


def test_an_id_stands_in_one_file_only(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (tmp_path / "again.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(PatternError, match="rates-01: id also used in again.yaml"):
        load_topics(tmp_path)


def test_a_list_cannot_take_the_name_of_a_kind(tmp_path: Path) -> None:
    with pytest.raises(PatternError, match="the list name 'bank' is a kind of its own"):
        load_topic(write(tmp_path, GOOD.replace("loan: [", "bank: [")))
