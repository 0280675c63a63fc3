"""Form and content of a gain, computed again from the answers."""

from statistics import fmean

import fake_results
import polars

from kotune.core.storage import read_jsonl, read_parquet, write_parquet
from kotune.report.gather.content import content
from kotune.report.view import Report
from kotune.scoring.metrics.text import contains_gold_of, exact_match_of


def test_the_numbers_are_those_of_the_answers(plain):
    golds = {row["id"]: row["answer"] for row in read_parquet(plain.study / "rows/all/test.parquet").to_dicts()}

    def mean(arm, metric):
        lines = read_jsonl(plain.study / f"answers/own/tiny-eeve/{arm}/seed42.jsonl")
        return fmean(metric(line["answer"], golds[line["id"]]) for line in lines if line["split"] == "test")

    numbers = content(Report(plain.settings, plain.study))
    start = "econ-qa.content.qlora.tiny-eeve.test.all"
    exact, held = (mean("qlora", metric) - mean("base", metric) for metric in (exact_match_of, contains_gold_of))
    assert numbers[f"{start}.base"]["value"] == mean("base", exact_match_of)
    for part, value in (("difference", exact), ("content", held), ("form", exact - held)):
        entry = numbers[f"{start}.{part}"]
        assert abs(entry["value"] - value) < 1e-9 and entry["n"] == fake_results.SPLITS["test"]
        assert entry["low"] <= entry["value"] <= entry["high"]


def test_without_a_base_there_is_nothing_to_split(plain):
    arms = {name: arm for name, arm in plain.settings["arms"].items() if name != "base"}
    assert content(Report({**plain.settings, "arms": arms}, plain.study)) == {}


def test_a_kind_of_answers_to_one_article_alone_has_no_spread(plain, tmp_path):
    made = plain.copied(tmp_path / "one")
    path = made.study / "rows/all/test.parquet"
    frame = read_parquet(path)
    place = next(place for place, answer in enumerate(frame["answer"].to_list()) if answer.endswith("은행"))
    answers = ["3.5%"] * frame.height
    answers[place] = "새론은행"
    write_parquet(path, frame.with_columns(answer=polars.Series(answers)))
    entry = content(Report(made.settings, made.study))["econ-qa.content.qlora.tiny-eeve.test.organisation.content"]
    assert (entry["n"], entry["articles"], entry["interval"]) == (1, 1, "[no spread seen in 1]")
