"""Numbers: every figure of the report has a key, a text and records; a missing one is named; equal inputs, equal bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import fake_results
import gather_numbers
import pytest

from kotune.core.catalogue import read_yaml
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, write_json
from kotune.printing.numbers import Numbers, fixed, merged, number, p_text, read_numbers
from kotune.report.gather.study import in_short, tensor_sizes
from kotune.report.inputs import numbers_inputs
from kotune.report.settings import settings_of
from kotune.report.view import Report
from kotune.study import resolve


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A whole results tree of the study."""
    root = tmp_path_factory.mktemp("results")
    settings, _ = fake_results.make(root)
    return root, settings


def gather(root: Path, settings: dict, monkeypatch) -> Path:
    monkeypatch.chdir(root)
    gather_numbers.main(
        [
            *("--study-dir", "results/mini/econ-qa", "--settings", json.dumps([settings])),
            *("--numbers", "results/mini/numbers.json", "--costs", "results/mini/costs.json"),
        ]
    )
    return root / "results" / "mini"


@pytest.mark.parametrize(
    ("value", "digits", "sign", "text"),
    [
        (0.8734, 3, False, "0.873"),
        (12345.6, 0, False, "12,346"),
        (-0.0004, 3, False, "0.000"),
        (0.0004, 3, True, "0.000"),
        (0.25, 3, True, "+0.250"),
        (-0.25, 3, True, "-0.250"),
    ],
)
def test_a_number_is_printed_with_fixed_digits(value, digits, sign, text):
    assert fixed(value, digits, sign) == text


def test_small_p_values_and_large_counts_are_printed_short():
    assert (p_text(0.00004), p_text(0.0012), p_text(1.0)) == ("<0.001", "0.001", "1.000")
    assert (in_short(3_600_000), in_short(9_242_000_000)) == ("3.60 M", "9.24 B")


def test_a_number_that_is_not_finite_is_refused_with_its_record():
    with pytest.raises(UserError, match="a/record.json.*nan"):
        number(float("nan"), 3, ["a/record.json"])


def test_two_numbers_under_one_key_are_a_fault():
    with pytest.raises(ValueError, match="'x'"):
        merged([{"x": {}}, {"x": {}}])


def test_a_missing_number_is_named_with_the_nearest(tree, monkeypatch):
    numbers = read_numbers(gather(*tree, monkeypatch) / "numbers.json")
    with pytest.raises(
        UserError, match=r"numbers.json: there is no number 'econ-qa.qlora.tiny-gema2.test.char_f1'; did you"
    ):
        numbers["econ-qa.qlora.tiny-gema2.test.char_f1"]
    with pytest.raises(UserError, match="no number 'x'"):
        Numbers({"y": {}}, "numbers.json")["x"]


def test_a_mean_has_its_interval_its_n_and_its_records(tree, monkeypatch):
    scale = gather(*tree, monkeypatch)
    entry = read_json(scale / "numbers.json")["econ-qa.qlora.tiny-gemma2.test.char_f1"]
    means = read_json(scale / "econ-qa" / "statistics.json")["means"]
    wanted = ("tiny-gemma2", "qlora", "test", "char_f1")
    mean = next(one for one in means if (one["model"], one["arm"], one["split"], one["metric"]) == wanted)
    assert (entry["value"], entry["low"], entry["high"]) == (mean["mean"], mean["low"], mean["high"])
    assert (entry["text"], entry["n"], entry["articles"]) == (f"{mean['mean']:.3f}", 60, 30)
    assert entry["records"] == ["econ-qa/scores/own/tiny-gemma2/qlora/seed42.record.json"]


def test_every_record_that_a_number_names_is_there(tree, monkeypatch):
    scale = gather(*tree, monkeypatch)
    for name in ("numbers.json", "costs.json"):
        for key, entry in read_json(scale / name).items():
            assert entry["records"], key
            for record in entry["records"]:
                root = tree[0] if record.startswith(("resources/", "config/")) else scale
                assert (root / record).exists(), (key, record)


