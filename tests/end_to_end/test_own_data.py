"""A user's own rows, as hostile as real ones are, go through the whole study in place of the bundled ones."""

import csv
import hashlib
import io
import json
from collections import defaultdict

import polars
import pytest
import toy_study
from checkout import planned, snakemake
from toy_study import STUDY, adapter, scores

from kotune.core.catalogue import configuration_at
from kotune.study import metrics, resolve

OWN = "own data/기사 모음.csv"  # a space and Hangul in the path
DATA = f'data={{"toy": "{OWN}"}}'

ODD_ANSWERS = [
    "NA",
    "None",
    "null",
    "nan",
    "007",
    "1e5",
    "그는 “좋다”고,\n말했다",
    "<end_of_turn>",
    '#panic("x")',
    "$\\alpha_1$ & 5%",
]
ODD_SENTENCES = [
    '회사는 "올해도, 내년도" 좋다고 했다.',
    "표시는 <|im_end|> 그리고 <end_of_turn>이다.",
    "{{ question }} {% raw %} 라고 적혀 있다.",
    '<script>alert("x")</script> | # $ \\ & _ * `',
    "이모지 📈와 한자 景氣, 그리고 탭\t이 있다.",
]


def written(rows):
    """Return rows as a CSV's text, quoted only where that is needed."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("answer", "context", "note", "id", "question"), *rows])  # columns in another order
    return text.getvalue()


def own_rows():
    """Return (answer, context, note, id, question): 30 articles of two or three questions, and what must go out."""
    rows = []
    for n in range(30):
        context = (
            f"제{n}호 기사. 한빛은행은 금리를 {n}.5%로 올렸다.\r\n노조는 {n + 10}명이라고 했다. {ODD_SENTENCES[n % 5]}"
        )
        rows.append((f"{n}.5%", context, "", f"금리-{n}", "금리는 몇 %인가?"))
        rows.append((f"{n + 10}명", context, "x", f"노조-{n}", "노조가 말한\n인원은?"))
        if n % 3 == 0:
            rows.append((ODD_ANSWERS[n // 3], context, "", f"odd, {n}", '"뜻밖의" 답은?'))
    rows.append((*rows[5][:3], "again", rows[5][4]))
    rows.append(("", rows[5][1], "", "no answer", "답이 없는 물음은?"))
    rows.append((" \n", rows[5][1], "", "blank answer", "답이 빈 물음은?"))
    rows.append(("답", "  ", "", "no article", "글이 없는 물음은?"))
    return rows


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The toy study on the user's rows, run to the end: (folder, what the terminal showed)."""
    folder = toy_study.toy(tmp_path_factory.mktemp("own") / "kotune")
    (folder / OWN).parent.mkdir()
    (folder / OWN).write_bytes(written(own_rows()).encode("utf-8-sig"))
    done = snakemake(folder, "--cores", "1", "--config", DATA)
    assert done.returncode == 0, done.stdout
    return folder, done.stdout


def splits_of(folder):
    names = ("train", "valid", "test", "test-unseen")
    return {name: polars.read_parquet(folder / STUDY / f"rows/all/{name}.parquet") for name in names}


def lines_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_usable_row_is_there_as_it_was_written(own):
    given = {row[3]: (row[1], row[4], row[0]) for row in own_rows()[:-4]}
    rows = polars.concat(splits_of(own[0]).values())
    assert {row["id"]: (row["context"], row["question"], row["answer"]) for row in rows.to_dicts()} == given


def test_the_questions_on_an_article_stay_together(own):
    places = defaultdict(set)
    for split, rows in splits_of(own[0]).items():
        for context in rows["context"]:
            places[context].add(split)
    assert len(places) == 30
    assert all(len(found) == 1 for found in places.values())
    assert {split for found in places.values() for split in found} == {"train", "valid", "test"}


def test_what_was_left_out_is_audited_and_said(own):
    folder, shown = own
    audit = json.loads((folder / STUDY / "rows/all/audit.json").read_text(encoding="utf-8"))
    out = {reason: (entry["rows"], sorted(entry["ids"])) for reason, entry in audit["excluded"].items()}
    assert out == {
        "empty answer": (2, ["blank answer", "no answer"]),
        "empty context": (1, ["no article"]),
        "exact duplicate of an earlier row": (1, ["again"]),
    }
    assert audit["files"][0]["path"] == OWN
    assert audit["files"][0]["encoding"] == "utf-8-sig"
    assert "left out: 1 empty context, 2 empty answer, 1 exact duplicate of an earlier row" in shown


def test_na_and_none_are_answers_like_any_other(own):
    folder, _ = own
    golds = {row["id"]: row["answer"] for rows in splits_of(folder).values() for row in rows.to_dicts()}
    assert {golds[f"odd, {n}"] for n in (0, 3, 6, 9)} == {"NA", "None", "null", "nan"}
    scored = {line["id"] for line in lines_of(folder / scores("tiny-qwen2", "qlora"))}
    splits = splits_of(folder)
    assert scored == {*splits["valid"]["id"], *splits["test"]["id"]}
    assert all(0 <= line["value"] <= 1 for line in lines_of(folder / scores("ensemble", "majority_then_f1")))


