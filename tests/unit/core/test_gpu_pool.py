"""Each job has cards of its own, whatever the others do. The cards are made up: locks and names are all that counts."""

import subprocess
import sys

import pytest
from checkout import ROOT

from kotune.core import gpu_pool
from kotune.core.errors import UserError

JOB = """
import sys
sys.path.insert(0, {scripts!r})
from kotune.core import gpu_pool
print(",".join(gpu_pool.pin(int(sys.argv[1]))), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with the cards 3, 5 and 8, and a way to start a job that takes some of them until it is stopped."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(gpu_pool.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5,8")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    jobs = []

    def start(count):
        code = JOB.format(scripts=str(ROOT / "scripts"))
        jobs.append(
            subprocess.Popen(
                [sys.executable, "-c", code, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        return jobs[-1]

    yield start
    for job in jobs:
        job.kill()
        job.communicate()


def test_jobs_side_by_side_have_different_cards(machine):
    taken = [machine(1).stdout.readline().strip() for _ in range(3)]
    assert sorted(taken) == ["3", "5", "8"]


def test_a_job_waits_for_a_card_and_gets_that_of_a_job_that_was_killed(machine):
    first, second = machine(2), machine(1)
    of_first, of_second = first.stdout.readline().strip(), second.stdout.readline().strip()
    assert sorted([*of_first.split(","), of_second]) == ["3", "5", "8"]
    waiting = machine(1)
    second.kill()
    assert waiting.stdout.readline().strip() == of_second


def test_a_job_of_two_cards_does_not_keep_one_while_it_waits_for_the_other(machine):
    held = machine(2)
    held.stdout.readline()
    machine(2)  # one card is free: not enough, and not kept
    assert machine(1).stdout.readline().strip() in ("3", "5", "8")


def test_more_cards_than_there_are_is_an_error_that_says_what_to_do(machine):
    with pytest.raises(UserError, match="4 GPUs are asked for and 3 can be used"):
        gpu_pool.take(4)


def test_what_slurm_gave_a_job_is_taken_as_it_is_without_a_lock(machine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    # two jobs of one node may both see their own card as 0
    assert [machine(1).stdout.readline().strip() for _ in range(2)] == ["0", "0"]
    assert gpu_pool.take(0) == []


def test_a_machine_without_cards_waits_for_none(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_pool.take(1) == []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("PATH", "")
    assert gpu_pool.visible() == []


def test_jobs_share_cards_where_the_user_says_so(machine, monkeypatch):
    monkeypatch.setenv("KOTUNE_JOBS_PER_GPU", "2")
    taken = [machine(1).stdout.readline().strip() for _ in range(6)]
    assert sorted(taken) == ["3", "3", "5", "5", "8", "8"]
    monkeypatch.setenv("KOTUNE_JOBS_PER_GPU", "none")
    with pytest.raises(UserError, match="KOTUNE_JOBS_PER_GPU: 'none' is not a whole number above 0; unset it"):
        gpu_pool.jobs_a_card()


def test_a_job_of_two_cards_has_different_ones_where_cards_are_shared(machine, monkeypatch):
    monkeypatch.setenv("KOTUNE_JOBS_PER_GPU", "2")
    assert machine(2).stdout.readline().strip() == "3,5"
    assert machine(2).stdout.readline().strip() in ("8,3", "3,8")
