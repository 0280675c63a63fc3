"""profiles/slurm, as Snakemake and SLURM read it."""

import re

import yaml
from checkout import ROOT, snakemake

from kotune.core.catalogue import read_yaml

PROFILE = ROOT / "profiles/slurm/profile.yaml"


def test_each_group_and_each_override_names_a_rule_that_exists():
    profile = read_yaml(PROFILE)
    rules = set(snakemake(ROOT, "--workflow-profile", "none", "--list-rules").stdout.split())
    assert set(profile["groups"]) <= rules
    assert set(profile["group-components"]) == set(profile["groups"].values())


def test_sites_that_ask_for_gpus_in_another_way_have_a_line_with_every_rule_that_asks_for_one():
    text = "\n\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
    asking = {rule.split(":")[0] for rule in re.split(r"(?m)^rule ", text)[1:] if re.search(r"(?m)^        gpu=", rule)}
    lines = re.findall(r"(?m)^# (set-resources: .*)$", PROFILE.read_text(encoding="utf-8"))
    assert len(lines) == 2 and asking == {
        "measure_difficulty",
        "measure_perplexity",
        "train_adapter",
        "answer_prompts",
        "score_requests",
        "rehearse_arm",
        "export_model",
    }
    for line in lines:
        overrides = yaml.safe_load(line)["set-resources"]
        assert set(overrides) == asking and all(given["gpu"] == 0 for given in overrides.values())


def test_a_job_is_told_before_its_time_limit_and_a_preempted_one_is_queued_again():
    profile = read_yaml(PROFILE)
    assert profile["slurm-requeue"] is True
    assert profile["default-resources"]["slurm_extra"] == "'--signal=TERM@120'", (
        "to the steps: a batch shell dies of it"
    )
    for line in re.findall(r"(?m)^# (set-resources: .*)$", PROFILE.read_text(encoding="utf-8")):
        for given in yaml.safe_load(line)["set-resources"].values():
            assert "slurm_extra" not in given or "--signal=TERM@120" in given["slurm_extra"]


def test_compute_nodes_reach_no_hub_and_downloads_are_local():
    assert "HF_HUB_OFFLINE=1" in read_yaml(PROFILE)["precommand"]
    downloads = (ROOT / "workflow/rules/downloads.smk").read_text(encoding="utf-8")
    assert downloads.count("localrule: True") == downloads.count("\nrule ")
