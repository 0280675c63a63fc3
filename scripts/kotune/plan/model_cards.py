"""What model cards are asked, and which files they read; which cards are made with the paper.

Reads config/prompts/ and config/families.yaml; writes nothing.
"""

from __future__ import annotations

from kotune.choice.facts import commercial
from kotune.core.catalogue import entry
from kotune.core.errors import UserError, nearest
from kotune.core.names import VALID
from kotune.core.storage import Json
from kotune.plan import mixtures, models, prompts
from kotune.plan.paths import ADAPTER, Plan, Wildcards, adapter_folder, learned_folder, one_of
from kotune.report import hidden, hiding
from kotune.report.settings import DIGITS
from kotune.study import exports, metrics, wording
from kotune.study.evaluations import Evaluation
from kotune.study.harness import HarnessEvaluation
from kotune.study.kept_arms import LEFT_OUT_CARDS
from kotune.study.mixtures import MIXTURE
from kotune.study.model_cards import KEY, adapters_of
from kotune.study.quality import ADD, added_rows
from kotune.study.study import Study

FILE = "README.md"
RECORD = "record.json"
OWN_ROWS = "own-rows"  # a user's file is not named: its name may say what is nobody's business
STAND_IN = {"licence": "apache-2.0", "handed_on": {"copy": True}}  # this repository's own


def check(study: Study) -> None:
    """Raise UserError for a card of an arm that is not there, or has no adapter of its own."""
    where = f"config/studies/{study.name}.yaml, {KEY}"
    for arm in study.settings.get(KEY, ()):
        entry(study.arms, arm, "arm", where)
        if not study.untuned(arm) and study.trains(arm):
            continue
        trained = nearest(arm, [one for one in study.arms if not study.untuned(one) and study.trains(one)])
        raise UserError(f"{where}: '{arm}' has no adapter of its own that a card could be of{trained}")


def notes(study: Study) -> list[str]:
    """Return which cards a study asks for are not made at its scale, a line each."""
    return [
        f"{study.name}: no card of '{arm}' ({KEY}), for this scale leaves the arm out"
        for arm in study.settings.get(LEFT_OUT_CARDS, ())
    ]


def base_facts(study: Study, config: Json, shown: str) -> Json:
    """Return what is said of a base model, and what its licence asks; of a stand-in, what this repository's asks."""
    model = study.models[shown]
    candidate = next(real for real, name in study.names.items() if name == shown)
    catalogued = config["models"][candidate]
    stand_in = model["hub_id"] is None
    of_its_own = STAND_IN if stand_in else catalogued
    licence, unverified = of_its_own.get("licence", "not stated"), catalogued.get("unverified", [])
    known = config.get("licences", {}).get(licence, {})
    return {
        "title": model["hub_id"] or shown,
        "hub_id": model["hub_id"],
        "stands_for": catalogued["hub_id"] if stand_in else None,
        "context_window": model["context_window"],
        "licence": licence,
        "unverified": not stand_in and "licence" in unverified,
        "commercial": commercial(licence, config.get("licences", {})),
        "licence_note": known.get("note"),
        "handed_on": known.get("handed_on"),
        "parameters": None if stand_in else catalogued.get("parameters"),
        "note": None if stand_in else catalogued.get("note"),
        "doubtful": [] if stand_in else [fact for fact in unverified if fact != "licence"],
        "gguf": not stand_in and "gguf" in catalogued,
    }


def _of_dataset(name: str, datasets: Json) -> Json:
    """Return what is said of a data set; rows that a user brought are in no catalogue, and nothing is known of them."""
    said = datasets.get(name, {})
    return {
        "name": name if said else OWN_ROWS,
        "title": said.get("title", "rows brought by the user"),
        "hub_id": said.get("hub_id"),
        "subset": said.get("subset"),
        "licence": said.get("licence", "not stated"),
        "redistribution": said.get("redistribution"),
        **({hiding.KEY: True} if hidden.hides(name, datasets) else {}),
        "known_problems": said.get("known_problems", []),
        "unverified": said.get("unverified", []),
    }


