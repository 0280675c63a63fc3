"""See a study through a scale: which models, rows, arms, recipes and settings a run really has.

Studies are written once, for real models and data; at mini scale every model and data set gives way to its stand-in.
Reads the checked configuration; writes nothing. Everything returned is plain JSON, ready for a rule's params.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from kotune.core.catalogue import benchmarks_at, check, check_model, entry, named, present, read_yaml
from kotune.core.errors import UserError, nearest
from kotune.core.names import BASE, ENSEMBLE, EVALUATED, REASONING, ROOT, SELECTED, SUBMISSION
from kotune.core.storage import Json
from kotune.origins import hub_folder, source_at
from kotune.prompts.families import family_from
from kotune.prompts.parts import parts_of
from kotune.selection_facts import selection_facts

OF_REASONING = ("reasoning_similarity", "reasoning_rouge_l", "consistency")
LENS_KEYS = ("trainer", "quantization", "generation")
BETWEEN = 32  # tokens kept free for the turn's marks between an answer and its reasoning


@dataclass(frozen=True)
class Study:
    """A study seen through a scale. ``models`` maps each name that appears in paths to its settings."""

    name: str
    settings: Json
    scale: str
    lens: Json
    seeds: list[int]
    source: Json
    splits: list[str]
    models: dict[str, Json]
    names: dict[str, str]
    arms: dict[str, Json]
    embedder: Json
    tracking: str
    embedders: list[Json] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    reasoning: bool = False
    hub_dataset: str | None = None
    sample: str | None = None
    root: Path = field(default=ROOT, repr=False)

    @property
    def evaluated(self) -> list[str]:
        """The splits that are answered and scored."""
        return [split for split in self.splits if split in EVALUATED]

    @property
    def answered(self) -> list[str]:
        """The splits that are answered: those that are scored, and a submission, which cannot be."""
        return [split for split in self.splits if split in (*EVALUATED, SUBMISSION)]

    @property
    def unscored(self) -> list[str]:
        """The splits that are answered and have no gold answers."""
        return [split for split in self.answered if split not in self.evaluated]

    def treatments(self) -> list[tuple[str, str, int]]:
        """Return every (model, arm, seed) that is answered; a base has no seed of its own and is answered once."""
        return [
            (model, arm, seed)
            for arm, treatment in self.arms.items()
            for model in treatment["models"]
            for seed in (self.seeds[:1] if arm == BASE else self.seeds)
        ]

    def ensemble_members(self) -> list[str]:
        """Return the members of the study's ensembles, in order, under the names that appear in paths."""
        return [self.names[member] for member in self.settings.get("ensembles", {}).get("members", [])]

    def ensemble_treatments(self) -> list[tuple[str, str, int]]:
        """Return ('ensemble', method, seed) for each ensemble."""
        methods = self.settings.get("ensembles", {}).get("methods", [])
        return [(ENSEMBLE, method, seed) for method in methods for seed in self.seeds]

    @property
    def competing(self) -> list[str]:
        """The arms whose models the selection ranks: those that the study names, else the tuned, else the base."""
        if "selection" in self.settings:
            return self.settings["selection"]["arms"]
        return [arm for arm in self.arms if arm != BASE] or [BASE]

    @property
    def tunes_the_selected(self) -> bool:
        """Whether an arm is of the model that the selection names, and not of a candidate."""
        return any(SELECTED in treatment["models"] for treatment in self.arms.values())

    def candidates_treatments(self) -> list[tuple[str, str, int]]:
        """Return every (model, arm, seed) that the selection ranks."""
        return [one for one in self.treatments() if one[1] in self.competing]

    def submissions(self) -> list[tuple[str, str, int]]:
        """Return (model, arm, seed) of each submission: the selected model of each arm, and the ensemble named."""
        if SUBMISSION not in self.splits:
            return []
        chosen = [
            (SELECTED, arm, seed) for arm in self.competing for seed in (self.seeds[:1] if arm == BASE else self.seeds)
        ]
        method = self.settings.get("submission")
        return chosen + [(ENSEMBLE, method, seed) for seed in self.seeds if method]


