"""Study econ-qa, shortened, as a new user runs the main job: `make report`. What the whole study shows: test_studies.py."""

import json
import re

from checkout import planned

STUDY = "results/mini/econ-qa"


def test_everything_that_was_promised_is_there(short):
    folder, _ = short
    for name in ("numbers.json", "costs.json", "paper.pdf", "report.html"):
        assert (folder / "results/mini" / name).stat().st_size > 1000
    for table in ("baseline", "training", "tuned", "ensembles", "members", "examples", "published", "provenance"):
        for ending in ("csv", "md", "tex"):
            assert (folder / STUDY / f"tables/{table}.{ending}").stat().st_size > 50
    for figure in ("baseline", "training-curves", "tuned", "ensembles"):
        assert (folder / STUDY / f"figures/{figure}.svg").is_file()
        assert (folder / STUDY / f"figures/{figure}.png").is_file()


def test_no_ensemble_beats_its_upper_bound(short):
    found = json.loads((short[0] / STUDY / "statistics.json").read_text(encoding="utf-8"))["means"]
    means = {(one["arm"], one["split"]): one["mean"] for one in found if one["metric"] == "char_f1"}
    for split in ("test", "test-unseen"):
        for method in ("majority", "f1_sum", "majority_then_f1", "stacking"):
            assert means[method, split] <= means["oracle", split] + 1e-12


def test_the_selection_names_winner_rule_and_reasons(short):
    selection = json.loads((short[0] / STUDY / "selection.json").read_text(encoding="utf-8"))
    assert selection["winner"] == {key: selection["ranking"][0][key] for key in ("model", "arm")}
    assert selection["split"] == "valid" and selection["rule"] and selection["reasons"]


def test_every_number_names_records_that_exist(short):
    folder, _ = short
    numbers = json.loads((folder / "results/mini/numbers.json").read_text(encoding="utf-8"))
    assert len(numbers) > 300
    for key, number in numbers.items():
        assert number["records"], key
        for record in number["records"]:
            places = (folder / "results/mini" / record, folder / record)
            assert any(place.is_file() for place in places), f"{key}: {record}"


def test_records_hold_no_time_stamp_host_or_machine_path(short):
    folder, _ = short
    records = list((folder / "results/mini").rglob("*record.json"))
    assert records
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert str(folder) not in text
        assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text)
        assert {"kind", "asked", "with", "on", "cost", "found", "commit"} == set(json.loads(text))


def test_the_terminal_shows_one_line_a_job_and_no_library_noise(short):
    _, shown = short
    jobs = [
        line for line in shown.splitlines() if re.match(r"(trained|answered|scored|combined|prompts of|rows of) ", line)
    ]
    assert len(jobs) == 2 + 5 + 10 + 5 + 3 + 1
    for noise in ("Warning", "it/s", "%|", "Traceback", "HTTP"):
        assert noise not in shown


def test_nothing_is_left_to_do(short):
    assert planned(short[0]) == {}


def test_report_html_holds_tables_figures_and_captions(short):
    page = (short[0] / "results/mini/report.html").read_text(encoding="utf-8")
    for shown in ("tuned.svg", "tuned.html", "ensembles.svg", "paper.pdf", "training-curves.svg"):
        assert shown in page
    assert "Bands are 95 % intervals of each score" in page


def test_the_first_page_says_what_mini_scale_can_show(short):
    paper = short[0] / "results/mini/paper"
    report = json.loads((paper / "data/report.json").read_text(encoding="utf-8"))
    assert report["notice"].startswith("This is a mini-scale run.") and "mini 규모" in report["notice_ko"]
    front = (paper / "parts/front.typ").read_text(encoding="utf-8")
    assert "report.notice" in front and "report.notice_ko" in front
