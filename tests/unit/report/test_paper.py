"""The paper: pages, Korean text, numbers by key alone, the same bytes twice; hostile text is only ever text."""

from __future__ import annotations

import copy
import json
import re
import shutil
import zlib
from pathlib import Path

import draw_figures
import fake_results
import gather_numbers
import make_tables
import print_paper
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, read_jsonl, write_json, write_jsonl, write_text
from kotune.report import paper
from kotune.report.inputs import paper_inputs
from kotune.report.view import Report
from kotune.rows.task import shown, task_named

SOURCE = ROOT / "paper"
TASK = shown(task_named("context-qa"))
STUDY = "results/mini/econ-qa"
SPEED = ["results/mini/speed/speed.json", "results/mini/speed/speed.svg"]
FILES = ["--numbers", "results/mini/numbers.json", "--costs", "results/mini/costs.json"]


def paper_settings(settings: dict, scale: str = "mini") -> dict:
    notice, notice_ko = "This is a mini-scale run.", "이 문서는 mini 규모의 실행 결과입니다."
    line = f"snakemake --cores 1 --config studies='[{settings['study']}]'"
    rebuild = {"paper": line, "studies": {settings["study"]: line}}
    return {"scale": scale, "notice": notice, "notice_ko": notice_ko, "rebuild": rebuild, "studies": [settings]}


def print_it(root: Path, settings: dict, monkeypatch, source: Path = SOURCE) -> bytes:
    write_json(root / SPEED[0], {"cards": []})
    write_text(root / SPEED[1], "<svg/>")
    monkeypatch.chdir(root)
    print_paper.main(
        [
            *(
                "--study-dir",
                STUDY,
                "--settings",
                json.dumps(paper_settings(settings)),
                "--source",
                str(source),
                *FILES,
            ),
            *("--speed", *SPEED),
            *("--build-dir", "results/mini/paper", "--output", "results/mini/paper.pdf"),
        ]
    )
    return (root / "results/mini/paper.pdf").read_bytes()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A study with hostile answers, its numbers, tables and figures."""
    root = tmp_path_factory.mktemp("results")
    settings, _ = fake_results.make(root, hostile=True)
    one, study = json.dumps(settings), ["--study-dir", STUDY]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        gather_numbers.main([*study, "--settings", f"[{one}]", *FILES])
        make_tables.main([*study, "--settings", one, *FILES, "--output-dir", f"{STUDY}/tables"])
        draw_figures.main([*study, "--settings", one, *FILES[:2], "--output-dir", f"{STUDY}/figures"])
    return root, settings


def unpacked(pdf: bytes) -> bytes:
    """Return the PDF with its compressed streams opened."""
    parts = [pdf]
    for match in re.finditer(rb"stream\r?\n", pdf):
        try:
            parts.append(zlib.decompressobj().decompress(pdf[match.end() :]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def test_the_pdf_has_pages_and_korean_text_and_is_the_same_twice(tree, monkeypatch):
    first = print_it(*tree, monkeypatch)
    assert first.startswith(b"%PDF-")
    inside = unpacked(first)
    assert len(re.findall(rb"/Type\s*/Page\b", inside)) >= 8
    assert b"NanumGothic" in inside
    hangul = set(re.findall(rb"<[0-9A-Fa-f]{4}> ?<(A[C-F][0-9A-F]{2}|[BC][0-9A-F]{3}|D[0-7][0-9A-F]{2})>", inside))
    assert len(hangul) > 100  # letters that a reader can search for and copy
    assert b"CreationDate" not in inside
    assert print_it(*tree, monkeypatch) == first


def test_the_build_folder_is_a_whole_source(tree, tmp_path, monkeypatch):
    first = print_it(*tree, monkeypatch)
    shutil.copytree(tree[0] / "results/mini/paper", tmp_path / "sent")
    assert paper.compile_paper(tmp_path / "sent")[0] == first


def test_nothing_but_the_declared_inputs_is_read(tree, tmp_path, monkeypatch):
    root, settings = tree
    monkeypatch.chdir(root)
    for path in [*paper_inputs(Report(settings, Path(STUDY))), FILES[1], FILES[3]]:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert print_it(tmp_path, settings, monkeypatch) == print_it(root, settings, monkeypatch)


def test_a_missing_number_fails_with_its_key(tree, tmp_path, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(tree[0], root)
    path = root / "results/mini/numbers.json"
    numbers = read_json(path)
    del numbers["econ-qa.finding.best.oracle.test"]
    write_json(path, numbers)
    with pytest.raises(
        UserError, match=r"paper.typ: there is no number 'econ-qa.finding.best.oracle.test' in numbers.json"
    ):
        print_it(root, tree[1], monkeypatch)


def changed(tree, tmp_path: Path, monkeypatch, change: dict[str, float]) -> str:
    """Return what the study's part says of tuning and of the gap when some numbers are others."""
    import typst

    root = tmp_path / "changed"
    shutil.copytree(tree[0], root)
    path = root / "results/mini/numbers.json"
    numbers = read_json(path)
    for key, value in change.items():
        numbers[key] |= {"value": value, "text": str(value)}
    write_json(path, numbers)
    print_it(root, tree[1], monkeypatch)
    build = root / "results/mini/paper"
    found = typst.query(
        str(build / "paper.typ"), "<econ-qa-words>", field="value", root=str(build), font_paths=[str(build / "fonts")]
    )
    return " ".join(json.loads(found))


