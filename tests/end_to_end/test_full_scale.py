"""`scale=full` from download to paper and submission: a hub on loopback serves stand-ins under the real ids.

One run of the toy study on an open.zip whose sample has an order, quotes and line ends of its own, with a candidate
that cannot be had, marks at which answers are cut, and curves mirrored offline.
"""

import csv
import io
import json
import subprocess
import sys

import dacon_rows
import pytest
import toy_study
import yaml
from checkout import ROOT, environment
from hub_server import Hub, klue_mrc
from shortened import rewrite
from toy_study import LLAMA, MODELS, NAME, QWEN, bundled_rows

from kotune.core.storage import read_json, read_jsonl, read_parquet

STUDY = f"results/full/{NAME}"
MISSING = "exaone-3.5-2.4b-instruct"
ON_OPEN_ZIP = ("--config", "scale=full", f"data={{{NAME}: rows/open.zip}}")


def on_a_laptop(folder):
    """Cap the steps of the full scale and let it run on a CPU; everything else stays as it is."""

    def scale(content):
        content["compute"] = {"device": "cpu", "dtype": "float32", "threads": 1}
        content["trainer"] |= {"bf16": False, "optim": "adamw_torch", "gradient_checkpointing": False, "max_steps": 4}
        content["trainer"] |= {"logging_steps": 2, "save_steps": 2, "per_device_train_batch_size": 4}
        content["quantization"] = {"bnb_4bit_compute_dtype": "float32"}
        content["generation"] = {"batch_size": 16, "max_new_tokens": 12}
        content |= {"embedder": "char-ngrams", "tracking": "offline"}
        content["resources"] = {"gpu": 0, "mem_mb": 2000, "runtime": 20}

    def study(content):
        content["candidates"].append(MISSING)
        content["may_be_missing"] = [MISSING]

    def cut(prompt):
        families = prompt["variants"]["clean"]["families"]
        families["llama32"] = {**families["llama32"], "cut_at": [".", "\n"]}

    rewrite(folder / "config/scales/full.yaml", scale)
    rewrite(folder / f"config/studies/{NAME}.yaml", study)
    rewrite(folder / "config/prompts/econ-qa.yaml", cut)
    return folder


def csv_text(rows, names, **more):
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", **more)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def open_zip(path):
    """Write the competition's archive, the test rows without answers; return the ids in the sample's order."""
    asked = bundled_rows("test", 9)
    asked[-1]["question"] = asked[-2]["question"]
    sample = [{"id": row["id"], "answer": ""} for row in reversed(asked)]
    made = {
        "train.csv": csv_text(bundled_rows("train", 120), ["id", "context", "question", "answer"]),
        "test.csv": csv_text(asked, ["id", "context", "question"]),
        "sample_submission.csv": csv_text(sample, ["id", "answer"], quoting=csv.QUOTE_ALL, lineterminator="\r\n"),
    }
    dacon_rows.archived(path, made)
    return [row["id"] for row in sample]


@pytest.fixture(scope="module")
def hub():
    with Hub() as served:
        served.add_stand_ins()
        served.add("dataset", "klue/klue", klue_mrc(rows=60))
        yield served


