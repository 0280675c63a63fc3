# Lists and input functions derived from the configuration; no rules.
import gc
import json
import os
import re
import sys
from functools import partial
from pathlib import Path
from shlex import quote
from types import SimpleNamespace

from snakemake.io import report as in_report

# A plan of a thousand arms makes millions of objects that all stay: looking for garbage in them took a tenth of it.
gc.set_threshold(100_000, 50, 50)

sys.path.insert(0, os.path.join(workflow.basedir, "scripts"))

from kotune.plan import failures
from kotune.core import relay
from kotune.rehearsal import settings as rehearsals
from kotune.report import inputs as report_inputs
from kotune.report import settings as report_settings_of, view as reporting
from kotune.scoring.ensembles import UPPER_BOUNDS
from kotune.choice import facts
from kotune.speed import settings as speed_settings_of
from kotune.study import checks, comparisons, metrics, resolve, scales, wording
from kotune.rows import task
from kotune.rows.bundles import parted
from kotune.core.catalogue import check
from kotune.core.code_hash import code_hash
from kotune.core.names import BASE, SELECTED, SPLITS
from kotune.core.errors import UserError
from kotune.prompts.families import asked_of_tokenizer
from kotune.rehearsal.needs import needs_of
from kotune.study.origins import hub_folder, snapshot_file

config.update(scales.with_whole_numbers(config))
try:
    check(dict(config), "config", "configuration (config/ and --config)")
    STUDIES = {name: resolve.study_at(name, config) for name in config["studies"]}
    checks.check_files(STUDIES.values())
    failures.check_places([".snakemake", *(f"results/{config['scale']}/{name}" for name in [*STUDIES, "logs"])])
except UserError as error:
    sys.exit(f"error: {error}")

ONE_LINE = failures.OneLine()
for handler in workflow.logger_manager.get_log_handlers():
    handler.addFilter(ONE_LINE)
    if getattr(handler, "console", None) and handler.console.is_terminal:
        relay.listen(partial(handler.console.out, highlight=False))


onerror:
    ONE_LINE.stop(f"{RESULTS}/logs")


if workflow.is_main_process:
    for need in needs_of(STUDIES.values(), config):
        print(f"needs: {need}", file=sys.stderr)

SCALE = config["scale"]
RESULTS = f"results/{SCALE}"
LENS = scales.lens_at(SCALE)


def one_of(names):
    """Return a wildcard pattern that matches exactly these names."""
    return "|".join(sorted({re.escape(name) for name in names})) or "nothing"


# One machine runs one GPU job at a time unless --resources gpu=N says that it has more cards; a cluster counts its own.
if workflow.is_main_process and workflow.resource_settings.nodes is None and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)


wildcard_constraints:
    scale=re.escape(SCALE),
    study=one_of(STUDIES),
    model=one_of([SELECTED, *(model for study in STUDIES.values() for model in study.models)]),
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


def kept_measurements():
    """Return the kept measurements of speed and memory, a file a card."""
    folder = Path(workflow.basedir, "config/speed/benchmarks")
    return [beside(path.relative_to(workflow.basedir)) for path in sorted(folder.glob("*.json"))]


def speed_settings():
    """Return what the measurements are held against, as JSON: the benchmarked model's shape, cards and constants."""
    cards, constants = rehearsals.cost_constants()
    model = speed_settings_of.benchmarked_model(config)
    return as_json({"models": model, "cards": cards, "constants": constants})


def code(rule, also=()):
    """Return the hash of a rule's script and of the modules that it uses, comments and docstrings left out.

    `also` are dotted names that the script is told to load: a study's metrics, its task.
    """
    return code_hash(Path(workflow.basedir, "scripts", f"{rule}.py"), also)


def by_attempt(value):
    """Return a resource that grows with each attempt, for a job that had too little (`retries` of a cluster's profile)."""
    return lambda wildcards, attempt: value * attempt


