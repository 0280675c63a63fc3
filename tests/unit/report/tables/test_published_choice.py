"""A published choice, recipe and prompt beside what ran here: every value of ours comes from settings and records."""

import pytest
import studies

from kotune.core.catalogue import named
from kotune.core.storage import write_json
from kotune.printing.numbers import Numbers, count
from kotune.report.gather.published import published
from kotune.report.settings import settings_of
from kotune.report.tables.published_choice import value_text
from kotune.report.tables.quoted import published_table
from kotune.report.view import Report


def table_at(scale, folder, change=lambda settings: None):
    """Return the table's rows by (what it is of), each cell by its column's name, and the notes."""
    given = {} if scale == "mini" else {"data": {"context-qa": "klue-mrc"}}
    study = studies.study("context-qa", scale=scale, **given)
    settings = settings_of(study, studies.configuration())
    change(settings)
    winner = study.names["llama-3.2-3b-instruct"]
    facts = {winner: {"downloads": 1234567}}
    write_json(folder / "selection.json", {"winner": {"model": winner}, "excluded": [], "facts": facts})
    report = Report(settings, folder)
    windows = {f"context-qa.model.{one['name']}.context_window": count(4096, []) for one in settings["models"]}
    numbers = Numbers(windows | published(report, Numbers({}, "numbers.json")), "numbers.json")
    table = published_table(report, numbers)
    names = [column.name for column in table.columns]
    rows = {row[1].text: dict(zip(names, (cell.text for cell in row), strict=True)) for row in table.rows}
    return rows, " ".join(table.notes)


def test_what_was_published_and_what_ran_stand_in_one_row(tmp_path):
    rows, notes = table_at("full", tmp_path)
    assert [rows["lora.r"][name] for name in ("published", "clean", "as_published")] == ["4", "4", "4"]
    assert [rows["loss"][name] for name in ("published", "clean", "as_published")] == ["all", "completion", "all"]
    rate = rows["trainer.learning_rate"]
    assert rate["published"] == rate["clean"] == "2e-05"
    assert (rows["trainer.save_steps"]["published"], rows["trainer.save_steps"]["clean"]) == ("500", "200")
    assert rows["trainer.max_length"]["published"] == rows["trainer.max_length"]["clean"] == "not set"
    assert rows["selected"]["published"] == rows["selected"]["clean"] == "llama-3.2-3b-instruct"
    assert rows["window of exaone-3.5-2.4b-instruct"]["published"] == "32k, excluded"
    assert rows["system"]["as_published"] == "variant context-qa.as_published"
    assert "{lost}" in rows["reasoning"]["published"] and "the line with the label is lost" in notes
    assert "stand-ins" not in notes


def test_our_values_follow_the_run(tmp_path):
    def more(settings):
        settings["arms"]["clean"]["recipe"]["lora"]["r"] = 16

    rows, notes = table_at("mini", tmp_path, more)
    assert [rows["lora.r"][name] for name in ("published", "clean", "as_published")] == ["4", "16", "4"]
    assert rows["trainer.learning_rate"]["clean"] == "0.002"
    assert rows["selected"]["clean"] == "long-llama3, in place of llama-3.2-3b-instruct"
    downloads = rows["downloads last month, llama-3.2-3b-instruct"]
    assert (downloads["published"], downloads["clean"]) == ("1,241,988", "1,234,567")
    assert rows["downloads last month, qwen2.5-3b-instruct"]["clean"] == "not known"
    assert rows["window of unsloth"]["clean"] == "not a candidate"
    assert "stand-ins take the models' places" in notes


def test_the_published_prompt_is_what_the_variant_says():
    """The words of config/published/ and of the variant `as_published` are one text, but for the line that is lost."""
    document = {one["part"]: one["text"] for one in named("published", "context-qa", "published")["prompt"]}
    family = named("prompts", "context-qa", "prompt")["variants"]["as_published"]["families"]["llama32"]
    ours = {turn["role"]: turn["content"] for turn in family["turns"]}
    ours |= {part["name"]: part["content"] for part in family["parts"]}
    for part in ("system", "user", "answer"):
        assert ours[part].replace("{{ ", "{").replace(" }}", "}") == document[part].replace("\\n", "\n"), part
    assert family["last_stop"] == document["end"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not set"),
        (False, "false"),
        (0, "0"),
        (0.0, "0"),
        (2.0e-5, "2e-05"),
        (["a", "b"], "a, b"),
        ("all", "all"),
    ],
)
def test_equal_settings_are_printed_alike(value, shown):
    assert value_text(value) == shown