def merged(base: Json | None, over: Json) -> Json | None:
    """Return ``base`` with ``over`` on top; dicts merge, everything else is replaced. Nothing stays nothing."""
    if base is None:
        return None
    result = dict(base)
    for key, value in over.items():
        result[key] = (
            merged(result[key], value) if isinstance(value, dict) and isinstance(result.get(key), dict) else value
        )
    return result


def recipe_at(name: str, lens: Json, root: Path = ROOT) -> Json:
    """Return a recipe with the scale's overrides merged in."""
    recipe = named("recipes", name, "recipe", root)
    return {
        "lora": recipe["lora"],
        "quantization": merged(recipe["quantization"], lens["quantization"]),
        "trainer": merged(recipe["trainer"], lens["trainer"]),
        **{key: recipe[key] for key in ("passes", "loss", "watch") if key in recipe},
    }


def _model_at(name: str, config: Json, lens: Json, settings: Json, where: str) -> tuple[str, Json]:
    """Return the name and the settings of a catalogue model, or of its stand-in: the study's own, else the model's."""
    model = entry(config["models"], name, "model", where)
    compute = lens["compute"]
    if lens["stand_ins"]:
        own = settings.get("stand_ins", {}).get(name) or model.get("stand_in")
        if own is None:
            raise UserError(f"{where}: '{name}' has no stand-in (config/models.yaml), so it is not there at this scale")
        stand_in = entry(config["stand_ins"], own, "stand-in", f"{where} or config/models.yaml, model '{name}'")
        return own, {
            "name": own,
            "path": stand_in["path"],
            "family": stand_in["family"],
            "context_window": stand_in["context_window"],
            "attn_implementation": stand_in.get("attn_implementation"),
            "dtype": compute["dtype"],
            "trust_remote_code": False,
            "hub_id": None,
        }
    check_model(name, model)
    return name, {
        "name": name,
        "path": hub_folder("models", name),
        "family": model["family"],
        "context_window": model["context_window"],
        "attn_implementation": model.get("attn_implementation"),
        "dtype": compute["dtype"],
        "trust_remote_code": model.get("trust_remote_code", False),
        "hub_id": model["hub_id"],
    }


def _arms_at(
    study: str, settings: Json, names: dict[str, str], left_out: dict[str, str], lens: Json, root: Path
) -> dict[str, Json]:
    """Return each arm with its models under their names in paths, its prompt content and its merged recipe."""
    where = f"config/studies/{study}.yaml"
    arms = {}
    for arm, given in settings["arms"].items():
        entry(settings["rowsets"], given["rowset"], "rowset", f"{where}, arm '{arm}'")
        if (arm == BASE) == ("recipe" in given):
            raise UserError(f"{where}, arm '{arm}': only the arm 'base' goes without a recipe")
        wanted = given.get("models", settings["candidates"])
        if SELECTED in wanted and (arm == BASE or "selection" not in settings):
            raise UserError(
                f"{where}, arm '{arm}': models: [{SELECTED}] needs a recipe, and the key 'selection' in the study"
            )
        unknown = [name for name in wanted if name not in names and name != SELECTED and name not in left_out]
        if unknown:
            raise UserError(f"{where}, arm '{arm}': '{unknown[0]}' is not a candidate{nearest(unknown[0], names)}")
        recipe = recipe_at(given.get("recipe", settings["base_recipe"]), lens, root)
        models = [names.get(name, name) for name in wanted if name not in left_out]
        if SELECTED in models and "rehearsal" in lens:  # nobody knows yet which it will be
            models = list(dict.fromkeys([*(name for name in models if name != SELECTED), *names.values()]))
        arms[arm] = {"rowset": given["rowset"], "prompt": given["prompt"], "recipe": recipe, "models": models}
        # beside the recipe and not in it: more cards are no reason to train again
        arms[arm]["cards"] = named("recipes", given.get("recipe", settings["base_recipe"]), "recipe", root).get(
            "cards", 1
        )
    return arms


def _check_ensembles(study: str, settings: Json) -> None:
    ensembles = settings.get("ensembles")
    if not ensembles:
        return
    where = f"config/studies/{study}.yaml, ensembles"
    arm = entry(settings["arms"], ensembles["arm"], "arm", where)
    tuned = arm.get("models", settings["candidates"])
    for member in ensembles["members"]:
        if member not in tuned:
            raise UserError(f"{where}: member '{member}' has no arm '{ensembles['arm']}'{nearest(member, tuned)}")
    if ensembles["favourite"] not in ensembles["members"]:
        hint = nearest(ensembles["favourite"], ensembles["members"])
        raise UserError(f"{where}: favourite '{ensembles['favourite']}' is not a member{hint}")


