"""A benchmark in the explorer: items with their options, the option that is said, and what turned by tuning."""

import harness_lines
import pytest

from kotune.core.storage import jsonl_line, read_jsonl, write_text
from kotune.harness import predictions
from kotune.report.explorer.benchmark_items import document_of

ARMS = (("base", 42, 0.3), ("tuned", 1, 0.8), ("untrained", 42, 0.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("kobest")
    harness_lines.write(made, ARMS, items=20)
    path = made / "m/requests.jsonl"
    lines = read_jsonl(path)
    for line in lines:  # as the harness writes them: shots, then the item
        question = f"{line['task']} {line['item']}: 맞아?"
        line["context"] = f"보기 하나\n\n보기 둘\n\n{question}" if line["shots"] else question
        line["shot_items"] = ["train-1", "train-2"] if line["shots"] else []
    write_text(path, "".join(map(jsonl_line, lines)))
    return made


def asked(folder, shots=5, template="none"):
    runs = [
        {"model": "m", "arm": arm, "seed": seed, "base": arm == "base", "tuned": arm == "tuned",
         "sums": str(folder / f"m/{arm}/seed{seed}/loglikelihoods.jsonl")}
        for arm, seed, _ in ARMS
    ]  # fmt: skip
    return {"requests": {"m": str(folder / "m/requests.jsonl")}, "how": ["clean", shots, template], "runs": runs}


def test_each_item_stands_once_without_its_shots_which_are_named(folder):
    made = document_of(asked(folder))
    assert made["splits"] == list(harness_lines.TASKS) and len(made["rows"]["id"]) == 20 * 5
    question, options, shots = ([made["strings"][place] for place in column] for column in made["rows"]["texts"])
    assert question[0] == "kobest_boolq test-0: 맞아?" and "보기" not in "".join(question)
    assert options[0].startswith("1. ") and set(shots) == {"train-1, train-2"}
    assert len(set(made["strings"])) == len(made["strings"])


def test_without_shots_nothing_is_named(folder):
    made = document_of(asked(folder, shots=0))
    assert set(made["rows"]["texts"][2]) == {-1}


def test_where_no_request_is_without_shots_the_last_part_is_shown(folder, tmp_path):
    harness_lines.write(tmp_path, ARMS, items=3, rows=[("clean", 5)])
    path = tmp_path / "m/requests.jsonl"
    lines = [{**line, "context": "보기\n\n물음"} for line in read_jsonl(path)]
    write_text(path, "".join(map(jsonl_line, lines)))
    made = document_of(asked(tmp_path))
    assert {made["strings"][place] for place in made["rows"]["texts"][0]} == {"물음"}


def test_what_is_right_is_what_the_tables_count(folder):
    made, requests = document_of(asked(folder)), folder / "m/requests.jsonl"
    items = predictions.read_items(requests)
    for run, (arm, seed, _) in zip(made["runs"], ARMS, strict=True):
        said = predictions.read_said(folder / f"m/{arm}/seed{seed}/loglikelihoods.jsonl", items)
        how = predictions.Asked("clean", 5, "none")
        right = [int(one) for task in made["splits"] for one in said[how, task].by_sum == items[how, task].golds]
        assert run["right"] == "".join(map(str, right)) and run["values"][0] == right
        for place, margin in enumerate(run["values"][1]):
            assert (margin > 0) == bool(right[place])
            answer, (gold,) = run["answer"][place], made["rows"]["golds"][place]
            assert (answer == gold) == bool(right[place]), "an option's text stands once"
    assert made["right"]["words"] == "right: the gold option has the highest sum"
