"""Ensembles choose the answers that their rules promise, and say what each member gave."""

import json
import random
from collections import Counter
from itertools import permutations

import combine_answers
import polars
import pytest
from ballots import ballot

from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.scoring import ensembles
from kotune.scoring.ensembles import Method
from kotune.scoring.metrics.text import char_f1_of, normalise

DATA = ROOT / "tests" / "data"
UNASKED = json.loads((DATA / "unasked_votes.json").read_text(encoding="utf-8"))["rows"]
EXAMPLE = json.loads((DATA / "ensemble_example.json").read_text(encoding="utf-8"))["rows"]


@pytest.fixture
def said(monkeypatch):
    """What the script told the terminal."""
    lines: list[str] = []
    monkeypatch.setattr(console, "say", lines.append)
    return lines


@pytest.mark.parametrize("row", EXAMPLE, ids=lambda row: row["id"])
@pytest.mark.parametrize("rule", [ensembles.f1_sum, ensembles.majority_then_f1])
def test_the_published_example(rule, row):
    assert row["answers"][rule(row["answers"])] == row["final"]


def test_majority_and_its_ties():
    assert ensembles.majority(["가", "나", "나"], favourite=0) == 1
    assert ensembles.majority(["가", "나", "다"], favourite=2) == 2
    assert ensembles.majority(["가", "나", "다"]) == 0
    # two pairs: the favourite decides when it is in one of them, else the first
    assert ensembles.majority(["가", "나", "나", "가", "다"], favourite=2) == 2
    assert ensembles.majority(["가", "나", "나", "가", "다"], favourite=4) == 0
    # raw strings are counted: a space makes another string
    assert ensembles.majority(["1.5조 원", "1.5조원", "3%", "1.5조원"], favourite=0) == 1


def test_f1_sum_and_its_ties():
    assert ensembles.f1_sum(["금리 인상", "금리", "금리 동결"]) == 1
    assert ensembles.f1_sum(["가", "나", "다"]) == 0
    assert ensembles.f1_sum(["", "-", "..."]) == 0


def test_majority_then_f1_counts_first():
    # two of five gave the same string, though a third one overlaps more with all
    answers = ["25명", "25명", "1710명", "17100명", "171명"]
    assert ensembles.majority_then_f1(answers) == 0
    assert answers[ensembles.f1_sum(answers)] == "1710명"
    # a tie of two pairs is decided among the pairs only
    answers = ["금리 인상", "물가", "금리 인상", "물가", "물가 상승률"]
    assert ensembles.majority_then_f1(answers) == 1
    # two equal answers that normalise to nothing have no F1 sum, but they are a majority
    assert ensembles.majority_then_f1(["금리", "-", "-"]) == 1
    assert ensembles.f1_sum(["금리", "-", "-"]) == 0


def test_two_to_one_both_rules_agree():
    """With two equal answers of three, the pair scores 1 + x each and the odd one 2x, which is never more."""
    dice = random.Random(7)
    letters = "가나다라마 12,%·("
    seen = Counter()
    for _ in range(3000):
        pair, odd = ("".join(dice.choices(letters, k=dice.randrange(1, 7))) for _ in range(2))
        answers = dice.choice(sorted(set(permutations([pair, pair, odd]))))
        if pair == odd or not normalise(pair):
            continue
        by_votes, by_sum = answers[ensembles.majority(answers, 0)], answers[ensembles.f1_sum(answers)]
        same_letters = char_f1_of(pair, odd) == 1.0
        seen[same_letters] += 1
        assert by_votes == pair
        # an odd answer with the very letters of the pair ties with it; then member order decides, at equal F1
        assert char_f1_of(by_sum, pair) == 1.0 if same_letters else by_sum == pair
    assert seen[False] > 1000
    assert seen[True] > 10


def test_oracle_is_the_upper_bound():
    assert ensembles.oracle(ballot(0, "물가", "금리 인상", "금리")) == 2
    assert ensembles.oracle(ballot(0, "물가", "환율", "고용")) == 0
    with pytest.raises(UserError, match="the row 'final-3' of 'final' has no gold answer"):
        ensembles.oracle(ballot(3, "a", "b", gold=None, split="final"))


