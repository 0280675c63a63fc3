"""Recipes before anything runs: what a training would refuse only once its model is loaded is refused here.

Reads nothing but the plan of a study; writes nothing. torch is not imported: a plan must stay fast. The recipe as it is
written and the recipe at the run's scale are both looked at, so that mini says what full would refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from types import SimpleNamespace

from kotune.core.errors import UserError, nearest
from kotune.core.names import METHOD, VALID
from kotune.core.storage import Json
from kotune.layers import fused
from kotune.plan import rewards
from kotune.plan.method_needs import check_needs
from kotune.prompts import encoding
from kotune.study import library_names as known
from kotune.study.grids import SET
from kotune.study.mixtures import MIXTURE, redrawn
from kotune.study.scales import recipe_at
from kotune.study.study import Study
from kotune.training import budget, engine, loftq, lora, recipes, watching
from kotune.training.method import BUDGET, asks, foreign, method_of

NOTHING_REPLACED: Json = {"trainer": {}, "quantization": {}}  # a scale that leaves a recipe as it is written


def _optimizer(trainer: Json) -> str | None:
    name = trainer.get("optim")
    needed = known.OPTIMIZERS.get(name)
    if name in known.LAYERWISE:
        return f"trainer.optim: '{name}' needs optim_target_modules, which a recipe cannot set; take adamw_torch_fused"
    if needed and find_spec(needed) is None:
        return f"trainer.optim: '{name}' needs the module '{needed}', which is not installed; take adamw_torch_fused"
    return None


def _schedule(trainer: Json) -> str | None:
    name = trainer.get("lr_scheduler_type")
    lacking = known.SCHEDULERS.get(name)
    if lacking:
        return f"trainer.lr_scheduler_type: '{name}' needs {lacking}, which a recipe cannot set; take cosine"
    if name in known.JUDGING and trainer.get("eval_strategy", "no") == "no":
        return f"trainer.lr_scheduler_type: '{name}' looks at eval_loss, and eval_strategy is no; set it to steps"
    if name == "polynomial" and trainer.get("learning_rate", 1.0) <= known.POLYNOMIAL_END:
        return f"trainer.learning_rate: 'polynomial' ends at {known.POLYNOMIAL_END:g}, so it must be above that"
    return None


def _precision(recipe: Json) -> str | None:
    trainer, quantization = recipe["trainer"], recipe.get("quantization") or {}
    if trainer.get("fp16") and trainer.get("bf16"):
        return "trainer.fp16: both fp16 and bf16 are true; set one of them to false"
    if quantization.get("load_in_4bit") and quantization.get("load_in_8bit"):
        return "quantization.load_in_8bit: both load_in_4bit and load_in_8bit are true; set one of them to false"
    return None


def _kernels(trainer: Json) -> str | None:
    if trainer.get("use_liger_kernel") and find_spec("liger_kernel") is None:
        return "trainer.use_liger_kernel: needs liger-kernel, which is not installed (requirements-gpu.txt has it)"
    if trainer.get("padding_free") and not trainer.get("packing") and trainer.get("max_length") is not None:
        return "trainer.padding_free: cannot go with max_length where rows are not packed; leave max_length out"
    return None


def _steps(trainer: Json) -> str | None:
    logging = trainer.get("logging_steps", known.LOGGING_STEPS)
    saving = trainer.get("save_steps", known.SAVE_STEPS)
    if saving % logging:
        return (
            f"trainer.save_steps: {saving} is no multiple of logging_steps {logging}, so a resumed training's curve "
            "would differ; make it one"
        )
    if trainer.get("eval_on_start") and trainer.get("eval_strategy", "no") == "no":
        return "trainer.eval_on_start: eval_strategy is no; set it to steps, or leave eval_on_start out"
    return None


def _adapter(recipe: Json) -> str | None:
    fault = lora.fault_of(recipe["lora"], recipe.get("quantization"))
    return f"lora.{fault}" if fault else None


def _faults(recipe: Json) -> Iterator[str | None]:
    """Yield what is wrong with a recipe, on whatever machine it runs; None for a check that it passes."""
    trainer = recipe["trainer"]
    yield from (_optimizer(trainer), _schedule(trainer), _precision(recipe), _kernels(trainer), _steps(trainer))
    yield _adapter(recipe)
    yield foreign(recipe)
    yield budget.fault_of(recipe)


def check_recipe(recipe: Json, where: str) -> None:
    """Raise UserError, naming the key, for what cannot be in a recipe on any machine; ``where``: who says it."""
    for fault in _faults(recipe):
        if fault:
            raise UserError(f"{where}, {fault}")
    asked = SimpleNamespace(eval_strategy=recipe["trainer"].get("eval_strategy", "no"))
    try:
        method_of(recipe).check(recipe)
        watching.asked_of(recipe, asked)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def check_layers(recipe: Json, architecture: str | None, model: str, where: str, tied: bool = False) -> None:
    """Raise UserError for layers that a model of this architecture does not have; one that is not known has any.

    ``tied``: whether its embeddings are input and output at once; then no adapter may be on them.
    """
    targets = recipe["lora"]["target_modules"]
    for target in targets if tied and targets != known.ALL_LINEAR else []:
        if target.rsplit(".", 1)[-1] in lora.EMBEDDINGS:
            raise UserError(f"{where}, lora.target_modules: {lora.tied_fault(target, repr(model))}")
    layers = known.LINEAR.get(architecture or "")
    if layers is None:
        return
    for target in [] if targets == known.ALL_LINEAR else targets:
        # peft takes the end of a path for a name: self_attn.q_proj
        if target.rsplit(".", 1)[-1] not in layers:
            raise UserError(f"{where}, lora.target_modules: '{model}' has no layer '{target}'{nearest(target, layers)}")
    shape = SimpleNamespace(architectures=[architecture], hidden_act="silu")
    why_not = fused.refusal(shape, recipe["lora"])
    if why_not and (recipe.get("passes") or {}).get("layers") == "fused":
        raise UserError(f"{where}, passes.layers: '{model}' cannot go through fused layers: {why_not}; set it to auto")


def _check_stored(recipe: Json, entry: Json, model: str, where: str) -> None:
    """Raise UserError for LoftQ on a model that the catalogue has as a GGUF file: its weights have lost bits before."""
    if recipe["lora"].get(lora.BEGIN) == lora.LOFTQ and "gguf" in entry:
        raise UserError(
            f"{where}, lora.{lora.BEGIN}: '{lora.LOFTQ}' needs a base in 16 bits, and '{model}' is made of a quantised "
            "GGUF file, whose losses nobody knows; leave it out"
        )


def _written(study: Study, arm: str) -> tuple[str, Json]:
    """Return the name of an arm's recipe, and the recipe as its file has it."""
    given = study.settings["arms"][arm]
    name = given.get("recipe", study.settings["base_recipe"])
    return name, recipe_at(name, NOTHING_REPLACED, study.root, given.get(SET))


