# Lists and input functions derived from the configuration; no rules.
import json
import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import report as in_report

sys.path.insert(0, os.path.join(workflow.basedir, "scripts"))

from kotune import report_inputs, reporting
from kotune import studies as lens
from kotune.catalogue import check, named
from kotune.code_hash import code_hash
from kotune.errors import UserError

try:
    check(dict(config), "config", "configuration (config/ and --config)")
    STUDIES = {name: lens.study_at(name, config) for name in config["studies"]}
except UserError as error:
    raise WorkflowError(str(error)) from None

SCALE = config["scale"]
RESULTS = f"results/{SCALE}"
LENS = named("scales", SCALE, "scale")


def one_of(names):
    """Return a wildcard pattern that matches exactly these names."""
    return "|".join(sorted({re.escape(name) for name in names})) or "nothing"


wildcard_constraints:
    scale=re.escape(SCALE),
    study=one_of(STUDIES),
    model=one_of(model for study in STUDIES.values() for model in study.models),
    arm=one_of(arm for study in STUDIES.values() for arm in study.arms),
    method=one_of(method for study in STUDIES.values() for _, method, _ in study.ensemble_treatments()),
    rowset=one_of(rowset for study in STUDIES.values() for rowset in study.settings["rowsets"]),
    seed=r"\d+",


def beside(path):
    """Return a path of the repository relative to the work folder, so that moving the repository reruns nothing."""
    return os.path.relpath(os.path.join(workflow.basedir, path))


def cli(rule):
    """Return the path of a rule's script."""
    return beside(f"scripts/{rule}.py")


def code(rule):
    """Return the hash of a rule's script and of the modules that it uses, comments and docstrings left out."""
    return code_hash(Path(workflow.basedir, "scripts", f"{rule}.py"))


def as_json(value):
    """Return settings as the one JSON text that is compared between runs."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def study_of(wildcards):
    return STUDIES[wildcards.study]


def arm_of(wildcards):
    return study_of(wildcards).arms[wildcards.arm]


def under(wildcards, path):
    """Return a path below the study's results."""
    return f"{RESULTS}/{wildcards.study}/{path}"


def model_settings(model):
    """Return a model's settings, its path seen from the work folder, with what its family asks of a tokenizer."""
    family = lens.family_content(model["family"])
    return {
        **model,
        "path": beside(model["path"]),
        "required_tokens": family["required_tokens"],
        "pad": family["pad"],
        "stop": family["stops"],
    }


def model_json(wildcards):
    return as_json(model_settings(study_of(wildcards).models[wildcards.model]))


def model_files(wildcards):
    """Return the files of a model that its answers depend on."""
    folder = beside(study_of(wildcards).models[wildcards.model]["path"])
    return [f"{folder}/{name}" for name in ("config.json", "model.safetensors", "tokenizer.json")]


def tokenizer_file(wildcards):
    return f"{beside(study_of(wildcards).models[wildcards.model]['path'])}/tokenizer.json"


def source_at(wildcards):
    """Return where a rowset's rows come from and which of them it takes."""
    study = study_of(wildcards)
    source = {**study.source, **study.settings["rowsets"][wildcards.rowset]}
    if "files" in source:
        source["files"] = {split: beside(path) for split, path in source["files"].items()}
    return source


def source_json(wildcards):
    return as_json(source_at(wildcards))


def source_files(wildcards):
    source = source_at(wildcards)
    return list(source["files"].values()) if "files" in source else [source["path"]]


def prompt_json(wildcards):
    """Return what a prompt variant says to one model's family, so that another family's words change nothing here."""
    name, _, variant = wildcards.prompt.partition(".")
    content = lens.prompt_content(wildcards.prompt)
    family = study_of(wildcards).models[wildcards.model]["family"]
    own = {key: value for key, value in content["families"].items() if key == family}
    return as_json({"name": name, "variant": variant, "content": {"families": own}})


def family_json(wildcards):
    family = study_of(wildcards).models[wildcards.model]["family"]
    return as_json(lens.family_content(family))


def room_for_prompt(wildcards):
    """Return how many tokens of the context window are left beside the new ones."""
    study = study_of(wildcards)
    return study.models[wildcards.model]["context_window"] - lens.generation_at(study)["max_new_tokens"]


def prompt_folder(wildcards):
    arm = arm_of(wildcards)
    return under(wildcards, f"prompts/{wildcards.model}/{arm['rowset']}/{arm['prompt']}")


def evaluation_prompts(wildcards):
    """Return the prompts that a model answers, one file a split."""
    return [f"{prompt_folder(wildcards)}/{split}.parquet" for split in study_of(wildcards).evaluated]


def evaluation_rows(wildcards):
    """Return the rows that answers are scored against."""
    study = study_of(wildcards)
    rowset = next(iter(study.arms.values()))["rowset"]
    return [under(wildcards, f"rows/{rowset}/{split}.parquet") for split in study.evaluated]


def recipe_json(wildcards):
    return as_json(arm_of(wildcards)["recipe"])


def quantization_json(wildcards):
    return as_json(arm_of(wildcards)["recipe"]["quantization"])