def test_words_follow_the_numbers(tree, tmp_path, monkeypatch):
    start, gap = "econ-qa.finding.qlora.test.char_f1", "econ-qa.finding.gap"
    everywhere = {f"{start}.models": 4, f"{start}.higher": 4, f"{start}.surely_higher": 4, f"{start}.surely_lower": 0}
    apart = {f"{gap}.qlora.models": 4, f"{gap}.qlora.falls": 4, f"{gap}.qlora.gain_falls": 2}
    said = changed(tree, tmp_path / "a", monkeypatch, everywhere | apart)
    assert "test: helped every model" in said
    assert "gap: in every model; gain: falls" in said
    unsure = {f"{start}.models": 4, f"{start}.higher": 2, f"{start}.surely_higher": 0, f"{start}.surely_lower": 0}
    said = changed(tree, tmp_path / "b", monkeypatch, unsure | {f"{start}.alike": 0, f"{gap}.qlora.falls": 0})
    assert "test: cannot tell" in said
    assert "gap: in no model" in said
    alike = {**unsure, f"{start}.alike": 4, f"{gap}.qlora.falls": 4, f"{gap}.qlora.gain_falls": 0}
    said = changed(tree, tmp_path / "c", monkeypatch, alike)
    assert "test: no difference" in said
    assert "gap: in every model; gain: cannot tell" in said


@pytest.mark.parametrize("seeds", [3, 12])
def test_several_seeds_are_told_of(tree, tmp_path, monkeypatch, seeds):
    settings = copy.deepcopy(tree[1])
    for arm in settings["arms"].values():
        arm["seeds"] = list(range(1, seeds + 1))
    settings["ensembles"]["seeds"] = list(range(1, seeds + 1))
    assert "test:" in changed((tree[0], settings), tmp_path, monkeypatch, {"econ-qa.size.seeds": seeds})


def test_markup_from_a_model_reaches_the_page_as_text(tree, monkeypatch):
    """The hostile answers would not compile as markup (an unknown reference, open brackets); as strings they do."""
    print_it(*tree, monkeypatch)
    examples = (tree[0] / "results/mini/paper/data/econ-qa/tables/examples.json").read_text(encoding="utf-8")
    assert "#let x = 1 $x^2$ @ref *" in examples
    for path in SOURCE.rglob("*.typ"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\(|mode:\s*\"markup\"|#?cmarker|#include\s+json", source), path.name


def test_no_result_is_typed_into_the_paper():
    """Numbers with a decimal point are lengths or versions of names, never results."""
    for path in SOURCE.rglob("*.typ"):
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if not line.strip().startswith("//")]
        prose = re.sub(r"\([^()]*\)|\b\d+\.\d+(em|pt|cm|fr)\b|\"[^\"]*\"", "", "\n".join(lines))
        prose = re.sub(r"(if|<|>|value|columns:).*\d\.\d.*", "", prose)
        assert not re.findall(r"(?<![\w.])0\.\d{2,}", prose), path.name


def reported(folder, settings, monkeypatch):
    """Gather a study's numbers, make its tables and figures, and return the paper that quotes them."""
    one, study = json.dumps(settings), ["--study-dir", STUDY]
    monkeypatch.chdir(folder)
    gather_numbers.main([*study, "--settings", f"[{one}]", *FILES])
    make_tables.main([*study, "--settings", one, *FILES, "--output-dir", f"{STUDY}/tables"])
    draw_figures.main([*study, "--settings", one, *FILES[:2], "--output-dir", f"{STUDY}/figures"])
    return print_it(folder, settings, monkeypatch)


