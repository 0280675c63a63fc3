"""Bad input: one message that names file, key or row and says what to do; nothing half-written is taken for done."""

import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest
from checkout import copy_to, snakemake
from shortened import rewrite, shorten

from kotune.core import storage
from kotune.core.errors import UserError

STUDY = "results/mini/econ-qa"
ROWS = f"{STUDY}/rows/all/audit.json"
GEMMA = "resources/mini/models/tiny-gemma2"
NOISE = ("Traceback", "CalledProcessError", "set -euo pipefail", "MissingInputException", "common.smk")
needs_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="no /dev/full, a disk that is always full"
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A copy of the repository, shared by the tests of this module."""
    folder = shorten(copy_to(tmp_path_factory.mktemp("bad") / "kotune"))
    rewrite(folder / "config/scales/mini.yaml", lambda scale: scale["trainer"].update(max_steps=4))
    for path in (folder / "resources/mini/econ-news").glob("*.csv"):  # a few rows are enough
        path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:20]) + "\n", encoding="utf-8")
    return folder


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


def put(*keys, value):
    """Return a change that sets one key of a YAML file."""

    def change(path):
        def at(content):
            for key in keys[:-1]:
                content = content[key]
            content[keys[-1]] = value

        rewrite(path, at)

    return change


AT_START = {
    "unknown key": ([], ["--config", "skale=mini"], "unknown key 'skale'; did you mean 'scale'?"),
    "unknown study": ([], ["--config", "studies=['econ-qe']"], "no file 'econ-qe.yaml'; did you mean 'econ-qa'?"),
    "rows for an unknown study": ([], ["--config", "data={econ-q: a.csv}"], "'econ-q.yaml'; did you mean 'econ-qa'?"),
    "rows that are not there": ([], ["--config", "data={econ-qa: resources/mini/econ-news/trian.csv}"], "econ-news/trian.csv: "),
    "a folder without rows": ([], ["--config", "data={econ-qa: resources/mini}"], "resources/mini: holds no train.csv"),
    "no path": ([], ["--config", "data={econ-qa: ''}"], "key 'data.econ-qa': '' should be non-empty"),
    "wrong type": (
        [("config/recipes/qlora-r6.yaml", put("lora", "r", value="six"))],
        [],
        "config/recipes/qlora-r6.yaml: key 'lora.r': 'six' is of type str, it must be of type integer",
    ),
    "unknown model": (
        [("config/studies/econ-qa.yaml", put("candidates", 0, value="ko-gemma-2-9b"))],
        [],
        "econ-qa.yaml: unknown model 'ko-gemma-2-9b'; did you mean 'ko-gemma-2-9b-it'?",
    ),
    "unknown recipe": (
        [("config/studies/econ-qa.yaml", put("arms", "qlora", "recipe", value="qlora-6"))],
        [],
        "no file 'qlora-6.yaml'; did you mean 'qlora-r6'?",
    ),
    "model folder missing": (
        [(f"{GEMMA}/{name}", Path.unlink) for name in ("config.json", "tokenizer.json", "model.safetensors")],
        [],
        "tiny-gemma2/config.json: the stand-in 'tiny-gemma2': there is no 'config.json' in ",
    ),
    "not YAML": (
        [("config/prompts/econ-qa.yaml", lambda path: path.write_text("variants: [", encoding="utf-8"))],
        [],
        "econ-qa.yaml, line ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", AT_START)
def test_what_can_be_known_at_start_is_said_before_any_job(copy, case):
    folder, edit = copy
    edits, arguments, message = AT_START[case]
    for name, change in edits:
        edit(name, change)
    assert message in refusal(folder, *arguments)
    assert not (folder / "results").exists()


@pytest.mark.parametrize("place", ["results", STUDY, "results/mini/logs"])
def test_a_file_where_results_must_go_is_named(copy, place):
    folder, _ = copy
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
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
    arguments = ["--config", "data={econ-qa: own.csv}", "--", ROWS]
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
    prompts = f"{STUDY}/prompts/tiny-gemma2/all/econ-qa.clean"
    message = refusal(folder, f"{prompts}/prompts.json")
    assert "config/prompts/econ-qa.yaml, variants.clean.families." in message
    assert "unknown variable 'contxt'; did you mean 'context'?" in message
    assert not list((folder / prompts).glob("*"))


def test_a_tokenizer_without_a_needed_token_is_named(copy):
    folder, edit = copy
    edit(
        f"{GEMMA}/tokenizer.json",
        lambda path: path.write_text(path.read_text().replace("<end_of_turn>", "<end_of_tern>")),
    )
    message = refusal(folder, f"{STUDY}/prompts/tiny-gemma2/all/econ-qa.clean/prompts.json")
    assert f"{GEMMA}/tokenizer.json: '<end_of_turn>' is not one token of it" in message


def test_cut_off_weights_are_named_and_answers_go_on_after_mending(copy):
    folder, edit = copy
    answers = f"{STUDY}/answers/own/tiny-gemma2/base/seed42.jsonl"
    whole = (folder / GEMMA / "model.safetensors").read_bytes()
    edit(f"{GEMMA}/model.safetensors", lambda path: path.write_bytes(whole[:-1000]))
    message = refusal(folder, answers)
    assert f"{GEMMA}/model.safetensors: not a whole safetensors file" in message
    assert "copy or download it again" in message
    assert not (folder / answers).exists()
    rows = folder / ROWS
    before = rows.stat().st_mtime_ns
    (folder / GEMMA / "model.safetensors").write_bytes(whole)
    done = snakemake(folder, "--cores", "1", answers)
    assert done.returncode == 0, done.stdout
    assert (folder / answers).is_file()
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
        ["audit.json", *(f"{split}.parquet" for split in ("train", "valid", "test", "test-unseen", "submission"))]
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
