"""A user's own rows: one file, loose files or open.zip, from the command line to the submission."""

import csv
import io
import json
import shutil
import zipfile

import dacon_rows
import pytest
from checkout import ROOT, copy_to, planned, snakemake
from shortened import rewrite, shorten

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, read_parquet
from kotune.study import resolve

BUNDLED = ROOT / "resources/mini/econ-news"


@pytest.fixture
def config():
    return {
        key: value
        for name in ("config", "models", "datasets")
        for key, value in read_yaml(ROOT / f"config/{name}.yaml").items()
    }


def test_a_fault_in_what_was_published_is_named_at_the_start(config, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    rewrite(tmp_path / "config/published/econ-qa.yaml", lambda file: file["scores"][0].update(markk="SEEN"))
    with pytest.raises(
        UserError, match="published/econ-qa.yaml: key 'scores.0': unknown key 'markk'; did you mean 'mark'"
    ):
        resolve.study_at("econ-qa", config, tmp_path)


def test_the_printed_kobest_values_are_counts_of_rows():
    for score in read_yaml(ROOT / "config/published/kobest.yaml")["scores"]:
        if "right" in score:
            share, rows = score["right"] / score["rows"], score["rows"]
            assert round(share, 4) == score["value"]
            assert round((share * (1 - share) / (rows - 1)) ** 0.5, 4) == score["stderr"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("open.zip", b"<html>", "open.zip: not a whole archive"),
        ("data.zip", None, "holds no train.csv"),
    ],
)
def test_a_broken_archive_stops_the_run_with_one_line(tmp_path, name, content, message):
    path = tmp_path / name
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("test.csv", "id\n")
    else:
        path.write_bytes(content)
    done = snakemake(ROOT, "--cores", "1", "-n", "--config", f"data={{'econ-qa': '{path}'}}")
    assert done.returncode != 0
    assert message in done.stdout
    assert "Traceback" not in done.stdout


def test_submissions_are_planned_where_there_is_something_to_submit(tmp_path):
    path = dacon_rows.archived(tmp_path / "open.zip", dacon_rows.texts(50, 10))
    assert planned(ROOT, "--forceall", "--config", f"data={{'econ-qa': '{path}'}}")["write_submission"] == 2
    assert "write_submission" not in planned(ROOT, "--forceall")


def bundled_rows(split, count):
    with (BUNDLED / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[:count]


def written(rows, names, **more):
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", **more)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A short run on an open.zip of bundled rows, whose sample has an order, quotes and line ends of its own."""
    folder = shorten(copy_to(tmp_path_factory.mktemp("own") / "kotune"))
    rewrite(folder / "config/scales/mini.yaml", lambda scale: scale["trainer"].update(max_steps=4))
    marks = {"cut_at": [".", "\n"]}
    rewrite(
        folder / "config/prompts/econ-qa.yaml",
        lambda prompt: prompt["variants"]["clean"]["families"]["gemma2"].update(marks),
    )
    asked = bundled_rows("test", 9)
    sample = [{"id": row["id"], "answer": ""} for row in reversed(asked)]
    made = {
        "train.csv": written(bundled_rows("train", 200), ["id", "context", "question", "answer"]),
        "test.csv": written(
            [*asked[:-1], asked[-1] | {"question": asked[-2]["question"]}], ["id", "context", "question"]
        ),
        "sample_submission.csv": written(sample, ["id", "answer"], quoting=csv.QUOTE_ALL, lineterminator="\r\n"),
    }
    given = ["--config", f"data={{'econ-qa': '{dacon_rows.archived(folder / 'rows/open.zip', made)}'}}"]
    done = snakemake(folder, "--cores", "2", *given)
    assert done.returncode == 0, done.stdout
    return folder / "results/mini/econ-qa", [row["id"] for row in sample], planned(folder, *given), done.stdout


def test_each_submission_is_the_sample_with_answers_in_it(ran):
    study, ids, _, said = ran
    winner = read_json(study / "selection.json")["winner"]
    for place, whose in (("selected/qlora", f"{winner['model']}/qlora"), ("ensemble/majority_then_f1", None)):
        whose = whose or place
        lines = read_jsonl(study / f"answers/own/{whose}/seed42.jsonl")
        answers = {line["id"]: line["answer"] for line in lines if line["split"] == "submission"}
        assert set(answers) == set(ids)
        cells = [("id", "answer"), *((name, answers[name]) for name in ids)]
        wanted = "".join('"{}","{}"\r\n'.format(*(cell.replace('"', '""') for cell in row)) for row in cells)
        assert (study / f"submissions/{place}/seed42.csv").read_bytes() == wanted.encode("utf-8-sig")
    assert f"seed42.csv: 9 answers of {winner['model']}/qlora" in said


def test_what_is_submitted_is_answered_by_all_and_scored_by_none(ran):
    study, ids, _, _ = ran
    assert read_parquet(study / "rows/all/submission.parquet")["id"].to_list() == list(reversed(ids))
    for path in sorted((study / "answers").rglob("*.jsonl")):
        splits = [line["split"] for line in read_jsonl(path)]
        assert splits.count("submission") == (0 if "oracle" in path.parts else len(ids)), path
    assert "submission" not in {
        line["split"] for path in study.rglob("scores/own/*/*/*.jsonl") for line in read_jsonl(path)
    }
    assert {line["split"] for line in read_json(study / "statistics.json")["means"]} == {"valid", "test"}
    rows = {row[0]["text"]: row for row in read_json(study / "tables/data.json")["rows"]}
    assert rows["submission"][1]["text"] == "9"


def test_cut_answers_are_counted_from_the_prompt_to_the_table(ran):
    study = ran[0]
    record = read_json(study / "answers/own/tiny-gemma2/qlora/seed42.record.json")
    assert record["asked"]["generation"]["cleanup"] == {"cut_at": [".", "\n"]}
    lines = read_jsonl(study / "answers/own/tiny-gemma2/qlora/seed42.jsonl")
    assert record["found"]["cuts"]["."] == sum(line["cut"] == "." for line in lines) > 0
    assert not any("." in line["answer"] for line in lines)
    table = read_json(study / "tables/cleanup.json")["rows"]
    assert {row[0]["text"] for row in table if row[0].get("text")} == {"tiny-gemma2"}
    assert sum(int(row[7]["text"]) for row in table if row[4]["text"] == ".") > 0, "a mark cut right answers in two"
    others = read_json(study / "answers/own/tiny-qwen2/qlora/seed42.record.json")
    assert "cleanup" not in others["asked"]["generation"]
    prompts = json.dumps(read_json(study / "prompts/tiny-gemma2/all/econ-qa.clean/prompts.json"))
    assert "cut_at" not in prompts


def test_a_second_run_has_nothing_to_do(ran):
    assert ran[2] == {}
