import os
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.19")
sys.path.insert(0, os.path.join(workflow.basedir, "scripts"))

from kotune.plan.start import check_catalogues

check_catalogues(Path(workflow.basedir))


configfile: os.path.join(workflow.basedir, "config/config.yaml")
configfile: os.path.join(workflow.basedir, "config/models.yaml")
configfile: os.path.join(workflow.basedir, "config/datasets.yaml")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/downloads.smk"
include: "workflow/rules/mixtures.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/samples.smk"
include: "workflow/rules/quality.smk"
include: "workflow/rules/leaks.smk"
include: "workflow/rules/copies.smk"
include: "workflow/rules/prompts.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/answers.smk"
include: "workflow/rules/ensembles.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/evaluations.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/harness.smk"
include: "workflow/rules/bias.smk"
include: "workflow/rules/panel.smk"
include: "workflow/rules/choice.smk"
include: "workflow/rules/speed.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/submission.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/model_cards.smk"
include: "workflow/rules/rehearsal.smk"


rule all:
    """Everything that the chosen studies promise at the chosen scale: paper and submissions, or the rehearsals' table."""
    default_target: True
    input:
        reports.targets(PLAN),
