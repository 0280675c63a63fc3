"""The workflow as Snakemake sees it: lint, dry-runs, and what each rule must have."""

import functools
import importlib
import re
import shlex
import subprocess
import sys

import pytest
from checkout import ROOT, copy_to, environment, jobs_in, planned, snakemake

from kotune.core.catalogue import read_yaml

STUDIES = sorted(path.stem for path in (ROOT / "config/studies").glob("*.yaml"))
SCALES = sorted(path.stem for path in (ROOT / "config/scales").glob("*.yaml") if path.stem != "rehearsal")


def test_lint_is_clean():
    done = snakemake(ROOT, "--workflow-profile", "none", "--lint")
    assert done.returncode == 0, done.stdout


def test_a_shared_study_is_made_once_whoever_is_asked_for():
    both, alone, tries = (
        planned(ROOT, "--workflow-profile", "none", "--forceall", "--config", f"studies=[{names}]")
        for names in ("econ-qa,econ-qa-tries", "econ-qa", "econ-qa-tries")
    )
    for rule, more in (("prepare_rows", 0), ("render_prompts", 13), ("train_adapter", 6), ("answer_prompts", 14)):
        assert both[rule] == alone[rule] + more, rule
        assert tries[rule] == both[rule], f"{rule}: what is shared is made, too, where its study was not asked for"
    assert both["make_tables"] == 2 and tries["make_tables"] == 1, "nothing is reported of a study not asked for"


@functools.cache
def planned_at(scale, study):
    """Return what a dry-run of a study plans, and each job's command."""
    said = read_yaml(ROOT / f"config/studies/{study}.yaml")
    own = said.get("shares", {}).get("study", study)
    real = [] if scale == "mini" or "task" in said else [f"data={{'{own}': klue-mrc-news}}"]
    given = ("--config", f"scale={scale}", f"studies=['{study}']", *real)
    done = snakemake(ROOT, "--workflow-profile", "none", "--cores", "1", "-n", "-p", "--forceall", *given)
    assert done.returncode == 0, done.stdout
    return jobs_in(done.stdout), commands_in(done.stdout)


def commands_in(printed):
    """Return the commands that a dry-run printed; the rule `all` has none."""
    lines = [line.partition("Shell command: ")[2] for line in printed.splitlines() if "Shell command: " in line]
    return [line for line in lines if line != "None"]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("study", STUDIES)
def test_dry_run_plans_the_whole_study(study, scale):
    jobs, _ = planned_at(scale, study)
    assert jobs["all"] == 1
    assert {"prepare_rows", "render_prompts", "train_adapter", "answer_prompts", "score_answers"} <= set(jobs)
    assert {"compare_scores", "select_model", "make_tables", "draw_figures", "print_paper"} <= set(jobs)
    if study == "econ-qa":  # one job for each treatment: five bases, four tuned, five ensembles
        assert (jobs["render_prompts"], jobs["train_adapter"], jobs["answer_prompts"]) == (5, 4, 5 + 4)
        assert (jobs["combine_answers"], jobs["score_answers"]) == (5, 5 + 4 + 5)
    if study == "econ-qa-tries":  # what it shares is made under the other study's name, here from nothing
        assert (jobs["render_prompts"], jobs["train_adapter"], jobs["answer_prompts"]) == (
            5 + 2 * 3 + 4 + 3,
            4 + 3 + 3,
            5 + 4 + 6 + 5 + 3,
        )
        assert "combine_answers" not in jobs
    assert "write_submission" not in jobs  # no rows here are to be submitted


@pytest.mark.parametrize("scale", [*SCALES, "rehearsal"])
@pytest.mark.parametrize("study", STUDIES)
def test_a_printed_command_is_short_enough_to_read_and_copy(study, scale):
    commands = [shlex.split(command) for command in planned_at(scale, study)[1]]
    assert len(commands) > 2 and all(words[0] == "python" for words in commands)
    long = [word for words in commands for word in words if len(word) > 500]
    assert not long, long[0][:80]