def as_json(value):
    """Return settings as the one JSON text that is compared between runs."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


COMPUTE = as_json({name: LENS["compute"][name] for name in ("device", "threads")})


def study_of(wildcards):
    return STUDIES[wildcards.study]


def arm_of(wildcards):
    return study_of(wildcards).arms[wildcards.arm]


def under(wildcards, path):
    """Return a path below the study's results."""
    return f"{RESULTS}/{wildcards.study}/{path}"


def model_settings(model):
    """Return a model's settings, its path seen from the work folder, with what its family asks of a tokenizer."""
    family = wording.family_content(model["family"])
    return {
        **model,
        "path": beside(model["path"]),
        **asked_of_tokenizer(family),
    }


def models_of(wildcards):
    """Return the settings of the wildcards' model; of `selected`, those of each candidate that it may turn out to be."""
    models = study_of(wildcards).models
    return list(models.values()) if wildcards.model == SELECTED else [models[wildcards.model]]


def room_of(wildcards, model):
    """Return how many tokens of a model's context window are left beside the new ones."""
    return model["context_window"] - wording.new_tokens(study_of(wildcards))


def model_json(wildcards):
    """Return a model's settings; of `selected`, each candidate's, and the script takes the one that was selected."""
    settings = [model_settings(model) for model in models_of(wildcards)]
    if wildcards.model != SELECTED:
        return as_json(settings[0])
    return as_json({"name": SELECTED, "candidates": settings})


def selection_file(wildcards):
    """Return the selection, where a job is of the selected model."""
    return [under(wildcards, "selection.json")] if wildcards.model == SELECTED else []


def selection_option(wildcards):
    return f"--selection {under(wildcards, 'selection.json')}" if wildcards.model == SELECTED else ""


def model_files(wildcards):
    """Return the files of a model that its answers depend on."""
    return [
        f"{beside(model['path'])}/{name}"
        for model in models_of(wildcards)
        for name in (("snapshot.json",) if model["hub_id"] else ("config.json", "model.safetensors", "tokenizer.json"))
    ]


def tokenizer_file(wildcards):
    return [
        f"{beside(model['path'])}/{'snapshot.json' if model['hub_id'] else 'tokenizer.json'}"
        for model in models_of(wildcards)
    ]


def hub_model_entry(wildcards):
    """Return what a download depends on of a model's, or an embedder's, entry in the catalogue."""
    catalogue = config["embedders"] if wildcards.hub_name in config["embedders"] else config["models"]
    wanted = ("hub_id", "revision", "licence", "trust_remote_code", "requires_remote_code")
    return as_json({key: value for key, value in catalogue[wildcards.hub_name].items() if key in wanted})


def hub_dataset_entry(wildcards):
    """Return what a download depends on of a data set's entry in the catalogue."""
    wanted = ("hub_id", "revision", "licence", "subset", "files", "splits", "columns", "only", "unverified")
    return as_json({key: value for key, value in config["datasets"][wildcards.hub_name].items() if key in wanted})


def source_at(wildcards):
    """Return where a rowset's rows come from and which of them it takes."""
    study = study_of(wildcards)
    source = {**study.source, **study.settings["rowsets"][wildcards.rowset]}
    if study.hub_dataset or "path" not in source:  # the repository's own files; a user's stay as the user names them
        source["files"] = {split: beside(path) for split, path in source["files"].items()}
    if study.hub_dataset and "path" in source:
        source["path"] = beside(source["path"])
    return source


def rows_code(wildcards):
    """Return the hash of what prepares a study's rows: its own task, and no others."""
    return code("prepare_rows", [source_at(wildcards)["task"]])


def source_json(wildcards):
    return as_json(source_at(wildcards))


def source_files(wildcards):
    """Return the files that rows are read from; of files within an archive, the archive."""
    study, source = study_of(wildcards), source_at(wildcards)
    if study.hub_dataset:
        return [beside(snapshot_file("datasets", study.hub_dataset))]
    places = [*source.get("files", {}).values(), *([source["path"]] if "path" in source else [])]
    return list(dict.fromkeys(parted(place)[0] for place in places))