def test_contributions():
    ballots = [
        ballot(0, "금리", "금리", "물가"),  # the third is wrong
        ballot(1, "환율", "고용", "금리"),  # only the third is right, the tie goes to the favourite
        ballot(2, "금리", "물가", "물가"),  # only the first is right, the vote is wrong
        ballot(3, "a", "b", "c", gold=None, split="final"),
    ]
    method = Method("majority", favourite=0)
    chosen = ensembles.choose(method, ballots)
    lines = {line["member"]: line for line in ensembles.contributions(method, ballots, chosen, ["A", "B", "C"])}
    assert {line["split"] for line in lines.values()} == {"valid"}  # no gold answers, no contributions
    assert [lines[name]["chosen"] for name in "ABC"] == [2, 1, 0]
    assert [lines[name]["gave"] for name in "ABC"] == [2, 2, 1]
    assert [lines[name]["sole_correct"] for name in "ABC"] == [1, 0, 1]
    assert [lines[name]["char_f1"] for name in "ABC"] == [pytest.approx(1 / 3)] * 3
    # without B the favourite A wins each tie and gets two of three right
    assert lines["B"]["without"] == pytest.approx(2 / 3)
    assert lines["B"]["contribution"] == pytest.approx(-1 / 3)
    # without A nobody is favoured and ties go to B
    assert lines["A"]["without"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "row", UNASKED, ids=lambda row: "-".join("x" if one is None else one for one in row["answers"])
)
@pytest.mark.parametrize("method", ["majority", "f1_sum", "majority_then_f1", "oracle"])
def test_who_was_not_asked_has_no_vote(method, row):
    given = ballot(0, *row["answers"], gold=row["gold"])
    assert ensembles.choose(Method(method, favourite=0), [given]) == [row[method]]


def test_the_oracle_bounds_the_metric_that_it_maximises_alone():
    assert [ensembles.bounds("oracle", metric) for metric in ("char_f1", "exact_match", "similarity")] == [
        True, False, False,
    ]  # fmt: skip
    assert not any(ensembles.bounds(method, "char_f1") for method in ensembles.USABLE)


def test_contributions_where_members_were_not_asked():
    ballots = [
        ballot(0, None, "금리", "물가"),
        ballot(1, "환율", "고용", "금리"),
        ballot(2, None, None, "금리"),
        ballot(3, None, None, None),
    ]
    method = Method("majority", favourite=0)
    chosen = ensembles.choose(method, ballots)
    assert chosen == [1, 0, 2, None]
    lines = {line["member"]: line for line in ensembles.contributions(method, ballots, chosen, ["A", "B", "C"])}
    assert [lines[name]["asked"] for name in "ABC"] == [1, 2, 3]
    assert [lines[name]["chosen"] for name in "ABC"] == [1, 1, 1]
    assert [lines[name]["gave"] for name in "ABC"] == [1, 1, 1]
    assert [lines[name]["sole_correct"] for name in "ABC"] == [0, 1, 2]
    assert lines["A"]["rows"] == 4 and lines["A"]["char_f1"] == 0.5  # nobody's row counts 0
    # without C nobody answers the third row either; without A the tie of the second goes to B, as wrong as A
    assert (lines["C"]["without"], lines["A"]["without"]) == (0.25, 0.5)
    # or only the row that all were asked
    common = ensembles.contributions(method, ballots, chosen, ["A", "B", "C"], overlong="leave_out")
    assert [(line["rows"], line["asked"], line["char_f1"]) for line in common] == [(1, 1, 0.0)] * 3
    assert ensembles.contributions(method, ballots[2:], chosen[2:], ["A", "B", "C"], overlong="leave_out") == []


def test_two_members_have_no_ensemble_without_one():
    ballots = [ballot(0, "금리", "물가"), ballot(2, "금리", "금리")]
    lines = ensembles.contributions(Method("f1_sum"), ballots, [0, 0], ["A", "B"])
    assert [(line["without"], line["contribution"]) for line in lines] == [(None, None)] * 2


# the answer file


def combine(tmp_path, method, members, rows, **settings):
    """``members``: name → {id: answer}; ``rows``: id → gold."""
    frame = {
        "id": list(rows),
        "answer": list(rows.values()),
        "context": ["기사"] * len(rows),
        "question": ["?"] * len(rows),
    }
    frame["article"] = [f"a{number // 2}" for number in range(len(rows))]
    polars.DataFrame(frame, schema_overrides={"answer": polars.String}).write_parquet(tmp_path / "valid.parquet")
    files = []
    for name, given in members.items():
        files.append(tmp_path / f"{name}.jsonl")
        lines = [
            {"id": id, "split": "valid", "answer": answer, "raw": f"{answer}\n"}
            if answer is not None
            else {"id": id, "split": "valid", "answer": "", "raw": "", "finish_reason": "excluded"}
            for id, answer in given.items()
        ]
        files[-1].write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    output, record = tmp_path / "out" / "seed1.jsonl", tmp_path / "out" / "seed1.record.json"
    settings = {
        "method": method,
        "members": list(members),
        "favourite": "A",
        "seed": 1,
        "train_split": "valid",
        **settings,
    }
    combine_answers.main(
        [
            *("--settings", json.dumps(settings), "--answers", *map(str, files)),
            *("--rows", str(tmp_path / "valid.parquet"), "--output", str(output), "--record", str(record)),
        ]
    )
    return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()], json.loads(
        record.read_text()
    )