def test_a_smaller_study_is_printed_too(tmp_path, monkeypatch):
    """A user's own rows without an unseen split, LoRA without quantisation, no ensembles, nothing published."""
    settings, folder = fake_results.make(tmp_path)
    settings |= {"ensembles": None, "published": None, "splits": ["train", "valid", "test"], "reported": ["test"]}
    settings["arms"]["qlora"]["recipe"]["quantization"] = None
    statistics = read_json(folder / "statistics.json")
    statistics["means"] = [one for one in statistics["means"] if one["model"] != "ensemble"]
    statistics["pairs"] = [one for one in statistics["pairs"] if one["b"]["model"] != "ensemble"]
    write_json(folder / "statistics.json", statistics)
    assert reported(tmp_path, settings, monkeypatch).startswith(b"%PDF-")
    assert not [
        key for key in read_json(tmp_path / "results/mini/numbers.json") if "unseen" in key and "finding" in key
    ]


def test_a_study_of_real_models_on_a_users_rows_is_printed_too(tmp_path, monkeypatch):
    """Real models, one of a GGUF file, a split that is not scored, answers that marks cut, rows that nobody may share."""
    import typst

    settings, _ = fake_results.make(tmp_path, own=True)
    said = {"quantisation": "Q4_K_M", "file": "eeve-q4.gguf", "sha256": "ab" * 32}
    write_json(tmp_path / "resources/mini/models/tiny-eeve/snapshot.json", {"hub_id": "a/b", "gguf": said, "files": {}})
    assert reported(tmp_path, settings, monkeypatch).startswith(b"%PDF-")
    build = tmp_path / "results/mini/paper"
    fonts = [str(build / "fonts")]
    found = typst.query(
        str(build / "paper.typ"), "<dequantised-words>", field="value", root=str(build), font_paths=fonts
    )
    assert json.loads(found) == ["tiny-eeve: Q4_K_M"]


@pytest.mark.parametrize("policy", [None, "zero", "leave_out"])
def test_a_study_whose_rows_are_too_long_for_some_models_says_what_became_of_them(tmp_path, monkeypatch, policy):
    import typst

    settings, folder = fake_results.make(tmp_path)
    if policy:
        statistics = read_json(folder / "statistics.json")
        statistics["overlong"]["policy"] = policy
        for split in ("test", "test-unseen"):
            asked = [{"model": "tiny-eeve", "arm": "qlora", "rows": 20}]
            statistics["overlong"]["splits"][split] |= {"asked": asked, "compared": 20}
        write_json(folder / "statistics.json", statistics)
        path = folder / "answers/own/tiny-eeve/qlora/seed42.jsonl"
        unasked = {"answer": "", "finish_reason": "excluded"}
        write_jsonl(path, [line | (unasked if place % 3 == 0 else {}) for place, line in enumerate(read_jsonl(path))])
    assert reported(tmp_path, settings, monkeypatch).startswith(b"%PDF-")
    build = tmp_path / "results/mini/paper"
    fonts = [str(build / "fonts")]
    found = typst.query(str(build / "paper.typ"), "<overlong-words>", field="value", root=str(build), font_paths=fonts)
    assert json.loads(found) == ([policy] if policy else [])
    numbers = read_json(tmp_path / "results/mini/numbers.json")
    assert (numbers["econ-qa.votes.test.fewer.rows"]["value"] > 0) is bool(policy)