def prompt_json(wildcards):
    """Return what a prompt variant says to one model's family, so that another family's words change nothing here."""
    name, _, variant = wildcards.prompt.partition(".")
    own = {family: parts for family in families_of(wildcards) if (parts := wording.prompt_parts(wildcards.prompt, family))}
    learned = task.learned_columns(study_of(wildcards).task)
    return as_json({"name": name, "variant": variant, "content": {"families": own}, "learned": learned})


def families_of(wildcards):
    """Return the families of the wildcards' model, or of all that it may turn out to be, once each."""
    return list(dict.fromkeys(model["family"] for model in models_of(wildcards)))


def family_json(wildcards):
    """Return the data of a model's family; of `selected`, those of each candidate's family, by name."""
    families = {family: wording.family_content(family) for family in families_of(wildcards)}
    return as_json(families if wildcards.model == SELECTED else next(iter(families.values())))


def room_for_prompt(wildcards):
    """Return the option that says how many tokens a prompt may have; of `selected`, each candidate's, by name."""
    rooms = {model["name"]: room_of(wildcards, model) for model in models_of(wildcards)}
    return as_json(rooms) if wildcards.model == SELECTED else rooms[wildcards.model]


def prompt_folder(wildcards):
    arm = arm_of(wildcards)
    return under(wildcards, f"prompts/{wildcards.model}/{arm['rowset']}/{arm['prompt']}")


def evaluation_prompts(wildcards):
    """Return the prompts that a model answers, one file a split."""
    return [f"{prompt_folder(wildcards)}/{split}.parquet" for split in study_of(wildcards).answered]


def rows_of(wildcards, splits):
    rowset = next(iter(study_of(wildcards).arms.values()))["rowset"]
    return [under(wildcards, f"rows/{rowset}/{split}.parquet") for split in splits]


def evaluation_rows(wildcards):
    """Return the rows that answers are scored against."""
    return rows_of(wildcards, study_of(wildcards).evaluated)


def answered_rows(wildcards):
    """Return the rows that are answered: those that are scored, and a submission's."""
    return rows_of(wildcards, study_of(wildcards).answered)


def recipe_json(wildcards):
    return as_json(arm_of(wildcards)["recipe"])


def quantization_json(wildcards):
    return as_json(arm_of(wildcards)["recipe"]["quantization"])


def generation_json(wildcards):
    """Return how answers are generated, what ends one (the prompt variant's stops, or the family's), what cuts one."""
    study, prompt = study_of(wildcards), arm_of(wildcards)["prompt"]
    own = {family: wording.ending_of(study, prompt, family) for family in families_of(wildcards)}
    given = {"by_family": own} if wildcards.model == SELECTED else next(iter(own.values()))
    return as_json({**wording.generation_at(study), **given})


def cards_of_training(wildcards):
    """Return how many GPUs train one adapter together; where jobs have none, none."""
    return study_of(wildcards).lens["resources"]["gpu"] * arm_of(wildcards)["cards"]


def tracking_mode(wildcards):
    """Return where a training's curve is mirrored: disabled, offline or online."""
    return study_of(wildcards).tracking


def adapter_files(wildcards):
    """Return the files of the adapter that an arm answers with; the base has none."""
    if wildcards.arm == BASE:
        return []
    folder = under(wildcards, f"adapters/{wildcards.model}/{wildcards.arm}/seed{wildcards.seed}")
    return [f"{folder}/{name}" for name in ("adapter_model.safetensors", "adapter_config.json")]


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
            "columns": task.read_columns(study.task),
            # an upper bound looks at gold answers, which a submission has none of
            **skipped_splits(study if wildcards.method in UPPER_BOUNDS else None),
        }
    )


