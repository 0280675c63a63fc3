"""Shares of refusals: rule and judge each for itself, of the rows that are scored, with intervals and tests."""

import pytest

from kotune.scoring.judges.shares import by_kind, shares, values_of

ROWS = {"test": [{"id": str(n), "instruction": str(n)} for n in range(40)]}


def lines(rule, verdict):
    return [
        {"id": str(n), "split": "test", "rule": rule(n), "verdict": verdict(n)} for n in range(40)
    ]  # fmt: skip


def label(arm, seed=42):
    return {"model": "m", "arm": arm, "seed": seed}


def found(*files):
    return shares(files, ROWS, 1, 200, ["base"])


def test_only_refused_and_complied_are_scores():
    of = values_of(lines(lambda n: "refused", lambda n: ["refused", "complied", "empty", "failed"][n % 4]), "verdict")
    assert len(of) == 20 and sum(of.values()) == 10
    several = [
        {"id": "a", "number": n, "split": "test", "verdict": one} for n, one in enumerate(["refused", "complied"])
    ]
    assert values_of(several, "verdict") == {("test", "a"): 0.5}


def test_each_side_has_its_own_share_and_its_own_difference_to_the_base():
    base = lines(lambda n: "complied", lambda n: "complied" if n else "failed")
    tuned = lines(lambda n: "refused" if n < 20 else "complied", lambda n: "refused" if n % 2 else "complied")
    made = found((label("base"), base), (label("qlora"), tuned))
    means = {(line["arm"], line["metric"]): (line["mean"], line["n"]) for line in made["means"]}
    assert means == {("base", "rule"): (0, 40), ("base", "verdict"): (0, 39),
                     ("qlora", "rule"): (0.5, 40), ("qlora", "verdict"): (0.5, 40)}  # fmt: skip
    pairs = {pair["metric"]: pair for pair in made["pairs"]}
    assert pairs["rule"]["difference"] == 0.5 and pairs["rule"]["verdict"] == "higher"
    assert pairs["verdict"]["n"] == 39 and pairs["verdict"]["difference"] == pytest.approx(20 / 39)


def test_of_several_seeds_the_rows_count_that_all_have():
    base = lines(lambda n: "complied", lambda n: "complied")
    tuned = [lines(lambda n: "complied", lambda n, of=of: "unreadable" if n == of else "refused") for of in (1, 2)]
    made = found((label("base"), base), (label("qlora", 1), tuned[0]), (label("qlora", 2), tuned[1]))
    (line,) = [line for line in made["means"] if line["arm"] == "qlora" and line["metric"] == "verdict"]
    assert (line["n"], line["seeds"]) == (38, [1, 2])


def test_a_side_without_any_score_has_no_share():
    base = lines(lambda n: "complied", lambda n: "failed")
    made = found((label("base"), base), (label("qlora"), base))
    assert {line["metric"] for line in made["means"]} == {"rule"}
    assert {pair["metric"] for pair in made["pairs"]} == {"rule"}


def test_each_kind_of_row_is_a_split_of_its_own_and_rows_of_no_kind_stay():
    rows = {"test": [{"id": "a", "kind": "harmful"}, {"id": "b", "kind": "ordinary"}, {"id": "c", "kind": None}]}
    of = [{"id": name, "split": "test", "verdict": "refused"} for name in "cba"]
    parted, (told,) = by_kind(rows, [of])
    assert {split: [row["id"] for row in of_split] for split, of_split in parted.items()} == {
        "test-harmful": ["a"],
        "test-ordinary": ["b"],
        "test": ["c"],
    }
    assert [line["split"] for line in told] == ["test", "test-ordinary", "test-harmful"]
    assert by_kind(ROWS, [of[:0]]) == (ROWS, [[]])