# each model of each arm; of `selected` each candidate, for nobody knows yet which it will be
REHEARSED = {
    "econ-qa": 5 + 4,
    "econ-qa-tries": 5 + 4 + 3 + 3 + 5 + 3,
    "context-qa": 3 + 3 + 3,
    "korquad": 2 + 6 + 2 + 4,
    "kobest": 2,
    "everyday-talk": 4,
    "safe-chat": 2 + 3 + 6,
    "instruct-ko": 2 + 2 + 1,
    "data-quality": 7 + 16,  # rungs, and four numbers of rows chosen in four ways
}


@pytest.mark.parametrize("study", STUDIES)
def test_a_rehearsal_plans_its_table_and_no_paper(study):
    jobs = planned(ROOT, "--forceall", "--config", "scale=rehearsal", f"studies=['{study}']")
    assert set(jobs) == {"all", "rehearse_arm", "tabulate_rehearsal"}
    assert jobs["rehearse_arm"] == REHEARSED[study]


def test_a_rehearsal_of_own_rows_takes_their_lengths():
    jobs, _ = planned_at("rehearsal", "econ-qa")
    assert set(jobs) == {"all", "download_dataset", "prepare_rows", "rehearse_arm", "tabulate_rehearsal"}


def test_two_seeds_double_the_trainings_and_not_the_bases():
    jobs = planned(ROOT, "--forceall", "--config", "seeds=[1,2]")
    assert jobs["train_adapter"] == 8
    assert jobs["answer_prompts"] == 5 + 8


def test_own_rows_take_the_data_sets_place(tmp_path):
    own = tmp_path / "mine.csv"
    own.write_text("id,context,question,answer\na,b,c,d\n", encoding="utf-8")
    done = snakemake(
        ROOT,
        "--workflow-profile",
        "none",
        "--cores",
        "1",
        "-n",
        "-p",
        "--forceall",
        "--config",
        f"data={{'econ-qa': '{own}'}}",
    )
    assert done.returncode == 0, done.stdout
    assert "mine.csv" in done.stdout


def test_each_rule_has_docstring_log_environment_and_message():
    listed = snakemake(ROOT, "--workflow-profile", "none", "--list-rules").stdout
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        for rule in text.split("\nrule ")[1:]:
            name = rule.partition(":")[0]
            assert name in listed
            for part in ('    """', "    log:", "    conda:", "    message:", "cli=cli("):
                assert part in rule, f"{path.name}, rule {name}: no {part.strip()}"
            assert (ROOT / "scripts" / f"{name}.py").is_file()


SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_what_it_takes_and_shows_a_line_that_it_takes(script, capsys):
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(script).main(["--help"])
    assert ended.value.code == 0
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    line = rest.partition("\nExample, ")[2].partition(f"python scripts/{script}.py ")[2]
    given = {word for word in shlex.split(line.replace("\\\n", " ")) if word.startswith("--")}
    required = set(re.findall(r"--[a-z-]+", re.sub(r"\[[^\[\]]*(\[[^\[\]]*\])?[^\[\]]*\]", "", usage)))
    assert required and required <= given <= set(re.findall(r"--[a-z-]+", usage))


def test_a_script_is_run_by_hand_from_any_folder(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/score_answers.py", "--help"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_a_dry_run_writes_nothing(tmp_path):
    done = snakemake(ROOT, "--workflow-profile", "none", "--cores", "1", "-n", "--directory", str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert not (tmp_path / "results").exists()


def test_a_printed_command_works_as_soon_as_its_run_has_begun(tmp_path):
    target = "results/mini/econ-qa/rows/all/audit.json"
    folder = ("--workflow-profile", "none", "--cores", "1", "--directory", str(tmp_path), target)
    done = snakemake(ROOT, *folder)
    assert done.returncode == 0, done.stdout
    shown = snakemake(ROOT, *folder, "-n", "-p", "--forceall").stdout
    (command,) = commands_in(shown)
    (tmp_path / target).unlink()
    subprocess.run(command, shell=True, cwd=tmp_path, env=environment(), check=True)
    assert (tmp_path / target).is_file()


def test_a_job_finds_its_script_where_the_path_of_the_repository_has_a_space(tmp_path):
    folder, target = copy_to(tmp_path / "한글 폴더" / "kotune"), "results/mini/econ-qa/rows/all/audit.json"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = snakemake(folder, "--workflow-profile", "none", "--cores", "1", "--directory", str(elsewhere), target)
    assert done.returncode == 0, done.stdout
    assert (elsewhere / target).is_file()