def _check_submission(study: str, settings: Json) -> None:
    method, methods = settings.get("submission"), settings.get("ensembles", {}).get("methods", [])
    if method and method not in methods:
        hint = nearest(method, methods)
        raise UserError(f"config/studies/{study}.yaml, submission: '{method}' is no ensemble of the study{hint}")


def _check_choice(study: str, settings: Json, root: Path) -> None:
    """Raise UserError for a name, in what a study says of its choice, that stands for nothing."""
    where = f"config/studies/{study}.yaml"
    for key in ("stand_ins", "may_be_missing"):
        for candidate in settings.get(key, ()):
            if candidate not in settings["candidates"]:
                hint = nearest(candidate, settings["candidates"])
                raise UserError(f"{where}, {key}: '{candidate}' is not a candidate{hint}")
    for scale in settings.get("scales", ()):
        if not (root / "config" / "scales" / f"{scale}.yaml").is_file():
            known = [path.stem for path in (root / "config" / "scales").glob("*.yaml")]
            raise UserError(f"{where}, scales: there is no scale '{scale}'{nearest(scale, known)}")
    selection = settings.get("selection", {"arms": [], "exclude": {}})
    for arm in selection["arms"]:
        entry(settings["arms"], arm, "arm", f"{where}, selection.arms")
    if selection["exclude"].get("window") and "census" not in settings:
        raise UserError(f"{where}, selection.exclude.window: needs the key 'census', which says how many rows to hold")


@lru_cache
def _prompts(name: str, root: Path) -> Json:
    """Return a prompt file, read and checked once: every treatment of a study asks for its prompt."""
    return named("prompts", name, "prompt", root)


def prompt_content(prompt: str, root: Path = ROOT) -> Json:
    """Return the content of a prompt variant, named ``prompt.variant`` (config/prompts/)."""
    name, _, variant = prompt.partition(".")
    return entry(_prompts(name, root)["variants"], variant, "variant", f"config/prompts/{name}.yaml")


def prompt_parts(prompt: str, family: str, root: Path = ROOT) -> Json:
    """Return what a variant says to a family of the text; `cut_at` is no part of it, so that a mark renders nothing."""
    written = prompt_content(prompt, root)["families"].get(family, {})
    return {key: value for key, value in written.items() if key != "cut_at"}


@lru_cache
def _families(root: Path) -> Json:
    """Return config/families.yaml, read and checked once: every model and rule asks for its family."""
    families = read_yaml(root / "config" / "families.yaml")
    check(families, "families", "config/families.yaml")
    return families


def family_content(family: str, root: Path = ROOT) -> Json:
    """Return one family's data (config/families.yaml)."""
    return entry(_families(root), family, "family", "config/models.yaml")


def check_files(studies: Iterable[Study]) -> None:
    """Raise UserError where a file that no rule makes is not there: rows, and at a scale of stand-ins the models."""
    for study in studies:
        where = f"config/studies/{study.name}.yaml"
        if "path" in study.source and not study.hub_dataset:
            present(Path(study.source["path"]), f"rows of '{study.name}' (--config data, or a data set's path)")
        elif not study.hub_dataset and "files" in study.source:
            for path in study.source["files"].values():
                present(study.root / path, f"rows of {where}")
        for model in study.models.values() if study.lens["stand_ins"] else ():
            for name in ("config.json", "tokenizer.json", "model.safetensors"):
                present(study.root / model["path"] / name, f"the stand-in '{model['name']}'")


def with_whole_numbers(config: Json) -> Json:
    """Return the configuration with seeds as numbers: a list on Snakemake's command line arrives as text."""
    seeds = config.get("seeds")
    if not isinstance(seeds, list):
        return config
    return {**config, "seeds": [int(seed) if str(seed).isdecimal() else seed for seed in seeds]}


