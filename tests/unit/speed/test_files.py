"""A folder of measurements becomes one document a card; what does not belong there is named."""

import benchmark_gpu
import pytest

from kotune.core.catalogue import benchmarks_at
from kotune.core.errors import UserError
from kotune.core.storage import read_json, write_json
from kotune.speed.files import collect, slug


def one(name: str, speed: int, **more) -> dict:
    return {
        "name": name,
        "card": "NVIDIA H200",
        "tokens_per_second": speed,
        "gib": 10.0,
        "repeats": [1, speed],
        **more,
    }


def test_a_folder_becomes_a_document(tmp_path):
    write_json(
        tmp_path / "training-fused.json", one("fused", 40000, packages={"torch": "2.11.0"}, passes={"way": "fused"})
    )
    write_json(tmp_path / "unsloth.json", one("unsloth", 33000, unsloth="2026.10.9", passes=15))
    arm = {"prompts_per_second": 70.0, "new_tokens_per_second": 4000.0, "seconds": 3.0}
    answers = {
        "name": "packed",
        "card": "NVIDIA H200",
        "gib": 3.0,
        "prompts": 256,
        "new_tokens": 64,
        "tuned": arm,
        "base": arm,
    }
    write_json(tmp_path / "answering-packed.json", answers)
    benchmark_gpu.main(["--collect", "1 May", "--output-dir", str(tmp_path)])
    made = read_json(tmp_path / "collected/nvidia-h200.json")
    assert [(line["name"], line["by"], line.get("way")) for line in made["training"]] == [
        ("fused", "kotune", "fused"),
        ("unsloth", "Unsloth 2026.10.9", None),
    ]
    assert made["answering"][0]["tuned"]["prompts_per_second"] == 70.0 and made["on"] == "1 May"


def test_two_cards_or_nothing_in_a_folder_is_said(tmp_path):
    with pytest.raises(UserError, match="holds no measurements; name a folder"):
        collect(tmp_path, benchmarks_at(), "1 May")
    write_json(tmp_path / "a.json", one("a", 1))
    write_json(tmp_path / "b.json", {**one("b", 1), "card": "Tesla T4"})
    with pytest.raises(UserError, match="measurements of NVIDIA H200 and Tesla T4; name a folder with"):
        collect(tmp_path, benchmarks_at(), "1 May")


def test_a_file_that_is_no_measurement_is_named(tmp_path):
    (tmp_path / "notes.json").write_text('{"name": "fused"}', encoding="utf-8")
    with pytest.raises(UserError, match=r"notes\.json: is no measurement .* move it out"):
        benchmark_gpu.main(["--collect", "26 November 2026", "--output-dir", str(tmp_path)])


@pytest.mark.parametrize(
    ("card", "name"), [("NVIDIA H200", "nvidia-h200"), ("Tesla T4 (16 GB)", "tesla-t4-16-gb"), ("CPU", "cpu")]
)
def test_a_cards_name_becomes_a_files_name(card, name):
    assert slug(card) == name


def test_measurements_of_something_else_are_said(tmp_path):
    write_json(tmp_path / "other.json", {"name": "other", "card": "NVIDIA H200"})
    with pytest.raises(UserError, match="holds no file that benchmark_recipe.py or benchmark_unsloth.py wrote"):
        collect(tmp_path, benchmarks_at(), "1 May")