def data_facts(study: Study, config: Json, arm: str) -> list[Json]:
    """Return what is said of each data set whose rows an arm learns: the study's, or the parts of a mixture.

    Data sets whose rows are added to a rowset that is chosen stand behind it.
    """
    names, parts = [study.source["dataset"]], study.source.get(MIXTURE, {}).get("parts")
    if parts:
        kept = study.settings["rowsets"][study.arms[arm]["rowset"]].get("parts")
        names = [one["dataset"] for one in parts if kept is None or one["name"] in kept]
    where = f"config/studies/{study.name}.yaml, arm '{arm}'"
    for one in study.settings["rowsets"][study.arms[arm]["rowset"]].get(ADD, ()):
        names.append(added_rows(one, study.settings, config["datasets"], study.lens["stand_ins"], where)["dataset"])
    return [_of_dataset(name, config["datasets"]) for name in dict.fromkeys(names)]


def _told(evaluation: Evaluation) -> Json:
    """Return how scores of an evaluation are shown."""
    return {
        "metrics": evaluation.metrics,
        "metric_facts": metrics.printed(evaluation.metrics),
        "primary_metric": evaluation.primary_metric,
        "embedder": evaluation.embedder["name"] if metrics.embeds(evaluation.metrics) else None,
        "digits": DIGITS,
    }


def asked_of(study: Study, arm: str) -> list[Evaluation]:
    """Return the evaluations besides its own rows that an arm of a study is asked."""
    return [one for one in study.others if arm in one.arms]


def tasks_of(study: Study, arm: str) -> list[HarnessEvaluation]:
    """Return the evaluations by lm-evaluation-harness that an arm of a study is asked."""
    return [one for one in study.harness.values() if arm in one.arms]


def columns_shown(study: Study) -> list[str]:
    """Return the columns of texts that a study's rows are asked by; of optional ones those that its source has."""
    task = study.task
    wanted = [name for name in task.names if name not in task.turns]
    return [name for name in wanted if name not in task.optional or name in study.source["columns"]]


def settings(plan: Plan, wildcards: Wildcards) -> Json:
    """Return what a card is told besides the records. ``models``: of each model that the job's may turn out to be."""
    study, arm, config = plan.study(wildcards), plan.arm(wildcards), plan.config
    folder = adapter_folder(plan, study.name, (wildcards.model, wildcards.arm, int(wildcards.seed)))
    reported = [split for split in study.evaluated if split != VALID] or study.evaluated
    shown = columns_shown(study)
    return {
        "study": study.name,
        "title": study.settings["title"],
        "question": study.settings["question"],
        "notice": plan.lens.get("notice", ""),
        "model": wildcards.model,
        "arm": wildcards.arm,
        "seed": int(wildcards.seed),
        "from": arm.get("from"),
        "prompt": arm["prompt"],
        "columns": shown,
        "empty": [name for name in study.task.names if name not in shown],
        "models": {model["name"]: _of_model(plan, study, arm, model) for model in models.possible(plan, wildcards)},
        "data": data_facts(study, config, wildcards.arm),
        "asked": _of_dataset(study.source["dataset"], config["datasets"]),
        "results": {**_told(study.own), "splits": reported},
        "evaluations": {
            one.name: {
                "title": one.title,
                **_told(one),
                "data": _of_dataset(one.source["dataset"], config["datasets"]) | {"name": one.name, "title": one.title},
            }
            for one in asked_of(study, wildcards.arm)
        },
        "harness": {
            one.name: {"title": one.title, "data": _of_dataset(one.dataset or one.name, config["datasets"])}
            for one in tasks_of(study, wildcards.arm)
        },
        "made_by": f"snakemake {folder}/{ADAPTER[0]} --cores 1 --config scale={plan.scale} studies='[{study.name}]'",
    }