def lens_at(scale: str, root: Path = ROOT) -> Json:
    """Return a scale's settings; a rehearsal's are those of the scale that it is of, with its own on top."""
    lens = named("scales", scale, "scale", root)
    if "rehearsal" not in lens:
        return lens
    rehearsed = named("scales", lens["rehearsal"]["of"], "scale", root)
    if rehearsed.get("stand_ins") or "rehearsal" in rehearsed:
        raise UserError(
            f"config/scales/{scale}.yaml, rehearsal.of: '{lens['rehearsal']['of']}' has no true shapes to rehearse"
        )
    return merged(rehearsed, lens) or lens


def study_at(name: str, config: Json, root: Path = ROOT) -> Study:
    """Resolve one study through the configuration's scale.

    Raises UserError naming the file and the nearest known name for anything unknown.
    """
    lens = lens_at(config["scale"], root)
    for study in config["data"]:
        named("studies", study, "study", root)
    settings = named("studies", name, "study", root)
    where = f"config/studies/{name}.yaml"
    _check_choice(name, settings, root)
    lens, settings = _of_scale(settings, lens, config["scale"])
    source, splits = source_at(name, settings, config, lens)
    reasoning = _reasons(name, settings, source, config)
    if not reasoning:
        settings = {**settings, "metrics": [one for one in settings["metrics"] if one not in OF_REASONING]}
    names, models, left_out = _candidates_at(settings, config, lens, where, root)
    arms = _arms_at(name, settings, names, left_out, lens, root)
    for arm in arms.values():
        written = prompt_content(arm["prompt"], root)["families"]
        for model in models if SELECTED in arm["models"] else arm["models"]:
            entry(written, models[model]["family"], "family", f"config/prompts/, '{arm['prompt']}' for '{model}'")
    _check_ensembles(name, settings)
    _check_submission(name, settings)
    if "published" in settings:
        named("published", settings["published"], "published", root)
    if settings["primary_metric"] not in settings["metrics"]:
        raise UserError(f"{where}: primary_metric '{settings['primary_metric']}' is not among its metrics")
    embedder = _embedder_at(lens.get("embedder", settings["embedder"]), settings, config, where)
    compared = [_embedder_at(one, settings, config, where) for one in settings.get("embedders", [])]
    return Study(
        name=name,
        settings=settings,
        scale=config["scale"],
        lens=lens,
        seeds=list(config["seeds"]),
        source=source,
        splits=splits,
        models=models,
        names=names,
        arms=arms,
        embedder=embedder,
        embedders=[embedder, *(one for one in compared if one["name"] != embedder["name"])],
        tracking=config["tracking"] or lens["tracking"],
        left_out=left_out,
        reasoning=reasoning,
        hub_dataset=source.pop("hub", None),
        sample=source.pop("sample", None),
        root=root,
    )


def _embedder_at(name: str, settings: Json, config: Json, where: str) -> Json:
    """Return an embedder's settings under its name, with what it makes of a text beyond its window."""
    embedder = entry(config["embedders"], name, "embedder", where)
    known = {key: embedder[key] for key in ("kind", "hub_id", "long") if key in embedder}
    return {"name": name, **known, **({"long": settings["long_texts"]} if "long_texts" in settings else {})}


def _of_scale(settings: Json, lens: Json, scale: str) -> tuple[Json, Json]:
    """Return lens and settings with what the study says of this scale on top of each."""
    own = settings.get("scales", {}).get(scale, {})
    over = {key: value for key, value in own.items() if key in LENS_KEYS}
    rest = {key: value for key, value in own.items() if key not in LENS_KEYS}
    return merged(lens, over) or lens, merged(settings, rest) or settings


def _reasons(name: str, settings: Json, source: Json, config: Json) -> bool:
    """Return whether the study's rows bring reasoning; its ``source`` is told what to read.

    A data set of the catalogue says so by its columns. Rows that a user brings have the column, unless the
    configuration lists the study under ``without_reasoning``.
    """
    if not settings.get("reasoning"):
        return False
    source["numbered"] = True
    if name in config.get("without_reasoning", []) or REASONING not in source["columns"]:
        return False
    source["reasoning"] = True
    return True


