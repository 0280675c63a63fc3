"""A results folder becomes kept data: what its report says and every score, and no text of any row."""

import lzma
from contextlib import chdir

import fake_reports
import keep_results
import kept_results
import pytest

from kotune.core.errors import UserError
from kotune.core.storage import read_json, read_jsonl, read_parquet, write_jsonl
from kotune.export import keeping
from kotune.report import kept

SCORES = "results/mini/econ-qa/scores/own/tiny-eeve/qlora/seed42.jsonl"
CURVE = "results/mini/econ-qa/adapters/tiny-eeve/qlora/seed42/curve.jsonl"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A results tree with its numbers, which no test changes."""
    made = fake_reports.make(tmp_path_factory.mktemp("keeping") / "tree")
    made.gather()
    return kept_results.with_settings(made)


@pytest.fixture
def made(whole, tmp_path):
    """A copy that a test may change."""
    return whole.copied(tmp_path / "tree")


def test_what_is_kept_says_what_the_results_say(whole, tmp_path):
    found = kept_results.keep(whole, tmp_path / "out")
    numbers, costs = whole.numbers, whole.costs
    for key in ("econ-qa.qlora.tiny-eeve.test.char_f1", "econ-qa.qlora.tiny-eeve.minus.base.tiny-eeve.test.char_f1"):
        assert {fact: numbers[key][fact] for fact in ("value", "low", "high", "n", "text")}.items() <= found.numbers[
            key
        ].items()
    assert found.costs.value("econ-qa.cost.minutes") == costs["econ-qa.cost.minutes"]["value"]
    lines = {
        (line["split"], line["id"]): line["value"]
        for line in read_jsonl(whole.root / SCORES)
        if line["metric"] == "char_f1"
    }
    of_run = found.scores["tiny-eeve", "qlora", 42]
    read = {(split, name): value for split in of_run for name, value in of_run[split]["char_f1"].items()}
    assert read == {place: pytest.approx(value, abs=5.1e-5) for place, value in lines.items()}
    losses = [line["loss"] for line in read_jsonl(whole.root / CURVE)]
    assert [point["loss"] for point in found.curves["tiny-eeve", "qlora", 42]] == pytest.approx(losses, abs=5.1e-5)


def test_the_folder_says_what_was_trained_on_what_by_what(whole, tmp_path):
    about = kept_results.keep(whole, tmp_path / "out").about
    assert (about["study"], about["scale"], about["splits"]) == ("econ-qa", "mini", ["valid", "test", "test-unseen"])
    assert about["data"]["rows"]["all"]["test"] == {"rows": 60, "articles": 30}
    assert about["data"]["files"][0]["name"] == "train.csv.xz" and len(about["data"]["files"][0]["sha256"]) == 64
    assert about["recipe"]["lora.r"] == 6 and about["arms"]["qlora"]["rows_learned"]["tiny-eeve"] == 80
    made = about["made"]
    assert made["commits"] == {"0123456789abcdef0123456789abcdef01234567": 32} and made["devices"] == {"cpu": 18}
    assert made["packages"]["torch"] == {"2.13.0": 32}


def test_no_text_of_a_row_and_no_path_is_kept(whole, tmp_path):
    kept_results.keep(whole, tmp_path / "out")
    text = "".join(
        lzma.decompress(path.read_bytes()).decode() if path.suffix == ".xz" else path.read_text(encoding="utf-8")
        for path in sorted((tmp_path / "out").iterdir())
    )
    for split in ("train", "test"):
        rows = read_parquet(whole.study / f"rows/all/{split}.parquet")
        assert not any(value in text for name in ("question", "context") for value in rows[name])
    assert "records" not in text and "results/" not in text and "/worked" not in text and ".example." not in text


def test_the_same_results_give_the_same_bytes(whole, tmp_path):
    for name in ("one", "other"):
        kept_results.keep(whole, tmp_path / name)
    for name in (kept.ABOUT, *kept.HASHED):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_settings_that_differ_between_arms_are_told_apart():
    alike = {"lora": {"bias": "none"}, "method": "sft"}
    recipes = {
        "a": {**alike, "lora": {"bias": "none", "r": 4}},
        "b": {**alike, "lora": {"bias": "none", "r": 16}, "loss": "all"},
    }

    class Report:
        trained_arms = ["a", "b"]

        def __getitem__(self, key):
            return {arm: {"recipe": recipe} for arm, recipe in recipes.items()}

    same, differs = keeping.recipes_of(Report())
    assert same == {"lora.bias": "none", "method": "sft"}
    assert differs == {"a": {"lora.r": 4, "loss": None}, "b": {"lora.r": 16, "loss": "all"}}


@pytest.mark.parametrize("fact", ["회사는 어제 부산에서 실적을 발표했다고 밝혔다", "어제 부산에서 실적을"])
def test_a_number_that_quotes_a_row_is_refused(fact):
    texts = ["회사는 어제 부산에서 실적을 발표했다고 밝혔다"]
    with pytest.raises(UserError, match="n.json: key 's.a.b': its 'name' holds the text of a row"):
        keeping.check_no_texts({"s.a.b": {"value": 1, "name": fact}}, texts, "n.json")
    keeping.check_no_texts({"s.a.b": {"value": 1, "name": "tiny-eeve", "text": "1.000"}}, texts, "n.json")


def keep_broken(made, tmp_path, message):
    with pytest.raises(UserError, match=message):
        kept_results.keep(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_score_that_changed_after_the_report_is_found(made, tmp_path):
    lines = read_jsonl(made.root / SCORES)
    place = next(place for place, line in enumerate(lines) if line["metric"] == "char_f1" and line["value"] == 1)
    lines[place]["value"] = 0.0
    write_jsonl(made.root / SCORES, lines)
    keep_broken(
        made, tmp_path, r"results/mini: cannot be kept.*numbers.json.xz: key 'econ-qa.qlora.tiny-eeve.valid.char_f1'"
    )


@pytest.mark.parametrize(
    "name",
    [
        SCORES,
        CURVE,
        SCORES.replace("jsonl", "record.json"),
        "results/mini/costs.json",
        str(kept_results.RESULTS / keeping.SETTINGS),
    ],
)
def test_a_missing_file_is_named(made, tmp_path, name):
    (made.root / name).unlink()
    keep_broken(made, tmp_path, f"{name}: (cannot read, it does not exist|is missing; run snakemake)")


def test_a_row_without_one_of_its_scores_is_named(made, tmp_path):
    write_jsonl(made.root / SCORES, read_jsonl(made.root / SCORES)[1:])
    keep_broken(made, tmp_path, "seed42.jsonl: the row 'VALID_0000' of 'valid' has no exact_match")


def test_a_row_with_several_answers_is_not_kept(made, tmp_path):
    lines = read_jsonl(made.root / SCORES)
    write_jsonl(made.root / SCORES, [*lines, {**lines[1], "number": 1}])
    keep_broken(made, tmp_path, "the row 'VALID_0000' has several answers")


def test_rows_of_a_file_of_ones_own_are_said_to_be_of_the_data_set_that_is_named(made, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(keep_results.console, "say", said.append)
    made.settings["dataset"] |= {"name": "rows", "title": "rows brought by the user", "licence": "not stated"}
    kept_results.with_settings(made)
    arguments = ["--results", "results/mini", "--study", "econ-qa", "--output"]
    with chdir(made.root):
        keep_results.main([*arguments, str(tmp_path / "user")])
        keep_results.main([*arguments, str(tmp_path / "named"), "--dataset", "korquad-1.0"])
        with pytest.raises(UserError, match="unknown data set 'korquad-1.1'; did you mean 'korquad-"):
            keep_results.main([*arguments, str(tmp_path / "other"), "--dataset", "korquad-1.1"])
    assert said[0].startswith("note: it says 'rows brought by the user'; --dataset names") and len(said) == 3
    data = read_json(tmp_path / "named" / kept.ABOUT)["data"]
    assert (data["title"], data["licence"], data["files"][0]["name"]) == (
        "KorQuAD 1.0",
        "cc-by-nd-2.0-kr",
        "train.csv.xz",
    )


def test_the_tool_keeps_and_says_what_comes_next(whole, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(keep_results.console, "say", said.append)
    arguments = ["--results", "results/mini", "--output", str(tmp_path / "out"), "--study"]
    with chdir(whole.root):
        with pytest.raises(UserError, match="results/mini: holds no report of 'econqa'; did you mean 'econ-qa'"):
            keep_results.main([*arguments, "econqa"])
        keep_results.main([*arguments, "econ-qa"])
        with pytest.raises(UserError, match="out: is there already; remove it first"):
            keep_results.main([*arguments, "econ-qa"])
    assert len(said) == 1 and "14 runs" in said[0] and said[0].endswith("now run tools/fill_measured.py")
    assert read_json(tmp_path / "out" / kept.ABOUT)["study"] == "econ-qa"