def _of_model(plan: Plan, study: Study, arm: Json, model: Json) -> Json:
    """Return what is said of one model, and how the prompt that an arm learned is written for it."""
    return {
        "base": base_facts(study, plan.config, model["name"]),
        "prompt": prompts.prompt_for(study, arm["prompt"], model["family"]),
        "family": wording.family_asked(model["family"], arm["prompt"], study.root),
        "family_name": model["family"],
        "new_tokens": wording.new_tokens(study),
        "stops": wording.ending_of(study, arm["prompt"], model["family"])["stop"],
    }


def adapter(plan: Plan, wildcards: Wildcards) -> str:
    """Return the folder of the adapter that a card is of."""
    return adapter_folder(plan, wildcards.study, (wildcards.model, wildcards.arm, int(wildcards.seed)))


def adapter_files(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return its files that a card reads, its record among them."""
    return [f"{adapter(plan, wildcards)}/{name}" for name in (*ADAPTER, RECORD)]


def audit(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the audit of the rows that the arm learns: of its rowset, or of samples of its model and seed."""
    study, arm = plan.study(wildcards), plan.arm(wildcards)
    learns = arm.get("learns")
    if learns is None:
        return [plan.under_owner(study.name, f"rows/{arm['rowset']}/audit.json")]
    seed = study.samples_seed(learns, int(wildcards.seed))
    of_whom = f"{wildcards.model}/{study.sampled[learns]['arm']}/seed{seed}"
    return [plan.under(study.name, f"rows/{learns}/{of_whom}/audit.json")]


def prompts_file(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return what is said of the prompts that the arm learns."""
    treatment = (wildcards.model, wildcards.arm, int(wildcards.seed))
    return [f"{learned_folder(plan, wildcards.study, treatment)}/prompts.json"]


def statistics(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the study's statistics."""
    return [plan.under(wildcards.study, "statistics.json")]


def evaluations(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the statistics of the evaluations that the arm is asked."""
    study = plan.study(wildcards)
    return [plan.under(study.name, f"evaluations/{one.name}.json") for one in asked_of(study, wildcards.arm)]


def harness(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the statistics of the evaluations by lm-evaluation-harness that the arm is asked."""
    study = plan.study(wildcards)
    return [plan.under(study.name, f"harness/{one.name}/statistics.json") for one in tasks_of(study, wildcards.arm)]


def mixture(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return what is said of the mixture that a study's rows are, where they are one."""
    study = plan.study(wildcards)
    return [mixtures.document_file(plan, study.owner)] if MIXTURE in study.source else []


def leaks(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the audit of leaks, where the study has one."""
    study = plan.study(wildcards)
    return [plan.under(study.name, "leaks.json")] if "leaks" in study.settings else []


def form_pattern() -> str:
    """Return the pattern of a card's wildcard `form`: nothing, or a form's name and a slash."""
    return f"(({one_of(exports.FORMS)})/)?"


def exported(plan: Plan, wildcards: Wildcards) -> list[str]:
    """Return the record of the form that a card is of; nothing of the adapter as it was trained."""
    if not wildcards.form:
        return []
    form = wildcards.form.removesuffix("/")
    home = f"exports/{wildcards.model}/{wildcards.arm}/seed{wildcards.seed}/{form}.json"
    return [plan.under(wildcards.study, home)]


def card_file(plan: Plan, study: str, treatment: tuple[str, str, int], form: str | None = None) -> str:
    """Return the card of an adapter, or of a form in which it was taken home."""
    model, arm, seed = treatment
    of_form = f"{form}/" if form else ""
    return plan.under(study, f"cards/{model}/{arm}/seed{seed}/{of_form}{FILE}")


def targets(plan: Plan) -> list[str]:
    """Return the cards that are made with the paper: those that a study asks for, and those of what is taken home."""
    found = []
    for study in plan.studies.values():
        home = exports.taken_home(study)
        found += [card_file(plan, study.name, one) for one in dict.fromkeys([*adapters_of(study), *home])]
        found += [card_file(plan, study.name, one, form) for one in home for form in exports.forms_of(study)]
    return found
