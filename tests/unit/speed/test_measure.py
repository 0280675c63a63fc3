"""`make bench` measures: the GPU's recipes tried in small, and the stand-in on a CPU; what fails is told and kept apart."""

import benchmark_gpu
import pytest

from kotune.core import console
from kotune.core.catalogue import benchmarks_at
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import read_json


@pytest.fixture
def said(monkeypatch):
    lines = []
    monkeypatch.setattr(console, "say", lines.append)
    return lines


@pytest.mark.slow
def test_recipes_and_engines_are_measured_each_in_a_process(tmp_path, said):
    benchmark_gpu.main(["--shrink", "--only", "fused-small", "packed-nf4", "--output-dir", str(tmp_path)])
    trained = read_json(tmp_path / "training-fused-small.json")
    assert trained["tokens_per_second"] > 0 and trained["passes"]["way"] == "fused" and len(trained["repeats"]) == 2
    answered = read_json(tmp_path / "answering-packed-nf4.json")
    assert answered["tuned"]["prompts_per_second"] > 0 and answered["base"]["prompts_per_second"] > 0
    assert [line.split()[0] for line in said] == ["fused-small", "packed-nf4", "packed-nf4"]


@pytest.mark.slow
def test_without_a_gpu_a_stand_in_is_measured(tmp_path, said, monkeypatch):
    asked = benchmarks_at(ROOT)
    asked["cpu"]["rows"]["count"] = 8
    monkeypatch.setattr(benchmark_gpu, "benchmarks_at", lambda root: asked)
    monkeypatch.setattr(benchmark_gpu, "gpu", lambda: False)
    benchmark_gpu.main(["--only", "cpu-fused", "--output-dir", str(tmp_path)])
    found = read_json(tmp_path / "training-cpu-fused.json")
    assert found["card"] == "CPU" and found["mfu"] is None and found["losses"][-1] < found["losses"][0] * 1.5
    assert "no GPU here" in said[0]


def test_what_is_not_there_is_named_and_what_fails_is_told(tmp_path, said, monkeypatch):
    with pytest.raises(UserError, match="has no 'fused-smal'; did you mean 'fused-small'"):
        benchmark_gpu.main(["--shrink", "--only", "fused-smal", "--output-dir", str(tmp_path)])
    monkeypatch.setattr(benchmark_gpu, "gpu", lambda: True)
    benchmark_gpu.main(["--only", "seed-002", "--timeout", "1", "--output-dir", str(tmp_path)])
    assert said == ["seed-002         failed: took longer than 1 s"]