def _check_device(recipe: Json, device: str, where: str) -> None:
    """Raise UserError for what the scale's device cannot do, where the scale names a CPU."""
    try:
        recipes.check_device(recipe["trainer"], device)
        if device == "cpu":
            loftq.check(recipe["lora"], device)
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def _check_engine(written: Json, treatment: Json, file: str) -> None:
    """Raise UserError for a recipe that insists on Unsloth and asks for what Unsloth cannot do, on whatever machine."""
    if engine.wanted(written) == engine.UNSLOTH:
        why_not = engine.refusal({**written, "cards": treatment.get("cards", 1)}, treatment.get("from"))
        if why_not:
            raise UserError(f"{file}, engine: unsloth cannot train so: {why_not}; set it to auto or trl")


def _check_budget(written: Json, treatment: Json, file: str) -> None:
    """Raise UserError for a budget that a recipe's file contradicts, or that its method cannot keep."""
    if budget.KEY in written and not asks(written, BUDGET):
        raise UserError(f"{file}, budget: the method '{written['method']}' cannot count its tokens beforehand")
    fault = budget.written_fault(written) or budget.fault_of({**written}, treatment.get("cards", 1))
    if fault:
        raise UserError(f"{file}, {fault}")


def _check_redrawn(study: Study, recipe: Json, written: Json, where: str) -> None:
    """Raise UserError for a recipe that cannot draw rows of a mixture again in each epoch, as the mixture asks.

    ``written``: its trainer without the scale, which may group rows by length only where nothing else orders them.
    """
    if MIXTURE not in study.source or not redrawn(study.source[MIXTURE]):
        return
    why = f"the mixture '{study.source['dataset']}' draws rows again in each epoch (redraw_each_epoch)"
    if recipe["method"] != METHOD:
        raise UserError(f"{where}, method: {why}, which '{METHOD}' alone can")
    if budget.KEY in recipe:
        raise UserError(f"{where}, budget: {why}, in an order of its own; leave it out")
    if recipe["trainer"].get("packing"):
        raise UserError(f"{where}, trainer.packing: {why}, and packs are made once; set it to false")
    if written.get("train_sampling_strategy", "random") != "random":
        raise UserError(f"{where}, trainer.train_sampling_strategy: {why}, in an order of its own; set it to random")
    if engine.wanted(recipe) == engine.UNSLOTH:
        raise UserError(f"{where}, engine: {why}, which unsloth cannot; set it to auto or trl")


def check_recipes(study: Study, config: Json) -> None:
    """Raise UserError for what a training of the study would refuse late; a file of the configuration is named."""
    device = "cpu" if study.lens["compute"]["device"] == "cpu" else "auto"
    for arm, treatment in study.arms.items():
        name, written = _written(study, arm)
        file = f"config/recipes/{name}.yaml"
        here = f"{file} as the scale '{study.scale}' has it for config/studies/{study.name}.yaml"
        for recipe, where in ((written, file), (treatment["recipe"], here)):
            check_recipe(recipe, where)
        for candidate in study.names:
            entry = config["models"][candidate]
            tied = bool(entry.get("shape", {}).get("tied"))
            check_layers(written, entry.get("architecture"), candidate, file, tied)
            _check_stored(written, entry, candidate, file)
        if written.get("loss") == encoding.TURNS and not study.task.turns:
            raise UserError(f"{file}, loss: turns is for conversations (the task chat); set it to completion")
        _check_budget(written, treatment, file)
        _check_engine(written, treatment, file)
        if study.untuned(arm):
            continue
        check_needs(study, arm, treatment)
        rewards.check(study, arm)
        _check_redrawn(study, treatment["recipe"], written["trainer"], here)
        engine.check(treatment["recipe"], study.lens["compute"], here, treatment.get("from"))
        _check_device(treatment["recipe"], device, here)
        if treatment["recipe"]["trainer"].get("eval_strategy", "no") != "no" and VALID not in study.splits:
            raise UserError(f"{here}, trainer.eval_strategy: the rows have no split valid to evaluate on; set it to no")
