"""What profiles/slurm asks of sbatch, and what it asks at sites that differ; sbatch here is made up and refuses all."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import environment, python_for_clusters
from shortened import rewrite
from toy_study import adapter, weights

GRES = "set-resources: {train_adapter: {gpu: 0, gres: "
WHOLE_NODES = "set-resources: {train_adapter: {gpu: 0, slurm_extra: "


@pytest.fixture
def site(toy_copy, tmp_path):
    """A run whose one adapter is gone, and a SLURM that writes down what it is asked."""
    folder, programs = toy_copy, tmp_path / "bin"
    shutil.rmtree(folder / adapter("tiny-qwen2"))
    rewrite(folder / "config/scales/mini.yaml", lambda scale: scale["resources"].update(gpu=1))
    programs.mkdir()
    for name in ("sinfo", "scontrol", "squeue", "sacct", "sacctmgr", "sshare", "sbatch"):
        asked = f'echo "$@" >> {tmp_path}/asked; exit 1' if name == "sbatch" else "exit 0"
        (programs / name).write_text(f"#!/bin/sh\n{asked}\n")
        (programs / name).chmod(0o755)

    python = python_for_clusters(tmp_path)

    def submitted():
        here = environment()
        done = subprocess.run(
            [python, "-m", "snakemake", "--profile", "profiles/slurm", "--retries", "0",
             "--slurm-init-seconds-before-status-checks", "1", "--",
             weights("tiny-qwen2")],
            cwd=folder, env=here | {"PATH": f"{programs}{os.pathsep}{here['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode != 0
        assert (tmp_path / "asked").exists(), done.stdout
        return (tmp_path / "asked").read_text(encoding="utf-8")

    return folder / "profiles/slurm/profile.yaml", submitted


def uncomment(profile: Path, line: str) -> None:
    text = profile.read_text(encoding="utf-8")
    assert text.count(f"# {line}") == 1
    profile.write_text(text.replace(f"# {line}", line), encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "asked", "never"),
    [(None, "--gpus=1", "--gres"), (GRES, "--gres=gpu:1", "--gpus"), (WHOLE_NODES, "--exclusive", "--gpus")],
)
def test_a_training_asks_for_its_gpu_as_the_site_wants_it(site, line, asked, never):
    profile, submitted = site
    if line:
        uncomment(profile, line)
    command, _, wrapped = submitted().partition("--wrap")
    assert asked in command and never not in command
    for part in ("--mem 2000", "-t 20", "--requeue", "--cpus-per-task=1"):
        assert part in command, command
    assert "export HF_HUB_OFFLINE=1" in wrapped


def test_account_and_partition_are_two_lines_to_uncomment(site):
    profile, submitted = site
    text = profile.read_text(encoding="utf-8")
    profile.write_text(
        text.replace("  # slurm_account", "  slurm_account").replace("  # slurm_partition", "  slurm_partition")
    )
    command = submitted()
    assert "-A my-account" in command and "-p my-gpu-partition" in command