def skipped_splits(study):
    """Return the setting that leaves out splits without gold answers; nothing where there are none."""
    return {"skip_splits": study.unscored} if study and study.unscored else {}


def member_answers(wildcards):
    """Return the answers that an ensemble is made from, in member order."""
    study = study_of(wildcards)
    arm = study.settings["ensembles"]["arm"]
    return [
        under(wildcards, f"answers/{member}/{arm}/seed{wildcards.seed}.jsonl") for member in study.ensemble_members()
    ]


def embedder_of(study, embedder=None):
    """Return an embedder's settings, the study's own where none is named; one from the hub is read from its snapshot."""
    embedder = embedder or study.embedder
    if "hub_id" not in embedder:
        return embedder
    return {**embedder, "path": beside(hub_folder("models", embedder["name"]))}


def embedder_file(wildcards):
    path = embedder_of(study_of(wildcards)).get("path")
    return [f"{path}/snapshot.json"] if path else []


def score_settings(wildcards):
    study = study_of(wildcards)
    return as_json(
        {
            "metrics": metrics.asked(study.settings["metrics"]),
            "told": study.settings["primary_metric"],
            **task.learned_columns(study.task),
            "embedder": embedder_of(study),
            "cache": f"{RESULTS}/embeddings",
            **skipped_splits(study),
        }
    )


def all_treatments(study):
    """Return (model, arm, seed) of everything that is scored, ensembles included."""
    return study.treatments() + study.ensemble_treatments()


def scoring_code(wildcards):
    """Return the hash of what scores a study's answers: its own metrics, and no others."""
    return code("score_answers", metrics.functions(study_of(wildcards).settings["metrics"]))


def compared_metrics(wildcards):
    """Return the metrics that are compared by: all, or the one that the selection is made by."""
    settings = study_of(wildcards).settings
    return [settings["primary_metric"]] if wildcards.compared == "candidates" else settings["metrics"]


def comparison_code(wildcards):
    """Return the hash of what compares: with the aggregates of the metrics, and no others."""
    return code("compare_scores", metrics.aggregates(compared_metrics(wildcards)))


def comparison_settings(wildcards):
    study = study_of(wildcards)
    candidates = wildcards.compared == "candidates"
    return as_json(
        {
            "metrics": metrics.aggregated(compared_metrics(wildcards)),
            "splits": ["valid"] if candidates else study.evaluated,
            "comparisons": comparisons.candidates_comparisons(study) if candidates else comparisons.comparisons_of(study),
            **study.settings["statistics"],
        }
    )


def compared_treatments(wildcards):
    """Return (model, arm, seed) of what is compared: everything, or what the selection is made on."""
    study = study_of(wildcards)
    return study.candidates_treatments() if wildcards.compared == "candidates" else all_treatments(study)


def compared_scores(wildcards):
    return [
        under(wildcards, f"scores/{model}/{arm}/seed{seed}.jsonl")
        for model, arm, seed in compared_treatments(wildcards)
    ]


def compared_labels(wildcards):
    return as_json([{"model": model, "arm": arm, "seed": seed} for model, arm, seed in compared_treatments(wildcards)])


def selection_of_comparison(wildcards):
    """Return the selection, where the selected model's base is compared with what it was tuned to."""
    study = study_of(wildcards)
    return (
        [under(wildcards, "selection.json")] if wildcards.compared == "statistics" and study.tunes_the_selected else []
    )


def with_selected_base(wildcards):
    """Return the options by which the selected model's base stands beside what it was tuned to, under its own name."""
    study = study_of(wildcards)
    if not selection_of_comparison(wildcards):
        return ""
    base = [{"model": SELECTED, "arm": BASE, "seed": seed} for seed in study.seeds[:1]]
    return f"--selection {under(wildcards, 'selection.json')} --selected-labels {quote(as_json(base))}"