def generation_json(wildcards):
    """Return how answers are generated, and what ends one: the prompt variant's own stop tokens, or the family's."""
    study = study_of(wildcards)
    family = study.models[wildcards.model]["family"]
    content = lens.prompt_content(arm_of(wildcards)["prompt"])["families"].get(family, {})
    stop = content.get("stops", lens.family_content(family)["stops"])
    return as_json({**lens.generation_at(study), "stop": stop})


def compute_json(wildcards):
    compute = study_of(wildcards).lens["compute"]
    return as_json({"device": compute["device"], "threads": compute["threads"]})


def tracking_mode(wildcards):
    """Return where a training's curve is mirrored: disabled, offline or online."""
    return study_of(wildcards).tracking


def adapter_file(wildcards):
    """Return the adapter that an arm answers with; the base has none."""
    if wildcards.arm == lens.BASE:
        return []
    return under(
        wildcards, f"adapters/{wildcards.model}/{wildcards.arm}/seed{wildcards.seed}/adapter_model.safetensors"
    )


def ensemble_settings(wildcards):
    study = study_of(wildcards)
    ensembles = study.settings["ensembles"]
    return as_json(
        {
            "method": wildcards.method,
            "members": study.ensemble_members(),
            "favourite": study.names[ensembles["favourite"]],
            "seed": int(wildcards.seed),
            "train_split": "valid",
        }
    )


def member_answers(wildcards):
    """Return the answers that an ensemble is made from, in member order."""
    study = study_of(wildcards)
    arm = study.settings["ensembles"]["arm"]
    return [
        under(wildcards, f"answers/{member}/{arm}/seed{wildcards.seed}.jsonl") for member in study.ensemble_members()
    ]


def score_settings(wildcards):
    study = study_of(wildcards)
    return as_json({"metrics": study.settings["metrics"], "embedder": study.embedder, "cache": f"{RESULTS}/embeddings"})


def all_treatments(study):
    """Return (model, arm, seed) of everything that is scored, ensembles included."""
    return study.treatments() + study.ensemble_treatments()


def treatment_files(kind, suffix):
    """Return an input function: one file of a kind for each treatment of a study, in order."""

    def files(wildcards):
        return [
            under(wildcards, f"{kind}/{model}/{arm}/seed{seed}{suffix}")
            for model, arm, seed in all_treatments(study_of(wildcards))
        ]

    return files


def treatment_labels(wildcards):
    return as_json(
        [{"model": model, "arm": arm, "seed": seed} for model, arm, seed in all_treatments(study_of(wildcards))]
    )


def comparison_settings(wildcards):
    study = study_of(wildcards)
    return as_json(
        {
            "metrics": study.settings["metrics"],
            "splits": study.evaluated,
            "comparisons": lens.comparisons_of(study),
            **study.settings["statistics"],
        }
    )


def selection_settings(wildcards):
    study = study_of(wildcards)
    return as_json(
        {
            "metric": study.settings["primary_metric"],
            "split": "valid",
            "arms": [arm for arm in study.arms if arm != lens.BASE] or [lens.BASE],
            "order": list(study.models),
        }
    )


REPORTS = {name: reporting.settings_of(study, config, beside) for name, study in STUDIES.items()}
PLAIN_ENDINGS = [ending for ending in reporting.TABLE_ENDINGS if ending != "html"]


def study_folders():
    return [f"{RESULTS}/{study}" for study in STUDIES]


def report_settings(wildcards):
    return as_json(REPORTS[wildcards.study])


def of_one_study(inputs):
    """Return an input function: what a script of the report reads for the wildcards' study."""
    return lambda wildcards: inputs(reporting.Report(REPORTS[wildcards.study], Path(RESULTS, wildcards.study)))


def of_all_studies(inputs):
    """Return an input function: what a script of the report reads for all studies together."""
    reports = [reporting.Report(settings, Path(RESULTS, name)) for name, settings in REPORTS.items()]
    return lambda wildcards: [path for one in reports for path in inputs(one)]


def shown_tables():
    """Return the tables that report.html shows, each with its caption."""
    return [
        in_report(
            f"results/{{scale}}/{{study}}/tables/{table}.html",
            caption=f"../report/table-{table}.rst",
            category="{study}",
            subcategory="Tables",
            labels={"table": table},
        )
        for table in reporting.TABLES
    ]


def shown_figures():
    """Return the figures that report.html shows, each with its caption."""
    return [
        in_report(
            f"results/{{scale}}/{{study}}/figures/{figure}.svg",
            caption=f"../report/figure-{figure}.rst",
            category="{study}",
            subcategory="Figures",
            labels={"figure": figure},
        )
        for figure in reporting.FIGURES
    ]


def paper_source():
    """Return the files that the paper is written in."""
    root = Path(workflow.basedir)
    return [beside(path.relative_to(root)) for path in sorted(root.glob("paper/**/*")) if path.is_file()]


def paper_settings():
    notices = {key: LENS.get(key, "") for key in ("notice", "notice_ko")}
    return as_json({"scale": SCALE, **notices, "studies": list(REPORTS.values())})


def paper_targets():
    """Return what `snakemake` without a target makes: the paper, and each thing it was made from, should one be gone."""
    made = [
        f"{RESULTS}/{study.name}/{kind}/{model}/{arm}/seed{seed}.jsonl"
        for study in STUDIES.values()
        for model, arm, seed in all_treatments(study)
        for kind in ("answers", "scores")
    ]
    return [f"{RESULTS}/paper.pdf", *made]