def test_an_na_that_a_model_answers_is_right_where_na_is_asked(tmp_path):
    import score_answers

    rows = tmp_path / "test.parquet"
    values = {"id": ["a", "b"], "context": ["글", "글"], "question": ["물음", "물음 2"], "answer": ["NA", "None"]}
    polars.DataFrame(values).with_columns(article=polars.lit("a1")).write_parquet(rows)
    given = [{"id": "a", "split": "test", "answer": "NA"}, {"id": "b", "split": "test", "answer": "NA"}]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps(line) + "\n" for line in given), encoding="utf-8")
    settings = json.dumps({"metrics": metrics.asked(["exact_match"]), "told": "exact_match"})
    arguments = ["--settings", settings, "--answers", str(answers), "--rows", str(rows)]
    output = tmp_path / "scores.jsonl"
    score_answers.main([*arguments, "--name", "a", "--output", str(output), "--record", str(tmp_path / "record.json")])
    assert [line["value"] for line in lines_of(output)] == [1.0, 0.0]


def test_the_paper_prints_and_names_the_file(own):
    folder, _ = own
    assert (folder / "results/mini/paper.pdf").read_bytes().startswith(b"%PDF")
    sources = (folder / "results/mini/paper").rglob("*.json")
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert "기사 모음" in texts
    assert hashlib.sha256((folder / OWN).read_bytes()).hexdigest()[:16] in texts
    assert "every row was generated" not in texts


def test_what_is_deleted_is_made_again_and_the_same(own):
    folder, _ = own
    gone = (scores("tiny-qwen2", "base"), f"{STUDY}/tables/tuned.csv", f"{STUDY}/figures/baseline.svg")
    kept = {name: (folder / name).read_bytes() for name in gone}
    weights = folder / adapter("tiny-qwen2") / "adapter_model.safetensors"
    before = weights.stat().st_mtime_ns
    for name in gone:
        (folder / name).unlink()
    done = snakemake(folder, "--cores", "1", "--config", DATA)
    assert done.returncode == 0, done.stdout
    assert {name: (folder / name).read_bytes() for name in gone} == kept
    assert weights.stat().st_mtime_ns == before
    assert planned(folder, "--config", DATA) == {}


def test_each_of_the_three_encodings_gives_the_same_rows(tmp_path):
    import prepare_rows

    korean = written([row for row in own_rows() if "📈" not in row[1]]).replace("景氣", "경기")
    made = {}
    for encoding in ("utf-8", "utf-8-sig", "cp949"):
        file = tmp_path / f"{encoding}.csv"
        file.write_bytes(korean.encode(encoding))
        source = {"dataset": "own", "columns": {}, "path": str(file), "split": {"valid": 0.1, "test": 0.1, "seed": 42}}
        prepare_rows.main(["--source", json.dumps(source), "--output-dir", str(tmp_path / encoding)])
        assert json.loads((tmp_path / encoding / "audit.json").read_bytes())["files"][0]["encoding"] == encoding
        made[encoding] = [
            (tmp_path / encoding / f"{split}.parquet").read_bytes() for split in ("train", "valid", "test")
        ]
    assert made["utf-8"] == made["utf-8-sig"] == made["cp949"]


@pytest.fixture
def config():
    return configuration_at()


def test_a_path_from_home_is_understood(config, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.csv").write_text("id,context,question,answer\na,b,c,d\n", encoding="utf-8")
    source = resolve.study_at("econ-qa", {**config, "data": {"econ-qa": "~/mine.csv"}}).source
    assert (source["path"], source["dataset"]) == (str(tmp_path / "mine.csv"), "mine")


@pytest.mark.parametrize("where", ["path", "files"])
def test_rows_named_in_the_catalogue_are_used_at_any_scale(config, tmp_path, where):
    file = tmp_path / "mine.csv"
    file.write_text("id,context,question,answer\na,b,c,d\n", encoding="utf-8")
    place = str(file) if where == "path" else dict.fromkeys(("train", "valid", "test"), str(file))
    config["datasets"]["dacon-236291"][where] = place
    study = resolve.study_at("econ-qa", config)
    assert study.source[where] == place
    assert study.source["dataset"] == "dacon-236291"


def test_an_article_that_stands_in_train_and_in_test_leaves_train(tmp_path):
    import prepare_rows

    def file(name, rows):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([("id", "context", "question", "answer"), *rows])
        (tmp_path / name).write_text(text.getvalue(), encoding="utf-8", newline="")
        return str(tmp_path / name)

    files = {
        "train": file("train.csv", [("a", "같은  기사", "물음", "답"), ("b", "다른 기사", "물음", "답")]),
        "valid": file("valid.csv", [("c", "또 다른 기사", "물음", "답")]),
        "test": file("test.csv", [("d", "같은 기사", "다른 물음", "답")]),
    }
    source = {"dataset": "own", "columns": {}, "files": files}
    prepare_rows.main(["--source", json.dumps(source), "--output-dir", str(tmp_path / "out")])
    assert polars.read_parquet(tmp_path / "out/train.parquet")["id"].to_list() == ["b"]
    audit = json.loads((tmp_path / "out/audit.json").read_text(encoding="utf-8"))
    assert audit["excluded"]["article also in an evaluation split"] == {"rows": 1, "ids": ["a"], "splits": {"train": 1}}