def selection_statistics(wildcards):
    """Return what a selection is made on: all statistics, or the candidates' alone where the winner is tuned then."""
    name = "candidates" if "selection" in study_of(wildcards).settings else "statistics"
    return under(wildcards, f"{name}.json")


def census_file(wildcards):
    return [under(wildcards, "census.json")] if "census" in study_of(wildcards).settings else []


def census_option(wildcards):
    return f"--census {under(wildcards, 'census.json')}" if "census" in study_of(wildcards).settings else ""


def selection_settings(wildcards):
    study = study_of(wildcards)
    ruled = {}
    if "selection" in study.settings:
        asked = {key: value for key, value in study.settings["selection"].items() if key != "arms"}
        ruled = {"rule": asked, "facts": facts.facts_of_candidates(study, config)}
    return as_json(
        {
            "metric": study.settings["primary_metric"],
            "split": "valid",
            "arms": study.competing,
            "order": list(study.models),
            **ruled,
        }
    )


REPORTS = {name: report_settings_of.settings_of(study, config, beside) for name, study in STUDIES.items()}
PLAIN_ENDINGS = [ending for ending in reporting.TABLE_ENDINGS if ending != "html"]


def study_folders():
    return [f"{RESULTS}/{study}" for study in STUDIES]


def report_settings(wildcards):
    return as_json(REPORTS[wildcards.study])


def report_of(name):
    return reporting.Report(REPORTS[name], Path(RESULTS, name))


def besides_numbers(inputs):
    """Return an input function: what a script reads for the wildcards' study besides numbers.json and what is behind it.

    What numbers are gathered from changes them. Naming it for each table again, a thousand arms took seconds to plan.
    """

    def files(wildcards):
        one = report_of(wildcards.study)
        behind = set(report_inputs.numbers_inputs(one))
        return [path for path in inputs(one) if path not in behind]

    return files


def of_all_studies(inputs):
    """Return an input function: what a script of the report reads for all studies together.

    A record is left out where the file that it is written with, by the same job, is there.
    """

    def files(wildcards):
        paths = [path for name in REPORTS for path in inputs(report_of(name))]
        known = {path.removesuffix(".jsonl") for path in paths if path.endswith(".jsonl")}
        return [path for path in paths if path.removesuffix(".record.json") not in known]

    return files


def shown_table(table):
    """Return a table's page for report.html, with its caption."""
    return in_report(
        f"results/{{scale}}/{{study}}/tables/{table}.html",
        caption=f"../report/table-{table}.rst",
        category="{study}",
        subcategory="Tables",
        labels={"table": table},
    )


def shown_figure(figure):
    """Return a figure for report.html, with its caption."""
    return in_report(
        f"results/{{scale}}/{{study}}/figures/{figure}.svg",
        caption=f"../report/figure-{figure}.rst",
        category="{study}",
        subcategory="Figures",
        labels={"figure": figure},
    )


def shown_tables():
    """Return the tables that report.html shows."""
    return [shown_table(table) for table in reporting.TABLES]


def shown_figures():
    """Return the figures that report.html shows."""
    return [shown_figure(figure) for figure in reporting.FIGURES]


def rehearsal_rows(wildcards):
    """Return the rows whose lengths a rehearsal takes: those that the user brought; else it assumes the study's law."""
    if wildcards.study not in config["data"]:
        return []
    splits = ["train", *study_of(wildcards).answered]
    return [under(wildcards, f"rows/{arm_of(wildcards)['rowset']}/{split}.parquet") for split in splits]


def rehearsal_rows_options(wildcards, input):
    """Return the options that name the rows and how they are rendered; nothing where none were brought."""
    if not input.rows:
        return ""
    asked = wildcards_with_prompt(wildcards)
    return f"--rows {input.rows} --prompt {quote(prompt_json(asked))} --family {quote(family_json(asked))}"


def wildcards_with_prompt(wildcards):
    """Return the wildcards of a (model, arm) with the arm's prompt among them."""
    return SimpleNamespace(study=wildcards.study, model=wildcards.model, prompt=arm_of(wildcards)["prompt"])


