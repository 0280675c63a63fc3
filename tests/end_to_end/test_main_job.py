"""The main job: what a new user gets from one command."""

import json
import re

import pytest
from checkout import planned, snakemake

STUDY = "results/mini/econ-qa"
TUNED = ["tiny-gemma2", "tiny-eeve", "tiny-solar", "tiny-qwen2"]


def means(folder, metric="char_f1"):
    found = json.loads((folder / STUDY / "statistics.json").read_text(encoding="utf-8"))["means"]
    return {(one["model"], one["arm"], one["split"]): one["mean"] for one in found if one["metric"] == metric}


def test_everything_that_was_promised_is_there(mini):
    folder, _ = mini
    for name in ("numbers.json", "costs.json", "paper.pdf"):
        assert (folder / "results/mini" / name).stat().st_size > 1000
    for table in ("baseline", "training", "tuned", "ensembles", "members", "examples", "published", "provenance"):
        for ending in ("csv", "md", "tex"):
            assert (folder / STUDY / f"tables/{table}.{ending}").stat().st_size > 50
    for figure in ("baseline", "training-curves", "tuned", "ensembles"):
        assert (folder / STUDY / f"figures/{figure}.svg").is_file()
        assert (folder / STUDY / f"figures/{figure}.png").is_file()


def test_tuning_helps_each_model_on_both_splits(mini):
    scores = means(mini[0])
    for model in TUNED:
        for split in ("test", "test-unseen"):
            assert scores[model, "qlora", split] > scores[model, "base", split]


def test_models_differ_enough_for_selection_to_mean_something(mini):
    scores = means(mini[0])
    tuned = sorted(scores[model, "qlora", "test"] for model in TUNED)
    assert tuned[-1] - tuned[0] > 0.1
    best_base = max(TUNED, key=lambda model: scores[model, "base", "test"])
    best_tuned = max(TUNED, key=lambda model: scores[model, "qlora", "test"])
    assert best_base != best_tuned  # choosing by the baseline alone would choose another model


def test_unseen_patterns_are_harder_but_far_from_hopeless(mini):
    scores = means(mini[0])
    assert 0.35 < scores["tiny-gemma2", "qlora", "test-unseen"] < scores["tiny-gemma2", "qlora", "test"]


def test_no_ensemble_beats_its_upper_bound(mini):
    scores = means(mini[0])
    for split in ("test", "test-unseen"):
        for method in ("majority", "f1_sum", "majority_then_f1", "stacking"):
            assert scores["ensemble", method, split] <= scores["ensemble", "oracle", split] + 1e-12


def test_the_selection_names_winner_rule_and_reasons(mini):
    selection = json.loads((mini[0] / STUDY / "selection.json").read_text(encoding="utf-8"))
    assert selection["winner"] == {key: selection["ranking"][0][key] for key in ("model", "arm")}
    assert selection["split"] == "valid" and selection["rule"] and selection["reasons"]


def test_every_number_names_records_that_exist(mini):
    folder, _ = mini
    numbers = json.loads((folder / "results/mini/numbers.json").read_text(encoding="utf-8"))
    assert len(numbers) > 300
    for key, number in numbers.items():
        assert number["records"], key
        for record in number["records"]:
            places = (folder / "results/mini" / record, folder / record)
            assert any(place.is_file() for place in places), f"{key}: {record}"


def test_records_hold_no_time_stamp_host_or_machine_path(mini):
    folder, _ = mini
    for record in (folder / "results/mini").rglob("*record.json"):
        text = record.read_text(encoding="utf-8")
        assert str(folder) not in text
        assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text)
        assert {"kind", "asked", "with", "on", "cost", "found", "commit"} == set(json.loads(text))


def test_the_terminal_shows_one_line_a_job_and_no_library_noise(mini):
    _, shown = mini
    jobs = [
        line for line in shown.splitlines() if re.match(r"(trained|answered|scored|combined|prompts of|rows of) ", line)
    ]
    assert len(jobs) == 4 + 9 + 14 + 5 + 5 + 1
    assert "about" in shown and "left" in shown
    for noise in ("Warning", "it/s", "%|", "Traceback", "HTTP"):
        assert noise not in shown


def test_nothing_is_left_to_do(mini):
    assert planned(mini[0]) == {}


def test_report_html_holds_tables_figures_and_captions(mini):
    folder, _ = mini
    done = snakemake(folder, "--cores", "1", "--report", "results/mini/report.html", "--quiet", "all")
    assert done.returncode == 0, done.stdout
    page = (folder / "results/mini/report.html").read_text(encoding="utf-8")
    for shown in ("tuned.svg", "tuned.html", "ensembles.svg", "paper.pdf", "training-curves.svg"):
        assert shown in page
    assert "95 % bootstrap" in page


@pytest.mark.parametrize("page", [0])
def test_the_first_page_says_what_mini_scale_can_show(mini, page):
    source = (mini[0] / "results/mini/paper").rglob("*")
    texts = [path.read_text(encoding="utf-8") for path in source if path.suffix in (".json", ".typ")]
    assert any("mini-scale run" in text for text in texts)
    assert (mini[0] / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