def _candidates_at(
    settings: Json, config: Json, lens: Json, where: str, root: Path
) -> tuple[dict[str, str], dict[str, Json], dict[str, str]]:
    """Return candidate → its name in paths, that name → its settings, and the candidates left out with the reason.

    Only a candidate that the study lists under ``may_be_missing`` is left out where it cannot be had.
    """
    names: dict[str, str] = {}
    models: dict[str, Json] = {}
    left_out: dict[str, str] = {}
    for candidate in settings["candidates"]:
        try:
            shown, model = _model_at(candidate, config, lens, settings, where)
        except UserError as error:
            if candidate not in settings.get("may_be_missing", []):
                raise
            left_out[candidate] = str(error)
            continue
        if shown in models:
            raise UserError(f"{where}: '{candidate}' and another candidate share the stand-in '{shown}'")
        names[candidate], models[shown] = shown, model
        family_content(model["family"], root)
    return names, models, left_out


def generation_at(study: Study) -> Json:
    """Return the study's generation settings with the scale's on top."""
    settings = {"do_sample": False, **study.settings["generation"], **study.lens["generation"]}
    return settings if study.reasoning else {key: value for key, value in settings.items() if key != "reasoning_tokens"}


def new_tokens(study: Study) -> int:
    """Return how many tokens an answer may take of the window: its parts, and some for what stands between them."""
    generation = generation_at(study)
    more = generation.get("reasoning_tokens")
    return generation["max_new_tokens"] + (more + BETWEEN if more else 0)


def ending_of(study: Study, prompt: str, family: str) -> Json:
    """Return what ends an answer (the variant's stops, or the family's), what cuts one, and of what parts it is."""
    content = prompt_content(prompt, study.root)["families"].get(family, {})
    stop = content.get("stops", family_content(family, study.root)["stops"])
    cleanup = {"cleanup": {"cut_at": content["cut_at"]}} if "cut_at" in content else {}
    name, _, variant = prompt.partition(".")
    own = {"name": name, "variant": variant, "content": {"families": {family: content}}}
    parts = parts_of(own, family_from(family, family_content(family, study.root)), study.reasoning)
    return {"stop": stop, **cleanup, **({"parts": parts} if parts else {})}


def facts_of_candidates(study: Study, config: Json) -> dict[str, Json]:
    """Return what the selection rule may ask of each candidate; of a stand-in, of the model that it stands for."""
    return {shown: selection_facts(config["models"][name]) for name, shown in study.names.items()}


def comparisons_of(study: Study) -> list[Json]:
    """Return each comparison that the text makes: tuned and base, model and model, ensemble and member."""

    def side(model: str, arm: str) -> Json:
        return {"model": model, "arm": arm}

    pairs: list[tuple[str, Json, Json]] = []
    if "selection" in study.settings:
        pairs += [(one["name"], one["a"], one["b"]) for one in candidates_comparisons(study)]
    earlier: list[str] = []
    for arm, treatment in study.arms.items():
        if arm == BASE:
            continue
        for model in treatment["models"]:
            if model in [*study.arms.get(BASE, {"models": []})["models"], SELECTED]:
                pairs.append((f"{arm}-vs-base", side(model, BASE), side(model, arm)))
        if SELECTED in treatment["models"]:
            pairs += [("between-arms", side(SELECTED, other), side(SELECTED, arm)) for other in earlier]
            earlier.append(arm)
        ordered = treatment["models"]
        pairs += [
            ("between-models", side(first, arm), side(second, arm))
            for index, first in enumerate(ordered)
            for second in ordered[index + 1 :]
        ]
    arm = study.settings.get("ensembles", {}).get("arm")
    for _, method, _ in study.ensemble_treatments()[:: len(study.seeds)]:
        pairs += [
            ("ensemble-vs-member", side(member, arm), side(ENSEMBLE, method)) for member in study.ensemble_members()
        ]
    return [{"name": name, "a": a, "b": b} for name, a, b in pairs]


def candidates_comparisons(study: Study) -> list[Json]:
    """Return each pair of candidates of each arm that the selection ranks."""
    return [
        {"name": "between-candidates", "a": {"model": first, "arm": arm}, "b": {"model": second, "arm": arm}}
        for arm in study.competing
        for place, first in enumerate(study.arms[arm]["models"])
        for second in study.arms[arm]["models"][place + 1 :]
    ]


def benchmarked_model(config: Json, root: Path = ROOT) -> Json:
    """Return the catalogue's entry of the model that config/benchmarks.yaml is about, under its name."""
    name = benchmarks_at(root)["model"]
    return {name: entry(config["models"], name, "model", "config/benchmarks.yaml, model")}
