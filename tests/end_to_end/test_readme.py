"""Every command of README.md and README.ko.md works as it stands there."""

import json
import lzma
import re
import shlex
import shutil
import subprocess
import sys
import zipfile

import pytest
from bundled_rows import KORQUAD, econ_news
from checkout import ROOT, environment

READMES = ("README.md", "README.ko.md")
PROGRAMS = ("make", "snakemake", "python", "wandb")
# What needs a cluster, cards or an account: the test that runs it with a stand-in, and by which words.
ELSEWHERE = {
    "snakemake --profile profiles/slurm": ("tests/end_to_end/test_slurm.py", '"--profile", "profiles/slurm"'),
    "snakemake --cores 16 --resources gpu=4": ("tests/end_to_end/test_card_pool.py", '"--resources", "gpu=2"'),
    "snakemake --cores 1 --use-conda": ("tests/end_to_end/test_conda.py", '"--use-conda"'),
    "wandb sync results/mini/wandb/wandb/offline-run-*": ("tests/end_to_end/test_reproducibility.py", '"wandb"'),
}
# What takes a night, a GPU, or this run itself: what it starts.
STARTS = {"make test": "-m pytest", "make test-gpu": "-m pytest -m gpu", "make bench": "tools/benchmark_gpu.py"}


def commands(name):
    """Return the commands in a README: lines of its sh blocks, and what its prose and tables call."""
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines += re.findall(rf"`((?:{'|'.join(PROGRAMS)}) [^`]+)`", prose)
    return list(dict.fromkeys(line.partition("  #")[0].strip() for line in lines if line.strip()))


def test_both_readmes_give_the_same_commands():
    assert sorted(commands("README.md")) == sorted(commands("README.ko.md"))
    assert {"make report", "make test", "snakemake --cores 1", *ELSEWHERE, *STARTS} <= set(commands("README.md"))


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_is_not_run_here_is_run_by_another_test(command):
    file, words = ELSEWHERE[command]
    assert words in (ROOT / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(short, tmp_path_factory):
    """A finished main job, with rows of a user."""
    folder = shutil.copytree(short[0], tmp_path_factory.mktemp("readme") / "kotune", symlinks=True)
    rows = lzma.decompress(econ_news("valid", folder).read_bytes())
    (folder / "path/to").mkdir(parents=True)
    (folder / "path/to/my.csv").write_bytes(rows)
    (folder / "path/to/KorQuAD_v1.0_dev.json").write_bytes(lzma.decompress((folder / KORQUAD).read_bytes()))
    with zipfile.ZipFile(folder / "path/to/open.zip", "w") as archive:
        archive.writestr("train.csv", rows)
    return folder


def run(folder, command):
    """Run a command in a copy of the repository whose .venv is the environment of this test; it reads a pipe."""
    words = shlex.split(command)
    if words[0] == "make":  # the environment is there: do not build it again
        words[1:1] = ["-o", ".venv/installed"]
    if words[0] == "snakemake":
        words[0:1] = [sys.executable, "-m", "snakemake"]
    return subprocess.run(
        words,
        cwd=folder,
        env=environment(),
        input="/row 1\n" if "chat" in words else "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
    )


@pytest.mark.parametrize("command", [command for command in commands("README.md") if command not in ELSEWHERE])
def test_a_command_of_the_readme_works(folder, command):
    if command in STARTS:
        assert STARTS[command] in run(folder, command.replace("make", "make -n")).stdout
        return
    if "--config" in command:  # other settings are other runs: plan them
        command += " --dry-run"
    done = run(folder, command)
    assert done.returncode == 0, done.stdout
    if command in ("make report", "snakemake --cores 1"):
        assert "Nothing to be done" in done.stdout
    if "path/to/my.csv" in command:
        assert "prepare rows" in done.stdout
    if "adapters/qwen2.5-3b-instruct" in command:
        assert re.search(r"download model +1\b", done.stdout) and re.search(r"train adapter +1\b", done.stdout)
    if "--forcerun train_adapter" in command:
        assert done.stdout.count("Shell command: python scripts/train_adapter.py") == 2
    if "scale=full" in command:
        model = "gemma-3-270m" if "korquad" in command else "ko-gemma-2-9b-it"
        assert f"needs: model {model}" in done.stdout and "GB of models to download" in done.stdout
    if "make chat" in command:
        assert re.search(r"> /row 1\n> .+\n\[base\] .+\n\[tuned\] .+\n\[gold\] .+\n", done.stdout), done.stdout
    if "show-prompt" in command:
        assert "<start_of_turn>" in done.stdout and "learned" in done.stdout


def test_the_adapter_answers_as_the_readme_loads_it(folder):
    codes = {
        re.search(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)[1] for name in READMES
    }
    assert len(codes) == 1, "both READMEs give the same code"
    done = run(folder, shlex.join([sys.executable, "-c", *codes]))
    answers = folder / "results/mini/econ-qa/answers"
    path = next(path for path in answers.glob("**/tiny-gemma2/qlora/seed42.jsonl"))
    first = next(
        line for line in map(json.loads, path.read_text(encoding="utf-8").splitlines()) if line["split"] == "test"
    )
    assert done.returncode == 0 and f"{first['raw']}<end_of_turn>" in done.stdout, done.stdout


def test_every_link_and_picture_exists():
    for name in (*READMES, *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")), "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", text):
            path = "".join(target)
            if not path.startswith("http"):
                assert ((ROOT / name).parent / path).exists(), f"{name}: {path}"
