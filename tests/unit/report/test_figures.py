"""Figures: all drawn, the same bytes twice, Korean in the right font; those without anything to show say so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import draw_figures
import fake_results
import gather_numbers
import pytest

from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json, write_json
from kotune.printing.figure_style import FORMATS
from kotune.report.figures import CHOICE_FIGURES, FIGURES, curved_arms, figure_names
from kotune.report.inputs import figures_inputs
from kotune.report.view import Report

STUDY = "results/mini/econ-qa"


def run(root: Path, settings: dict, output: str, monkeypatch) -> Path:
    monkeypatch.chdir(root)
    arguments = ["--study-dir", STUDY, "--settings", json.dumps(settings), "--numbers", "results/mini/numbers.json"]
    draw_figures.main([*arguments, "--output-dir", output])
    return root / output


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A results tree with its numbers."""
    root = tmp_path_factory.mktemp("results")
    settings, folder = fake_results.make(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        files = ["--numbers", "results/mini/numbers.json", "--costs", "results/mini/costs.json"]
        gather_numbers.main(["--study-dir", STUDY, "--settings", json.dumps([settings]), *files])
    return root, settings, folder


@pytest.mark.slow
def test_every_figure_is_drawn_twice_with_equal_bytes_from_its_declared_inputs(tree, tmp_path, monkeypatch):
    root, settings, _ = tree
    first = run(root, settings, "figures", monkeypatch)
    assert {path.name for path in first.iterdir()} == {f"{name}.{end}" for name in FIGURES for end in FORMATS}
    for path in [*figures_inputs(Report(settings, Path(STUDY))), "results/mini/numbers.json"]:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    second = run(tmp_path, settings, "figures", monkeypatch)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes(), path.name
        assert path.stat().st_size > 5000
    for path in first.glob("*.svg"):
        drawn = path.read_text(encoding="utf-8")
        assert "<dc:date>" not in drawn
        assert "/tmp/" not in drawn


def test_the_font_has_every_letter_that_is_drawn(tree, monkeypatch, recwarn):
    settings = json.loads(json.dumps(tree[1]))
    run(tree[0], settings, "figures", monkeypatch)
    assert not [str(warning.message) for warning in recwarn if "missing from font" in str(warning.message)]


def test_a_missing_number_fails_with_its_key(tree, tmp_path, monkeypatch):
    root = tmp_path / "copy"
    shutil.copytree(tree[0], root)
    path = root / "results/mini/numbers.json"
    numbers = read_json(path)
    del numbers["econ-qa.votes.test.2:1:0.share"]
    write_json(path, numbers)
    with pytest.raises(UserError, match=r"no number 'econ-qa.votes.test.2:1:0.share'"):
        run(root, tree[1], "figures", monkeypatch)


def empty_figures(folder):
    """Return the figures that say that there is nothing to show; every figure is there, whatever a study has."""
    assert {path.stem for path in folder.iterdir()} == set(FIGURES)
    sizes = {path.stem: path.stat().st_size for path in folder.glob("*.svg")}
    smallest = min(sizes.values())
    return {name for name, size in sizes.items() if size == smallest}


def test_a_study_without_ensembles_has_no_figures_of_them(tree, monkeypatch):
    settings = {**tree[1], "ensembles": None}
    assert empty_figures(run(tree[0], settings, "fewer", monkeypatch)) == {"ensembles", "learning-curve", "votes"}


def test_a_study_that_tunes_nothing_has_the_figures_of_its_base(tree, monkeypatch):
    arms = {"base": tree[1]["arms"]["base"]}
    settings = {**tree[1], "ensembles": None, "arms": arms, "arm_order": ["base"]}
    drawn = set(FIGURES) - empty_figures(run(tree[0], settings, "base", monkeypatch))
    assert drawn == {"baseline", "prompt-lengths"}


def test_a_study_that_chooses_its_model_has_the_figure_of_the_choice(tree):
    assert figure_names(Report(tree[1], tree[2])) == tuple(FIGURES)
    assert figure_names(Report({**tree[1], "choice": True}, tree[2])) == (*FIGURES, *CHOICE_FIGURES)


def test_each_figure_has_a_caption_in_the_html_report():
    captions = {path.stem.removeprefix("figure-") for path in (ROOT / "workflow/report").glob("figure-*.rst")}
    assert {
        *FIGURES,
        *CHOICE_FIGURES,
        "evaluation",
        "harness",
        "leaks",
        "mixture",
        "preferences",
        "quality",
        "rewards",
    } == captions


def test_a_loss_of_preferences_is_not_drawn_as_one_of_answer_tokens(tree):
    assert curved_arms(Report(tree[1], tree[2])) == ["qlora"]
    preferring = Report({**tree[1], "preferences": ["qlora"]}, tree[2])
    assert curved_arms(preferring) == [] and not FIGURES["training-curves"].has(preferring)
    assert figure_names(preferring)[-1] == "preferences"
    assert curved_arms(Report({**tree[1], "rewards": ["qlora"]}, tree[2])) == []
