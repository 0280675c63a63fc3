"""Answers in segments are scored as they stand in the text; what does not stand there stays, and is counted."""

import polars as pl

from kotune.answering.looked_up import looked_up

TEXTS = ["물가가 2.3% 올랐다.", "얼마나 올랐나?"]


def line(name, answer, reason="stop"):
    return {"id": name, "split": "test", "answer": answer, "raw": answer, "finish_reason": reason}


def prompts(tmp_path, **columns):
    path = tmp_path / "test.parquet"
    pl.DataFrame({"id": ["a", "b", "c"], **columns}).write_parquet(path)
    return [path]


def test_an_answer_is_given_as_its_text_has_it(tmp_path):
    files = prompts(tmp_path, written=[TEXTS] * 3)
    lines = [line("a", "2.3 %"), line("b", "3.2 %"), line("c", "", "excluded")]
    made, counts = looked_up(lines, files)
    assert [(one["answer"], one["raw"]) for one in made] == [("2.3%", "2.3 %"), ("3.2 %", "3.2 %"), ("", "")]
    assert counts == {"looked_up": {"found": 1, "not_found": 1}}


def test_the_article_is_looked_at_first_and_no_answer_is_put_together_from_two_texts(tmp_path):
    made, _ = looked_up([line("a", "올 랐"), line("b", "올랐다 . 얼마나")], prompts(tmp_path, written=[TEXTS] * 3))
    assert [one["answer"] for one in made] == ["올랐", "올랐다 . 얼마나"]


def test_other_prompts_change_nothing(tmp_path):
    lines = [line("a", "2.3 %")]
    assert looked_up(lines, prompts(tmp_path)) == (lines, {})