def test_what_differs_from_run_to_run_is_in_costs_alone(tree, monkeypatch):
    scale = gather(*tree, monkeypatch)
    before = (scale / "numbers.json").read_bytes(), (scale / "costs.json").read_bytes()
    path = scale / "econ-qa" / "answers/own" / "tiny-eeve" / "qlora" / "seed42.record.json"
    kept = path.read_bytes()
    record = json.loads(kept)
    record["cost"] = {"seconds": 999.0, "peak_memory_gib": 2.5}
    write_json(path, record)
    gather(*tree, monkeypatch)
    after = (scale / "numbers.json").read_bytes(), (scale / "costs.json").read_bytes()
    path.write_bytes(kept)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_the_folder_leaves_no_trace_in_the_numbers(tmp_path, monkeypatch):
    texts = []
    for name in ("one", "other"):
        root = tmp_path / name
        settings, _ = fake_results.make(root)
        texts.append((gather(root, settings, monkeypatch) / "numbers.json").read_bytes())
    assert texts[0] == texts[1]
    settings["models"][0]["path"] = str(root / settings["models"][0]["path"])
    assert (gather(root, settings, monkeypatch) / "numbers.json").read_bytes() == texts[0]


def test_nothing_but_the_declared_inputs_is_read(tree, tmp_path, monkeypatch):
    root, settings = tree
    monkeypatch.chdir(root)
    for path in numbers_inputs(Report(settings, Path("results/mini/econ-qa"))):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert (gather(tmp_path, settings, monkeypatch) / "numbers.json").exists()


def test_a_record_without_its_cost_is_named(tree, tmp_path, monkeypatch):
    root = tmp_path / "broken"
    shutil.copytree(tree[0], root)
    path = root / "results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42/record.json"
    record = read_json(path)
    del record["cost"]["seconds"]
    write_json(path, record)
    with pytest.raises(UserError, match=r"tiny-eeve/qlora/seed42/record.json: there is no key 'seconds'"):
        gather(root, tree[1], monkeypatch)


def test_a_truncated_adapter_is_named(tmp_path):
    path = tmp_path / "adapter_model.safetensors"
    path.write_bytes(b"\x10")
    with pytest.raises(UserError, match="not a whole safetensors file"):
        tensor_sizes(path)


def test_words_are_chosen_from_counts_that_are_numbers_too(tree, monkeypatch):
    numbers = read_json(gather(*tree, monkeypatch) / "numbers.json")
    start = "econ-qa.finding.qlora.test.char_f1"
    differences = [numbers[f"econ-qa.qlora.{name}.minus.base.{name}.test.char_f1"] for name in fake_results.TUNED]
    assert numbers[f"{start}.models"]["value"] == len(differences)
    assert numbers[f"{start}.higher"]["value"] == sum(one["value"] > 0 for one in differences)
    assert numbers[f"{start}.surely_higher"]["value"] == sum(one["low"] > 0 for one in differences)
    assert numbers[f"{start}.largest"]["value"] == max(one["value"] for one in differences)


def test_votes_add_up_to_all_rows(tree, monkeypatch):
    numbers = read_json(gather(*tree, monkeypatch) / "numbers.json")
    for split in ("test", "test-unseen"):
        rows = [numbers[f"econ-qa.votes.{split}.{pattern}.rows"] for pattern in ("3:0:0", "2:1:0", "1:1:1")]
        assert sum(one["value"] for one in rows) == rows[0]["n"] == fake_results.SPLITS[split]


def test_the_published_numbers_are_quoted_as_they_were_printed(tree, monkeypatch):
    numbers = read_json(gather(*tree, monkeypatch) / "numbers.json")
    start = "econ-qa.published"
    assert numbers[f"{start}.before.NousResearch/Nous-Hermes-2-SOLAR-10.7B"]["text"] == "84.3"
    assert numbers[f"{start}.after.rtzr/ko-gemma-2-9b-it"]["text"] == "89.1"
    assert numbers[f"{start}.ensemble.majority_then_f1"]["text"] == "90.2"
    assert [numbers[f"{start}.votes.{one}.rows"]["value"] for one in ("3:0:0", "2:1:0", "1:1:1")] == [1087, 322, 98]
    assert all(entry["mark"] == "SEEN" for key, entry in numbers.items() if key.startswith(start))


def test_the_configured_study_gives_the_settings_that_the_report_takes():
    config = {}
    for name in ("config", "models", "datasets"):
        config |= read_yaml(ROOT / "config" / f"{name}.yaml")
    settings = settings_of(resolve.study_at("econ-qa", config), config)
    wanted = fake_results.settings()
    assert settings.keys() == wanted.keys()
    assert settings["models"][0].keys() == wanted["models"][0].keys()
    assert settings["arms"]["qlora"].keys() == wanted["arms"]["qlora"].keys()
    assert (settings["ensembles"], settings["reported"]) == (wanted["ensembles"], wanted["reported"])
    assert json.loads(json.dumps(settings)) == settings
