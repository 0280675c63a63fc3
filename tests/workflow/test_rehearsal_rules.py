"""The rehearsal's rules from end to end: shrunken shapes on a CPU, with the assumed lengths and with rows of one's own."""

import csv
import json

import pytest
import toy_study
from checkout import snakemake
from shortened import CAPS, rewrite

from kotune.core.errors import UserError
from kotune.study.scales import lens_at


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository whose rehearsal runs shrunken shapes on a CPU."""
    folder = toy_study.toy(tmp_path_factory.mktemp("rehearsal") / "kotune")

    def scale(content):
        content["rehearsal"] |= {
            "warmup_steps": 1,
            "timed_steps": 2,
            "prompts": 2,
            "max_tokens": 96,
            "shape_caps": CAPS,
        }
        content["compute"] = {"device": "cpu", "dtype": "float32", "threads": 1}
        content["trainer"] = {"optim": "adamw_torch", "bf16": False, "gradient_checkpointing": False}
        content["generation"] = {"max_new_tokens": 4}

    rewrite(folder / "config/scales/rehearsal.yaml", scale)
    return folder


@pytest.mark.slow
def test_the_table_of_a_rehearsal(copy):
    done = snakemake(copy, "--cores", "1", "--config", "scale=rehearsal")
    assert done.returncode == 0, done.stdout
    assert "rehearsal of toy on cpu: 4 of 4 fit" in done.stdout
    folder = copy / "results/rehearsal/toy"
    for ending in ("csv", "md", "tex", "html", "json"):
        assert (folder / f"tables/rehearsal.{ending}").is_file()
    with open(folder / "tables/rehearsal.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["basis"] for row in rows if row["card"] == "cpu"] == ["measured, shrunken shape"] * 4
    assert {row["card"] for row in rows} >= {"T4 16 GB", "RTX 4090 24 GB", "A100 40 GB", "A100 80 GB", "H200 141 GB"}
    again = snakemake(copy, "--cores", "1", "--config", "scale=rehearsal")
    assert "Nothing to be done" in again.stdout, again.stdout


@pytest.mark.slow
def test_lengths_come_from_rows_that_are_brought(copy):
    target = "results/rehearsal/toy/rehearsal/qwen2.5-3b-instruct/base.json"
    own = "data={toy: resources/mini/econ-news/train.csv.xz}"
    done = snakemake(copy, "--cores", "1", target, "--forcerun", "rehearse_arm", "--config", "scale=rehearsal", own)
    assert done.returncode == 0, done.stdout
    found = json.loads((copy / target).read_text(encoding="utf-8"))
    assert found["lengths"]["from"] == "rows that were brought; 2 characters a token, assumed"
    assert 0 < found["lengths"]["rows"]["train"] < 88


def test_without_a_gpu_there_is_one_clear_error(copy):
    rewrite(copy / "config/scales/rehearsal.yaml", lambda scale: scale["compute"].update(device="auto"))
    target = "results/rehearsal/toy/rehearsal/qwen2.5-3b-instruct/base.json"
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = snakemake(copy, "--cores", "1", target, "--forcerun", "rehearse_arm", "--config", "scale=rehearsal")
    assert done.returncode != 0
    assert "error: a rehearsal needs a GPU, and torch sees none here" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_mistyped_key_of_the_scale_is_named(copy):
    rewrite(copy / "config/scales/rehearsal.yaml", lambda scale: scale["rehearsal"].update(timed_step=3))
    with pytest.raises(
        UserError,
        match=r"rehearsal.yaml: key 'rehearsal': unknown key 'timed_step'; did you mean 'timed_steps'\?",
    ):
        lens_at("rehearsal", copy)