def rehearsal_settings(wildcards):
    return as_json(rehearsals.settings_of(study_of(wildcards), config, wildcards.model, wildcards.arm))


def rehearsal_files(wildcards):
    """Return a study's rehearsals, one for each model of each arm."""
    return [
        under(wildcards, f"rehearsal/{model}/{arm}.json")
        for arm, treatment in study_of(wildcards).arms.items()
        for model in treatment["models"]
    ]


def rehearsal_targets():
    """Return what `snakemake` without a target makes at a scale that rehearses: the table of each study."""
    return [f"{RESULTS}/{name}/tables/rehearsal.{ending}" for name in STUDIES for ending in reporting.TABLE_ENDINGS]


def main_targets():
    """Return what `snakemake` without a target makes."""
    return rehearsal_targets() if "rehearsal" in LENS else paper_targets() + submission_targets()


def paper_source():
    """Return the files that the paper is written in."""
    root = Path(workflow.basedir)
    return [beside(path.relative_to(root)) for path in sorted(root.glob("paper/**/*")) if path.is_file()]


def paper_settings():
    notices = {key: LENS.get(key, "") for key in ("notice", "notice_ko")}
    return as_json({"scale": SCALE, **notices, "studies": list(REPORTS.values())})


def submission_answers(wildcards):
    """Return the answers that a submission may be written from: an ensemble's, or those of an arm's models."""
    names = arm_of(wildcards)["models"] if wildcards.model == SELECTED else [wildcards.model]
    return [under(wildcards, f"answers/{name}/{wildcards.arm}/seed{wildcards.seed}.jsonl") for name in names]


def submission_settings(wildcards):
    """Return whose answers they are, in the order of the files, and what the rows' columns are called outside."""
    study = study_of(wildcards)
    names = arm_of(wildcards)["models"] if wildcards.model == SELECTED else [wildcards.model]
    theirs = study.source.get("columns", {})
    columns = {"id": theirs.get("id", "id"), "answer": theirs.get(study.task.gold, study.task.gold)}
    return as_json({"model": wildcards.model, "arm": wildcards.arm, "candidates": names, "columns": columns})


def submission_sample(wildcards):
    """Return the file that holds the sample of a submission; nothing where none came with the rows."""
    sample = study_of(wildcards).sample
    return [parted(sample)[0]] if sample else []


def submission_targets():
    """Return the submissions of the studies whose rows have a split without answers."""
    return [
        f"{RESULTS}/{name}/submissions/{model}/{arm}/seed{seed}.csv"
        for name, study in STUDIES.items()
        for model, arm, seed in study.submissions()
    ]


def paper_targets():
    """Return what `snakemake` without a target makes: the paper, and what it shows, should any of that be gone.

    Rows, prompts and adapters are not asked for: what was answered with them need not be made again without them.
    Answers and scores are asked for where they are gone; else the paper's numbers ask for them.
    """
    made = [
        f"{RESULTS}/{study.name}/{kind}/{model}/{arm}/seed{seed}.{ending}"
        for study in STUDIES.values()
        for model, arm, seed in all_treatments(study)
        for kind in ("answers", "scores")
        for ending in ("jsonl", "record.json")
    ]
    made = [path for path in made if not os.path.exists(path)] if os.path.exists(f"{RESULTS}/numbers.json") else []
    for name in STUDIES:
        of_study = report_of(name)
        tables = [f"tables/{table}.{ending}" for table in of_study.tables for ending in reporting.TABLE_ENDINGS]
        figures = [f"figures/{figure}.{ending}" for figure in of_study.figures for ending in reporting.FIGURE_ENDINGS]
        made += [f"{RESULTS}/{name}/{path}" for path in ("statistics.json", "selection.json", *tables, *figures)]
    return [f"{RESULTS}/{name}" for name in ("paper.pdf", "numbers.json", "costs.json")] + made