NEWS = "한국은행은 지난달 소비자물가가 3.5% 올랐다고 밝혔다. 금리는 동결(연 2.50%)했다. "
LONG = {
    "news of 2,500 characters": NEWS[:50] * 50,
    "news of 130,000 characters": NEWS[:50] * 2600,
    "one unbroken word": "가a" * 5000,
    "brackets": "[({<#$" * 2000,
    "backslashes": "\\ " * 2000,
    "newlines": "\n" * 3000 + "끝",
    "fits, and every second letter is Korean": "가a " * 450,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_text_anywhere_is_printed(tree, text, tmp_path, monkeypatch):
    """Context, question, gold answer, answer, prompt and completion are that long at once (answers up to 10,000)."""
    import polars

    root = tmp_path / "long"
    shutil.copytree(tree[0], root)
    study = root / STUDY
    rows = study / "rows/all"
    for path in rows.glob("*.parquet"):
        long = {"context": text, "question": text, "answer": text[:10_000]}
        texts = [(polars.lit(start) + polars.col(name)).alias(name) for name, start in long.items()]
        polars.read_parquet(path).with_columns(*texts).write_parquet(path)
    for path in study.glob("answers/own/*/*/*.jsonl"):
        write_jsonl(path, [line | {"answer": text[:10_000], "raw": ""} for line in read_jsonl(path)])
    for path in study.glob("prompts/*/*/*/prompts.json"):
        write_json(path, read_json(path) | {"example": {"prompt": text, "completion": text}})
    assert reported(root, tree[1], monkeypatch).startswith(b"%PDF-")
    for path in [*study.glob("tables/*"), *(root / "results/mini/paper/data/econ-qa").glob("*.json")]:
        said = path.read_text(encoding="utf-8")
        if path.suffix != ".csv" and len(text) > 1500:
            assert len(said) < 400_000, path.name
    shown = (study / "tables/examples.md").read_text(encoding="utf-8")
    assert (f"(shortened, {len(text[:10_000]):,} characters)" in shown) == (len(text) > 600)
    assert text.strip() in (study / "tables/examples.csv").read_text(encoding="utf-8")


def test_a_study_without_a_part_gets_a_general_chapter_with_all_its_tables(tree, tmp_path, monkeypatch):
    source = tmp_path / "paper"
    shutil.copytree(SOURCE, source)
    (source / "parts" / "econ-qa.typ").unlink()
    root, settings = tree
    assert print_it(root, settings, monkeypatch, source=source).startswith(b"%PDF")
    part = (root / "results/mini/paper/parts/econ-qa.typ").read_text(encoding="utf-8")
    tables = {path.stem for path in (root / STUDY / "tables").glob("*.json")}
    assert {name for name in tables if f'"{name}"' in part} == tables - {"provenance", "protocol"}


def test_a_fault_in_the_source_is_told_in_one_line(tree, tmp_path, monkeypatch):
    source = tmp_path / "paper"
    shutil.copytree(SOURCE, source)
    write_text(source / "parts" / "econ-qa.typ", "#let x = \n")
    with pytest.raises(UserError, match="paper.typ: expected expression"):
        print_it(*tree, monkeypatch, source=source)


def test_a_folder_of_other_things_is_not_cleared(tree, tmp_path, monkeypatch):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("mine")
    report = Report(tree[1], tree[0] / STUDY)
    with pytest.raises(UserError, match="holds other things than a paper"):
        paper.stage(SOURCE, tmp_path / "thesis", Path("n"), Path("c"), [], paper_settings(tree[1]), [report])
    assert (tmp_path / "thesis" / "chapter.txt").exists()


def test_a_template_shows_where_a_row_goes():
    row = {"context": "기사 본문 {x}", "question": "누구인가?", "answer": "김도윤"}
    other = {"context": "다른 기사", "question": "무엇인가?", "answer": "금리"}
    found = paper.template_of("<s>기사 본문 {x}\n\nQ: 누구인가?", "김도윤</s>", [other, row], TASK)
    assert found == ("<s>{article}\n\nQ: {question}", "{answer}</s>")
    assert paper.template_of("<s>?", "!", [row], TASK) == ("<s>?", "!")


def test_the_example_article_is_the_one_with_most_questions():
    rows = [
        {"id": str(number), "article": article, "context": article, "question": "q", "answer": answer}
        for number, (article, answer) in enumerate([("a", "1"), ("b", "2"), ("b", ["3", "셋"])])
    ]
    found = paper.example_unit(rows, TASK)
    assert (found["ids"], found["questions"][1]["answer"]) == (["1", "2"], "3 / 셋")


def test_of_an_article_with_very_many_questions_some_are_shown():
    row = {"article": "a", "context": "c" * 5000, "question": "q" * 700, "answer": "가\x1b[1m"}
    found = paper.example_unit([row | {"id": f"{number}" * 200} for number in range(50)], TASK)
    assert (len(found["questions"]), found["more"]) == (12, 38)
    assert "(shortened, 5,000 characters)" in found["context"]
    assert "(shortened, 700 characters)" in found["questions"][0]["question"]
    assert "(shortened, 200 characters)" in found["ids"][0]
    assert found["questions"][0]["answer"] == "가\\x1b[1m"


def test_each_model_that_a_study_names_or_stands_for_is_cited(tree):
    report = Report(tree[1], tree[0] / STUDY)
    cited = paper.cited_models([report])
    assert set(cited) == {
        "model-rtzr-ko-gemma-2-9b-it",
        "model-yanolja-yanoljanext-eeve-instruct-10-8b",
        "model-nousresearch-nous-hermes-2-solar-10-7b",
        "model-qwen-qwen2-5-3b-instruct",
        "model-meta-llama-llama-3-2-3b-instruct",
    }
    assert cited["model-rtzr-ko-gemma-2-9b-it"]["url"] == "https://huggingface.co/rtzr/ko-gemma-2-9b-it"
