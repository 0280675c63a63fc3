"""profiles/slurm, as Snakemake and SLURM read it."""

from checkout import ROOT, snakemake

from kotune.catalogue import read_yaml

PROFILE = ROOT / "profiles/slurm/profile.yaml"


def test_each_group_and_each_override_names_a_rule_that_exists():
    profile = read_yaml(PROFILE)
    rules = set(snakemake(ROOT, "--workflow-profile", "none", "--list-rules").stdout.split())
    assert set(profile["groups"]) <= rules
    assert set(profile["group-components"]) == set(profile["groups"].values())


def test_compute_nodes_reach_no_hub_and_downloads_are_local():
    assert "HF_HUB_OFFLINE=1" in read_yaml(PROFILE)["precommand"]
    downloads = (ROOT / "workflow/rules/downloads.smk").read_text(encoding="utf-8")
    assert downloads.count("localrule: True") == downloads.count("\nrule ")