MEMBERS = {
    "A": {"r1": "금리", "r2": "물가 하락", "r3": "3%"},
    "B": {"r1": "금리", "r2": "물가 상승", "r3": "3%"},
    "C": {"r1": "물가", "r2": "물가", "r3": "3%"},
}
GOLDS = {"r1": "금리", "r2": "물가", "r3": "3%"}


def test_an_ensemble_is_an_answer_file_like_any_other(tmp_path, said):
    lines, record = combine(tmp_path, "majority_then_f1", MEMBERS, GOLDS)
    assert [(line["id"], line["answer"], line["chosen"]) for line in lines] == [
        ("r1", "금리", "A"),
        ("r2", "물가", "C"),
        ("r3", "3%", "A"),
    ]
    expected = {"id": "r2", "split": "valid", "answer": "물가", "raw": "물가\n", "finish_reason": "combined"}
    assert lines[1] == {**expected, "new_tokens": 0, "cut": None, "chosen": "C"}
    assert said == ["combined 3 members by majority_then_f1: 3 answers, taken from A 2, B 0, C 1"]
    assert record["kind"] == "answers"
    assert record["asked"]["members"] == ["A", "B", "C"]
    assert {"answers/A", "answers/B", "answers/C", "rows/valid", "answers"} == set(record["with"]["files"])
    assert record["found"]["upper_bound"] is False
    assert [line["sole_correct"] for line in record["found"]["contributions"]] == [0, 0, 1]


@pytest.mark.parametrize("method", ["majority", "f1_sum", "majority_then_f1", "oracle"])
def test_a_row_that_nobody_was_asked_has_an_empty_answer_and_is_counted(tmp_path, said, method):
    members = {**MEMBERS, "A": {**MEMBERS["A"], "r1": None, "r2": None}, "B": {**MEMBERS["B"], "r2": None}}
    members["C"] = {**MEMBERS["C"], "r2": None}
    lines, record = combine(tmp_path, method, members, GOLDS)
    assert [(line["answer"], line["chosen"]) for line in lines] == [("금리", "B"), ("", None), ("3%", "A")]
    assert lines[1] == {
        "id": "r2", "split": "valid", "answer": "", "raw": "", "finish_reason": "excluded", "new_tokens": 0,
        "cut": None, "chosen": None,
    }  # fmt: skip
    assert said == [
        f"combined 3 members by {method}: 3 answers, taken from A 1, B 1, C 0; on 1 rows not every member was asked and "
        "fewer voted; 1 rows nobody was asked: their answers are empty"
    ]
    votes = record["found"]["votes"]["valid"]
    assert votes == {"asked": {"A": 1, "B": 2, "C": 2}, "voters": {"3": 1, "2": 1, "0": 1}}


def test_the_oracle_is_marked(tmp_path):
    lines, record = combine(tmp_path, "oracle", MEMBERS, GOLDS)
    assert [line["answer"] for line in lines] == ["금리", "물가", "3%"]
    assert record["found"]["upper_bound"] is True


def test_stacking_record_says_what_it_was_fitted_on(tmp_path):
    _, record = combine(tmp_path, "stacking", MEMBERS, GOLDS)
    assert record["found"]["fitted_on"] == "valid"
    with pytest.raises(UserError, match="no gold answer to fit on"):
        combine(tmp_path, "stacking", MEMBERS, {**GOLDS, "r2": None})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": {**MEMBERS, "B": {"r1": "a", "r3": "b"}}}, "B.jsonl: no answer for the row 'r2' of 'valid'"),
        ({"members": {**MEMBERS, "A": {"r1": "a", "r3": "b"}}}, "A.jsonl: no answer for the row 'r2' of 'valid'"),
        ({"members": {**MEMBERS, "C": {**MEMBERS["C"], "r9": "a"}}}, "A.jsonl: no answer for the row 'r9' of 'valid'"),
        ({"members": {"A": MEMBERS["A"]}}, "two or more different members"),
        ({"favourite": "Z"}, "the favourite 'Z' is no member of the ensemble: A, B, C"),
        ({"method": "majorty"}, "unknown ensemble method 'majorty'; did you mean 'majority'?"),
    ],
)
def test_bad_ensembles_are_refused(tmp_path, change, message):
    wanted = {"method": "majority", "members": MEMBERS, "rows": GOLDS, **change}
    with pytest.raises(UserError) as error:
        combine(tmp_path, **wanted)
    assert message in str(error.value)
    assert not (tmp_path / "out").exists()