def run(folder, hub, *arguments):
    """Run snakemake against the loopback hub."""
    variables = {**hub.environment(folder / "home"), "PATH": environment()["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *arguments],
        cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200,
    )  # fmt: skip


@pytest.fixture(scope="module")
def full(hub, tmp_path_factory):
    """The whole study at full scale: (folder, ids of the rows without answers, what the terminal showed)."""
    folder = on_a_laptop(toy_study.toy(tmp_path_factory.mktemp("full") / "kotune"))
    ids = open_zip(folder / "rows/open.zip")
    done = run(folder, hub, *ON_OPEN_ZIP)
    assert done.returncode == 0, done.stdout
    return folder, ids, done.stdout


def test_the_paper_names_the_real_models_and_not_mini_scale(full):
    folder = full[0]
    assert (folder / "results/full/paper.pdf").read_bytes().startswith(b"%PDF")
    models = (folder / STUDY / "tables/models.csv").read_text(encoding="utf-8")
    assert LLAMA in models and QWEN in models and "tiny-" not in models


def test_a_candidate_that_cannot_be_had_is_left_out_and_that_is_said(full):
    folder, _, said = full
    assert f"needs: {NAME}: {MISSING} is left out: " in said
    assert not (folder / STUDY / f"prompts/{MISSING}").exists()


def test_the_lock_pins_each_download_to_a_commit(full):
    lock = yaml.safe_load((full[0] / "config/hub.lock.yaml").read_text(encoding="utf-8"))
    assert sorted(lock["models"]) == sorted(MODELS)
    for model in lock["models"].values():
        assert len(model["revision"]) == 40 and len(model["files"]["model.safetensors"]["sha256"]) == 64


def test_the_adapter_names_the_hub_model_it_belongs_to(full):
    folder = full[0] / STUDY / f"adapters/{LLAMA}/qlora/seed42"
    config = read_json(folder / "adapter_config.json")
    lock = yaml.safe_load((full[0] / "config/hub.lock.yaml").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == "meta-llama/Llama-3.2-3B-Instruct"
    assert config["revision"] == lock["models"][LLAMA]["revision"]
    assert f"revision='{config['revision']}'" in (folder / "README.md").read_text(encoding="utf-8")


def test_each_submission_is_the_sample_with_answers_in_it(full):
    folder, ids, said = full
    study = folder / STUDY
    winner = read_json(study / "selection.json")["winner"]
    assert len(list((study / "submissions").rglob("*.csv"))) == 2
    for place, whose in (("selected/qlora", f"{winner['model']}/qlora"), ("ensemble/majority_then_f1", None)):
        whose = whose or place
        lines = read_jsonl(study / f"answers/own/{whose}/seed42.jsonl")
        answers = {line["id"]: line["answer"] for line in lines if line["split"] == "submission"}
        assert set(answers) == set(ids)
        cells = [("id", "answer"), *((name, answers[name]) for name in ids)]
        wanted = "".join('"{}","{}"\r\n'.format(*(cell.replace('"', '""') for cell in row)) for row in cells)
        assert (study / f"submissions/{place}/seed42.csv").read_bytes() == wanted.encode("utf-8-sig")
    assert f"seed42.csv: {len(ids)} answers of {winner['model']}/qlora" in said


def test_what_is_submitted_is_answered_by_all_and_scored_by_none(full):
    folder, ids, _ = full
    study = folder / STUDY
    assert read_parquet(study / "rows/all/submission.parquet")["id"].to_list() == list(reversed(ids))
    answered, scored = (list(study.glob(f"{kind}/**/*.jsonl")) for kind in ("answers", "scores"))
    assert len(answered) == len(scored) == 2 + 2 + 1
    for path in answered:
        assert [line["split"] for line in read_jsonl(path)].count("submission") == len(ids), path
    assert "submission" not in {line["split"] for path in scored for line in read_jsonl(path)}
    assert {line["split"] for line in read_json(study / "statistics.json")["means"]} == {"valid", "test"}
    rows = {row[0]["text"]: row for row in read_json(study / "tables/data.json")["rows"]}
    assert rows["submission"][1]["text"] == str(len(ids))


def test_cut_answers_are_counted_from_the_prompt_to_the_table(full):
    study = full[0] / STUDY
    record = read_json(study / f"answers/own/{LLAMA}/qlora/seed42.record.json")
    assert record["asked"]["generation"]["cleanup"] == {"cut_at": [".", "\n"]}
    lines = read_jsonl(study / f"answers/own/{LLAMA}/qlora/seed42.jsonl")
    assert record["found"]["cuts"]["."] == sum(line["cut"] == "." for line in lines) > 0
    assert not any("." in line["answer"] for line in lines)
    table = read_json(study / "tables/cleanup.json")["rows"]
    assert {row[0]["text"] for row in table if row[0].get("text")} == {LLAMA}
    assert sum(int(row[7]["text"]) for row in table if row[4]["text"] == ".") > 0, "a mark cut right answers in two"
    others = read_json(study / f"answers/own/{QWEN}/qlora/seed42.record.json")
    assert "cleanup" not in others["asked"]["generation"]
    prompts = json.dumps(read_json(study / f"prompts/{LLAMA}/all/econ-qa.clean/prompts.json"))
    assert "cut_at" not in prompts


def test_curves_are_mirrored_offline(full):
    runs = [path.name for path in (full[0] / "results/full/wandb").rglob("run-*.wandb")]
    assert len(runs) == 2 and any(f"{LLAMA}-qlora-seed42" in name for name in runs)


def test_a_second_run_does_nothing_and_asks_the_hub_nothing(full, hub):
    asked = len(hub.requests)
    done = run(full[0], hub, *ON_OPEN_ZIP)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout
    assert len(hub.requests) == asked


def test_the_public_substitute_is_downloaded_split_and_rendered(full, hub):
    folder = full[0]
    target = f"{STUDY}/rows/all/audit.json"
    done = run(folder, hub, "--force", target, "--config", "scale=full", f"data={{{NAME}: klue-mrc-news}}")
    assert done.returncode == 0, done.stdout
    splits = json.loads((folder / target).read_text(encoding="utf-8"))["splits"]
    assert {"train", "valid", "test"} <= set(splits) and all(
        splits[split]["rows"] for split in ("train", "valid", "test")
    )


def test_a_gated_model_is_one_message_that_says_what_to_do(hub, tmp_path):
    folder = on_a_laptop(toy_study.toy(tmp_path / "kotune"))
    open_zip(folder / "rows/open.zip")
    gated = hub.add("model", "meta-llama/Llama-3.2-3B-Instruct", ROOT / "resources/mini/models/tiny-llama3")
    gated.tokens = {"hf_somebody"}
    try:
        target = f"resources/hub/models/{LLAMA}/snapshot.json"
        done = run(folder, hub, target, *ON_OPEN_ZIP)
    finally:
        gated.tokens = None
    assert done.returncode != 0
    assert "HF_TOKEN" in done.stdout and "meta-llama/Llama-3.2-3B-Instruct" in done.stdout
    assert "Traceback" not in done.stdout
    assert "bars the run: model" in done.stdout and "--config preflight=False" in done.stdout
    assert not (folder / target).exists()


def test_a_preflight_asks_about_every_download_and_fetches_none(hub, tmp_path):
    folder = on_a_laptop(toy_study.toy(tmp_path / "kotune"))
    substitute = ("--config", "scale=full", f"data={{{NAME}: klue-mrc-news}}")
    done = run(folder, hub, "preflight", *substitute)
    assert done.returncode == 0, done.stdout
    for thing in (*(f"model {name}" for name in MODELS), "data set klue-mrc-news"):
        assert thing in done.stdout
    assert not (folder / "resources/hub").exists() and not (folder / "config/hub.lock.yaml").exists()
    repo = hub.repos["dataset", "klue/klue"]
    try:
        hub.repos.pop(("dataset", "klue/klue"))
        done = run(folder, hub, "preflight", *substitute)
    finally:
        hub.repos["dataset", "klue/klue"] = repo
    assert done.returncode == 1 and "the hub has no klue/klue, or it is private" in done.stdout, done.stdout
