"""Bad input: one message that names file, key or row and says what to do; nothing half-written is taken for done."""

import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest
import toy_study
from checkout import snakemake
from toy_study import STUDY, answers

from kotune.core import storage
from kotune.core.catalogue import check, configuration_at
from kotune.core.errors import UserError
from kotune.plan import failures
from kotune.study import checks, resolve

ROWS = f"{STUDY}/rows/all/audit.json"
PROMPTS = f"{STUDY}/prompts/tiny-qwen2/all/econ-qa.clean"
QWEN = "resources/mini/models/tiny-qwen2"
NOISE = ("Traceback", "CalledProcessError", "set -euo pipefail", "MissingInputException", "common.smk")
needs_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="no /dev/full, a disk that is always full"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A copy of the repository with the toy study, shared by the tests of this module."""
    return toy_study.toy(tmp_path_factory.mktemp("bad") / "kotune")


@pytest.fixture
def copy(shared):
    """The shared copy with no results; ``edit(name, change)`` changes a file of it until the test ends."""
    saved = {}

    def edit(name, change):
        path = shared / name
        saved.setdefault(path, path.read_bytes())
        change(path)

    yield shared, edit
    for path, content in saved.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name in ("results", ".snakemake"):
        with contextlib.suppress(FileNotFoundError):
            (shutil.rmtree if (shared / name).is_dir() else os.remove)(shared / name)


def refusal(folder, *arguments):
    """Run snakemake, which must fail; return the one error that it shows, which must stand last."""
    done = snakemake(folder, "--cores", "1", *arguments, timeout=300)
    assert done.returncode not in (0, None), done.stdout
    assert not [noise for noise in NOISE if noise in done.stdout], done.stdout
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    errors = {line for line in lines if line.startswith("error: ")}
    assert len(errors) == 1, done.stdout
    assert errors & set(lines[-2:]), done.stdout  # the name of its log may follow
    return errors.pop()


def changed(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_mistyped_key_on_the_command_line_stops_the_run_before_any_job(copy):
    folder, _ = copy
    assert refusal(folder, "--config", "skale=mini").endswith("unknown key 'skale'; did you mean 'scale'?")
    assert not (folder / "results").exists()


def test_a_model_whose_file_is_gone_stops_the_run_before_any_job(copy):
    folder, edit = copy
    edit(f"{QWEN}/tokenizer.json", Path.unlink)
    message = refusal(folder)
    assert "tiny-qwen2/tokenizer.json: the stand-in 'tiny-qwen2': there is no 'tokenizer.json' in " in message
    assert not (folder / "results").exists()


def checked(folder, **given):
    """Do what a run does before its first job: check the configuration, resolve its studies, look for their files."""
    config = configuration_at(folder) | given
    check(config, "config", "configuration")
    checks.check_files([resolve.study_at(name, config, folder) for name in config["studies"]])


def test_what_is_there_is_not_refused(copy):
    checked(copy[0])


AT_START = {
    "unknown study": ({"studies": ["toi"]}, "no file 'toi.yaml'; did you mean 'toy'?"),
    "rows for an unknown study": ({"data": {"econ-q": "a.csv"}}, "'econ-q.yaml'; did you mean 'econ-qa'?"),
    "rows that are not there": ({"data": {"toy": "resources/mini/econ-news/trian.csv"}}, "econ-news/trian.csv: "),
    "a folder without rows": ({"data": {"toy": "resources/mini"}}, "resources/mini: holds no train.csv"),
    "no path": ({"data": {"toy": ""}}, "key 'data.toy': '' should be non-empty"),
}


@pytest.mark.parametrize("case", AT_START)
def test_what_can_be_known_at_start_is_said(copy, monkeypatch, case):
    given, message = AT_START[case]
    monkeypatch.chdir(copy[0])
    with pytest.raises(UserError) as caught:
        checked(copy[0], **given)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_file_of_a_model_that_is_gone_is_named(copy, name):
    folder, edit = copy
    edit(f"{QWEN}/{name}", Path.unlink)
    with pytest.raises(UserError, match=f"the stand-in 'tiny-qwen2': there is no '{name}' in "):
        checked(folder)


def test_a_file_that_is_no_yaml_is_named_with_its_line(shared, tmp_path):
    shutil.copytree(shared / "config", tmp_path / "config")  # a folder of its own: files are read once
    (tmp_path / "config/prompts/econ-qa.yaml").write_text("variants: [", encoding="utf-8")
    with pytest.raises(UserError, match="econ-qa.yaml, line "):
        checked(tmp_path)


@pytest.mark.parametrize("place", ["results", STUDY])
def test_a_file_in_the_way_of_results_is_refused(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).write_text("in the way")
    with pytest.raises(UserError, match=f"{place}: is a file"):
        failures.check_places([STUDY])


def test_a_file_where_results_must_go_is_named(copy):
    folder, _ = copy
    place = "results/mini/logs"
    (folder / place).parent.mkdir(parents=True)
    (folder / place).write_text("in the way")
    assert f"error: {place}: is a file" in refusal(folder)
    assert (folder / place).read_text() == "in the way"


HEADER = "id,context,question,answer\n"
OWN_ROWS = {
    "missing column": ("id,context,quesion,answer\na,b,c,d\n", "no column 'question' for question; did you mean 'quesion'"),
    "duplicate id": (HEADER + "a,b,c,d\nb,b,c,e\na,x,y,z\n", "1 ids stand more than once: 'a' in own.csv row 1, own.csv row 3"),
    "no id": (HEADER + "a,b,c,d\n,b,c,e\n", "row 2: the id is empty"),
    "empty": ("", "own.csv: empty (0 bytes)"),
    "header alone": (HEADER, "own.csv: no rows left to read"),
    "another encoding": ("\ufeff한글".encode("utf-16"), "own.csv: written in UTF-16; save it as UTF-8"),
    "a broken byte": ((HEADER + "a,기사,물음,답\n").encode()[:-4] + b"\xff\n", "own.csv, line 2: neither UTF-8 nor CP949"),
    "a row too short": (HEADER + "a,b,c,d\nb,b\n", "row 2 (line 3): 2 cells where the header has 4"),
    "a quote left open": (HEADER + 'a,b,c,d\nb,"b,c,d\n', "row 2 (from line 3): a quotation mark is opened"),
    "too few articles": (HEADER + "a,b,c,d\nb,b,x,y\n", "holds 1 articles that can be used, and train, valid and test need 3"),
    "no answers": (HEADER + "a,b,c,\nb,b,x,\n", "no rows left; most were left out for: empty answer (2 rows)"),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN_ROWS)
def test_rows_at_fault_are_named_with_what_to_do(tmp_path, case):
    import prepare_rows

    content, message = OWN_ROWS[case]
    own = tmp_path / "own.csv"
    own.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = {"dataset": "own", "columns": {}, "path": str(own), "split": {"valid": 0.1, "test": 0.1, "seed": 42}}
    with pytest.raises(UserError) as caught:
        prepare_rows.main(["--source", json.dumps(source), "--output-dir", str(tmp_path / "out")])
    assert str(own) in str(caught.value)
    assert message in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_job_that_fails_is_shown_by_its_own_line_and_goes_on_after_mending(copy):
    folder, _ = copy
    own = folder / "own.csv"
    own.write_text(HEADER + "".join(f"{n % 9},기사 {n},물음,답\n" for n in range(10)), encoding="utf-8")
    arguments = ["--config", "data={toy: own.csv}", "--", ROWS]
    assert refusal(folder, *arguments).startswith("error: own.csv: 1 ids stand more than once: '0' in own.csv row 1, ")
    assert not list((folder / STUDY).rglob("*.parquet"))
    own.write_text(HEADER + "".join(f"{n},기사 {n},물음,답\n" for n in range(10)), encoding="utf-8")
    done = snakemake(folder, "--cores", "1", *arguments)
    assert done.returncode == 0, done.stdout
    assert (folder / ROWS).is_file()
    own.unlink()


def test_a_prompt_with_an_undefined_variable_is_named(copy):
    folder, edit = copy
    edit("config/prompts/econ-qa.yaml", lambda path: changed(path, "{{ context }}", "{{ contxt }}"))
    message = refusal(folder, f"{PROMPTS}/prompts.json")
    assert "config/prompts/econ-qa.yaml, variants.clean.families." in message
    assert "unknown variable 'contxt'; did you mean 'context'?" in message
    assert not list((folder / PROMPTS).glob("*"))


def test_a_tokenizer_without_a_needed_token_is_named(copy):
    folder, edit = copy
    edit(f"{QWEN}/tokenizer.json", lambda path: changed(path, "<|im_end|>", "<|im_edn|>"))
    message = refusal(folder, f"{PROMPTS}/prompts.json")
    assert f"{QWEN}/tokenizer.json: '<|im_end|>' is not one token of it" in message


def test_cut_off_weights_are_named_and_answers_go_on_after_mending(copy):
    folder, edit = copy
    target = answers("tiny-qwen2", "base")
    whole = (folder / QWEN / "model.safetensors").read_bytes()
    edit(f"{QWEN}/model.safetensors", lambda path: path.write_bytes(whole[:-1000]))
    message = refusal(folder, target)
    assert f"{QWEN}/model.safetensors: not a whole safetensors file" in message
    assert "copy or download it again" in message
    assert not (folder / target).exists()
    rows = folder / ROWS
    before = rows.stat().st_mtime_ns
    (folder / QWEN / "model.safetensors").write_bytes(whole)
    done = snakemake(folder, "--cores", "1", target)
    assert done.returncode == 0, done.stdout
    assert (folder / target).is_file()
    assert rows.stat().st_mtime_ns == before


@needs_full_device
def test_a_full_disk_is_said_and_the_next_run_goes_on(copy):
    folder, _ = copy
    rows = folder / STUDY / "rows/all"
    rows.mkdir(parents=True)
    (rows / ".valid.parquet.partial").symlink_to("/dev/full")
    message = refusal(folder, ROWS)
    assert (
        message
        == f"error: {STUDY}/rows/all/valid.parquet: cannot write, the disk is full: free some space and run again"
    )
    assert not (rows / "valid.parquet").exists()
    done = snakemake(folder, "--cores", "1", ROWS)
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in rows.iterdir()) == sorted(
        [
            "audit.json",
            *(f"{split}.parquet" for split in ("train", "valid", "test", "test-seen", "test-unseen", "submission")),
        ]
    )


@needs_full_device
@pytest.mark.parametrize("write", [storage.write_text, lambda path, text: storage.write_jsonl(path, [{"a": text}])])
def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, write):
    path = tmp_path / "scores.jsonl"
    path.write_text("before")
    (tmp_path / ".scores.jsonl.partial").symlink_to("/dev/full")
    with pytest.raises(UserError, match="scores.jsonl: cannot write, the disk is full: free some space"):
        write(path, "after")
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["scores.jsonl"]


@contextlib.contextmanager
def forbidden(folder):
    """Take the permission to write in a folder, from root as well."""
    if os.geteuid() == 0:
        os.seteuid(65534)
    else:
        folder.chmod(0o500)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        folder.chmod(0o700)


def test_no_permission_is_said_with_what_to_do(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    with forbidden(folder), pytest.raises(UserError, match="table.csv: cannot write, no permission: change the owner"):
        storage.write_text(folder / "table.csv", "text")
    assert not list(folder.iterdir())
