"""The table of models: stand-ins say so, unconfirmed facts carry a dagger, and what a licence allows stands below."""

from __future__ import annotations

import csv
import io

import fake_results

from kotune.core.storage import write_json


def test_stand_ins_are_never_named_after_what_they_stand_for(hostile):
    document = hostile.table("models")
    assert [row[0]["text"] for row in document["rows"]] == list(fake_results.MODELS)
    assert document["columns"][-1]["title"] == "stands for at full scale"
    assert "no result here is about" in document["notes"][0]


def test_facts_that_nobody_confirmed_carry_a_dagger(real, hostile):
    document = real.table("models")
    gemma, *_, qwen, _ = document["rows"]
    assert (gemma[3]["text"], gemma[6]["text"]) == ("9.24 B†", "gemma†")
    assert not [cell for cell in qwen if cell.get("text", "").endswith("†")]
    assert "tiny-gemma2: licence, parameters; of tiny-qwen2: popularity.date" in document["notes"][0]
    models = (real.study / "tables/models.csv").read_text("utf-8")
    assert next(csv.DictReader(io.StringIO(models)))["licence"] == "gemma†"
    assert "†" not in (hostile.study / "tables/models.json").read_text(encoding="utf-8")


def test_a_model_of_the_hub_whose_id_is_not_confirmed_carries_the_dagger_there(real, tmp_path):
    made = real.copied(tmp_path / "other")
    made.settings["models"][1]["unverified"] = ["hub_id"]
    made.make_tables()
    assert made.table("models")["rows"][1][-1]["text"] == "yanolja/YanoljaNEXT-EEVE-Instruct-10.8B†"


def test_weights_that_come_from_a_gguf_file_are_said_to_in_the_table_and_the_provenance(real, tmp_path):
    made = real.copied(tmp_path / "other")
    said = {"quantisation": "Q4_K_M", "file": "eeve-q4.gguf", "sha256": "ab" * 32}
    write_json(
        made.root / "resources/mini/models/tiny-eeve/snapshot.json", {"hub_id": "a/b", "gguf": said, "files": {}}
    )
    entry = made.gather()["econ-qa.model.tiny-eeve.parameters"]
    assert (entry["quantisation"], entry["gguf"], entry["sha256"]) == ("Q4_K_M", "eeve-q4.gguf", "ab" * 32)
    made.make_tables()
    notes = made.table("models")["notes"]
    assert "tiny-eeve: weights dequantised from Q4_K_M (eeve-q4.gguf), not those of the hub." in notes
    lines = [[cell.get("text", "") for cell in row] for row in made.table("provenance")["rows"]]
    assert ["gguf", "tiny-eeve, from Q4_K_M: eeve-q4.gguf", "ab" * 32] in lines
    assert "dequantised" not in (real.study / "tables/models.json").read_text(encoding="utf-8")


def test_what_licences_allow_and_windows_that_are_not_used_stand_below_the_table(real, tmp_path):
    made = real.copied(tmp_path / "other")
    made.settings["models"][0] |= {"licence": "gemma", "commercial": "conditions"}
    made.settings["models"][1] |= {"licence": "apache-2.0", "commercial": "yes"}
    made.settings["models"][1]["extended_window"] = {"tokens": 131072, "by": "YaRN", "factor": 4.4}
    made.make_tables()
    notes = made.table("models")["notes"]
    assert (
        "Commercial use, by the catalogue's reading of licences: apache-2.0 allows it, gemma allows it on conditions."
        in notes
    )
    assert any(note.endswith("reads 131,072 tokens by YaRN, factor 4.4, which is not done here.") for note in notes)
    assert not any("Commercial" in note for note in real.table("models")["notes"])
