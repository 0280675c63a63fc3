"""What happens when Snakemake reads the workflow: mistakes end the run in one line, needs are told, one GPU is counted."""

import logging
from types import SimpleNamespace

import pytest
from checkout import ROOT
from snakemake_interface_executor_plugins.settings import SharedFSUsage
from studies import configuration

from kotune.plan import start


class Workflow:
    """What `start` touches of Snakemake's workflow."""

    basedir = str(ROOT)
    configfiles = [str(ROOT / "config/config.yaml")]

    def __init__(self, main=True, nodes=None):
        self.is_main_process, self.handler = main, logging.NullHandler()
        self.logger_manager = SimpleNamespace(get_log_handlers=lambda: [self.handler])
        self.resource_settings, self.global_resources = SimpleNamespace(nodes=nodes), {}

    def register_resource(self, name, value):
        self.global_resources[name] = value


def test_seeds_of_the_command_line_become_numbers():
    config = configuration(seeds=["1", "2"])
    plan, _ = start.start(Workflow(), config)
    assert plan.studies["econ-qa"].seeds == [1, 2] and config["seeds"] == [1, 2]
    assert (plan.scale, plan.results) == ("mini", "results/mini")


def test_a_mistake_ends_the_run_in_one_line():
    with pytest.raises(SystemExit, match=r"^error: .*did you mean 'econ-qa'\?"):
        start.start(Workflow(), configuration(studies=["econ-qe"]))


def test_a_key_that_stands_twice_in_a_file_that_snakemake_read_is_named(tmp_path):
    (tmp_path / "own.yaml").write_text("scale: mini\nscale: full\n", encoding="utf-8")
    workflow = Workflow()
    workflow.configfiles = [*workflow.configfiles, str(tmp_path / "own.yaml")]
    with pytest.raises(SystemExit, match=r"^error: .*own.yaml, line 2: .*the key 'scale' stands twice"):
        start.start(workflow, configuration())


def test_needs_are_told_once_by_the_main_process(capsys):
    config = configuration(scale="full", data={"econ-qa": "klue-mrc-news"})
    start.start(Workflow(), config)
    assert "needs: model qwen2.5-3b-instruct: " in capsys.readouterr().err
    start.start(Workflow(main=False), config)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("workflow", "counted"), [(Workflow(), {"gpu": 1}), (Workflow(nodes=4), {}), (Workflow(main=False), {})]
)
def test_one_machine_runs_one_gpu_job_at_a_time_and_a_cluster_counts_its_own(workflow, counted):
    start.start(workflow, configuration())
    assert workflow.global_resources == counted


def test_jobs_that_may_share_a_card_run_side_by_side(monkeypatch):
    workflow = Workflow()
    monkeypatch.setenv("KOTUNE_JOBS_PER_GPU", "4")
    start.start(workflow, configuration())
    assert workflow.global_resources == {"gpu": 4}
    monkeypatch.setenv("KOTUNE_JOBS_PER_GPU", "many")
    with pytest.raises(SystemExit, match="error: KOTUNE_JOBS_PER_GPU: 'many' is not a whole number above 0"):
        start.start(Workflow(), configuration())


def test_a_number_of_gpus_that_was_given_stays():
    workflow = Workflow()
    workflow.global_resources["gpu"] = 4
    start.start(workflow, configuration())
    assert workflow.global_resources == {"gpu": 4}


def test_failed_jobs_are_shown_by_their_reason():
    workflow = Workflow()
    _, one_line = start.start(workflow, configuration())
    assert one_line in workflow.handler.filters


class Begun:
    """A workflow that is about to run its jobs, here or on a cluster."""

    def __init__(self, local, jobs=()):
        self.executor_plugin = SimpleNamespace(common_settings=SimpleNamespace(local_exec=local))
        self.storage_settings = SimpleNamespace(shared_fs_usage=SharedFSUsage.all())
        self.dag = SimpleNamespace(needrun_jobs=lambda: jobs)


def test_on_a_cluster_a_python_in_a_path_with_a_space_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr("sys.executable", "/home/han/한글 폴더/.venv/bin/python")
    with pytest.raises(
        SystemExit, match="whose path holds a space; .* ln -s '/home/han/한글 폴더/.venv' ~/kotune-venv"
    ):
        start.begin(Begun(local=False))
    start.begin(Begun(local=True))
    monkeypatch.setattr("sys.executable", "/home/han/.venv/bin/python")
    start.begin(Begun(local=False))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nb: 한국어\n".encode("cp949"), r"error: .*models.yaml, line 2: not UTF-8 .*; save the file as UTF-8"),
        (b"a: 1\nb: [\n", "error: .*models.yaml, line 3: not YAML"),
    ],
)
def test_a_file_that_snakemake_could_not_read_is_named_before_it_tries(tmp_path, content, message):
    (tmp_path / "config").mkdir()
    for name in ("config", "models", "datasets"):
        (tmp_path / f"config/{name}.yaml").write_bytes(content if name == "models" else b"a: 1\n")
    with pytest.raises(SystemExit, match=message):
        start.check_catalogues(tmp_path)


def _needs_isolation(monkeypatch, why):
    """Let studies that measure exact matches of numbers run programs, and this machine hold them or not."""
    monkeypatch.setattr(start.rewards.metrics, "isolates", lambda chosen: "exact_match_numeric" in chosen)
    monkeypatch.setattr(start.running, "refusal", lambda: why)


def test_a_study_that_this_machine_cannot_hold_is_left_out_with_the_reason(monkeypatch, capsys):
    _needs_isolation(monkeypatch, "bubblewrap is not here")
    plan, _ = start.start(Workflow(), configuration(studies=["econ-qa", "korquad"]))
    assert [*plan.studies] == ["korquad"] and [*plan.left_out] == ["econ-qa"]
    assert "needs: econ-qa is left out: it needs isolation, and bubblewrap is not here" in capsys.readouterr().err
    with pytest.raises(SystemExit, match=r"^error: econ-qa: bubblewrap is not here"):
        start.start(Workflow(), configuration(studies=["econ-qa"]))


def test_a_machine_that_isolates_leaves_nothing_out(monkeypatch):
    _needs_isolation(monkeypatch, None)
    plan, _ = start.start(Workflow(), configuration(studies=["econ-qa", "korquad"]))
    assert ([*plan.studies], plan.left_out) == (["econ-qa", "korquad"], {})
