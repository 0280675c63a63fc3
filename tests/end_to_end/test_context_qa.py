"""Study context-qa from nothing: census, selection, the winner tuned to answer and to reason, the chapter.

Small: short reports, a few rows and steps. What the whole study shows: test_studies.py.
"""

import csv
import json
import lzma

import pytest
from checkout import ROOT, copy_to, planned, snakemake
from shortened import rewrite, write_rows

ONLY = "studies=[context-qa]"
MINI = "results/mini/context-qa"
COUNTS = {"train": 24, "valid": 8, "test": 8}
FEW_STEPS = {
    "max_steps": 4, "logging_steps": 2, "eval_steps": 2, "save_steps": 2, "warmup_steps": 1,
    "per_device_train_batch_size": 4, "per_device_eval_batch_size": 4, "gradient_accumulation_steps": 1,
}  # fmt: skip


def short_rows(split, most=900):
    """Return the first of the bundled rows whose report is short."""
    with lzma.open(ROOT / f"resources/mini/long-reports/{split}.csv.xz", "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if len(row["context"]) <= most][: COUNTS[split]]


def shorten(folder):
    """Make a copy's study small."""
    for split in COUNTS:
        write_rows(folder / f"resources/mini/long-reports/{split}.csv.xz", short_rows(split))

    def study(content):
        content["statistics"]["resamples"] = 500
        content["scales"]["mini"]["trainer"] |= FEW_STEPS
        content["scales"]["mini"]["generation"] |= {"max_new_tokens": 12, "reasoning_tokens": 24}

    rewrite(folder / "config/studies/context-qa.yaml", study)
    return folder


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    folder = shorten(copy_to(tmp_path_factory.mktemp("context-qa") / "kotune"))
    done = snakemake(folder, "--cores", "2", "--config", ONLY)
    assert done.returncode == 0, done.stdout
    return folder


def read(folder, name):
    return json.loads((folder / MINI / name).read_text(encoding="utf-8"))


def lines(folder, name):
    return [json.loads(line) for line in (folder / MINI / name).read_text(encoding="utf-8").splitlines()]


def test_the_chapter_is_printed(mini):
    assert (mini / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    for table in (
        "census",
        "windows",
        "decision",
        "other-rules",
        "boards",
        "embedders",
        "embedder-agreement",
        "curves",
        "samples",
    ):
        for ending in ("csv", "md", "tex", "html", "json"):
            assert (mini / MINI / f"tables/{table}.{ending}").stat().st_size
    assert (mini / MINI / "figures/census.png").stat().st_size


def test_a_short_window_is_excluded_by_the_rule_with_its_reason(mini):
    selection, census = read(mini, "selection.json"), read(mini, "census.json")
    out = {one["model"] for one in selection["excluded"]}
    assert "long-gemma2" in out
    assert out == {one["name"] for one in census["models"] if one["excluded"]}
    for one in selection["excluded"]:
        assert f"{one['model']} is excluded: {one['reason']}." in selection["reasons"]
    assert selection["winner"]["model"] not in out


def test_the_selected_model_is_the_one_that_is_tuned(mini):
    winner = read(mini, "selection.json")["winner"]["model"]
    for arm in ("clean", "as_published"):
        record = read(mini, f"adapters/selected/{arm}/seed42/record.json")
        assert record["asked"]["model"]["name"] == winner
        adapter = json.loads((mini / MINI / f"adapters/selected/{arm}/seed42/adapter_config.json").read_text())
        assert adapter["base_model_name_or_path"].endswith(winner)
    clean, published = (read(mini, f"adapters/selected/{arm}/seed42/record.json") for arm in ("clean", "as_published"))
    assert published["asked"]["recipe"]["loss"] == "all" and clean["asked"]["recipe"]["loss"] == "completion"
    assert published["found"]["target_tokens"] > 3 * clean["found"]["target_tokens"]


def test_answers_have_both_parts_and_each_is_scored(mini):
    answers = lines(mini, "answers/own/selected/clean/seed42.jsonl")
    assert all({"answer", "reasoning", "reasoning_finish_reason"} <= set(line) for line in answers)
    metrics = {line["metric"] for line in lines(mini, "scores/own/selected/clean/seed42.jsonl")}
    assert {"similarity", "rouge_l", "answer_chars", "reasoning_similarity", "consistency"} <= metrics


def test_the_selected_base_stands_beside_what_it_was_tuned_to(mini):
    statistics, winner = read(mini, "statistics.json"), read(mini, "selection.json")["winner"]["model"]
    means = {(one["model"], one["arm"], one["split"], one["metric"]): one["mean"] for one in statistics["means"]}
    assert means["selected", "base", "test", "similarity"] == means[winner, "base", "test", "similarity"]
    names = {one["name"] for one in statistics["pairs"]}
    assert {"clean-vs-base", "as_published-vs-base", "between-arms", "between-candidates"} <= names


def test_training_was_watched(mini):
    curve = lines(mini, "adapters/selected/clean/seed42/curve.jsonl")
    assert [line["step"] for line in curve if "eval_loss" in line] == [2, 4]
    samples = [line for line in curve if "samples" in line]
    assert samples and all(one["gold"] for line in samples for one in line["samples"])
    with open(mini / MINI / "tables/curves.csv", encoding="utf-8", newline="") as file:
        assert {row["arm"] for row in csv.DictReader(file)} == {"clean", "as_published"}


def test_a_second_run_does_nothing(mini):
    done = snakemake(mini, "--cores", "1", "--config", ONLY)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout


def test_another_tie_break_selects_anew_and_tunes_again_what_it_selects(mini):
    study = mini / "config/studies/context-qa.yaml"
    kept = study.read_bytes()
    rewrite(study, lambda content: content["selection"].update(tie_breaks=["speed"]))
    jobs = planned(mini, "--config", ONLY)
    study.write_bytes(kept)
    assert jobs["select_model"] == 1
    assert jobs["train_adapter"] == jobs["answer_prompts"] == jobs["score_answers"] == 2  # both arms of the selected
    assert not {"prepare_rows", "count_tokens"} & set(jobs)  # the candidates stay as they are


def test_rows_without_reasons_switch_its_parts_off(mini):
    done = snakemake(mini, "--cores", "1", "-n", "-p", "--forceall", "--config", ONLY, "data={context-qa: klue-mrc}")
    assert done.returncode == 0, done.stdout
    assert "consistency" not in done.stdout and "reasoning_tokens" not in done.stdout


def test_own_rows_without_the_column_say_what_to_do(tmp_path):
    folder = copy_to(tmp_path / "kotune")
    rows = [{"context": f"본문 {n}", "question": "무엇인가?", "answer": "본문"} for n in range(12)]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    target = f"{MINI}/rows/all/audit.json"
    done = snakemake(folder, "--cores", "1", target, "--config", ONLY, "data={context-qa: rows.jsonl}")
    assert done.returncode != 0 and "cot_answer" in done.stdout and "Traceback" not in done.stdout
    given = [ONLY, "data={context-qa: rows.jsonl}", "without_reasoning=[context-qa]"]
    done = snakemake(folder, "--cores", "1", target, "--config", *given)
    assert done.returncode == 0, done.stdout
    assert read(folder, "rows/all/audit.json")["splits"]["train"]["rows"]
