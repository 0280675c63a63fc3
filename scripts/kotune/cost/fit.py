"""Whether a tuning fits a card, how long it takes there, and what to change where it does not fit.

Reads and writes nothing; all of it is the cost model's prediction (`cost.model`, `cost.answering`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from kotune.answering import engines
from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.cost import answering as engine_costs
from kotune.cost import model, row_lengths, shapes
from kotune.cost.cards import Card
from kotune.cost.row_lengths import Lengths
from kotune.cost.shapes import Plan, Shape
from kotune.layers import fused
from kotune.training.method import HEAD, asks

LAW_ROWS = 512  # rows that a law is looked at through


@dataclass(frozen=True)
class Job:
    """One (model, arm) of a study: its shape, its recipe's plan, its rows and prompts, and how it answers.

    ``samples``: answers to each prompt. ``others``: answers to evaluations besides the study's own rows, each as much
    as its tokens are of one to an own row.
    """

    shape: Shape
    plan: Plan
    tuned: bool
    rows: Lengths
    prompts: list[int]
    row_count: int
    prompt_count: int
    new_tokens: int
    batch: int
    engine: str = "padded"
    samples: int = 1
    others: float = 0.0

    @property
    def answer_count(self) -> float:
        """How many answers are made: to each prompt as many as it is sampled, and those to other evaluations."""
        return self.prompt_count * self.samples + self.others

    @property
    def rows_learned(self) -> float:
        """How many sequences the training goes over: by budget, steps or epochs; a pair is two, a drawn answer one."""
        if self.plan.loss_tokens is not None:
            return self.plan.loss_tokens * len(self.rows) / sum(answer for _, answer in self.rows)
        if self.plan.max_steps <= 0:
            return self.row_count * self.plan.epochs * self.plan.sides * max(self.plan.samples, 1)
        taken = self.plan.max_steps * self.plan.sequences * self.plan.accumulation
        if self.plan.max_length is None:
            return taken
        return taken * self.plan.max_length / (sum(map(sum, self.rows)) / len(self.rows))  # of packs


def job_of(settings: Json, rows: Lengths | None, prompts: Lengths | None) -> Job:
    """Return what is predicted and rehearsed; ``rows`` and ``prompts`` are of the user's data, else the law's."""
    law, seed = settings["lengths"], settings["seed"]
    own = rows is not None and prompts is not None
    if not own and law is None:
        raise UserError(
            f"config/studies/{settings['study']}.yaml: a rehearsal without rows of your own needs the key 'lengths'"
        )
    longest = min(settings["model"]["context_window"], settings["rehearsal"].get("max_tokens") or math.inf)
    room = int(longest) - settings["generation"]["max_new_tokens"]
    trained = row_lengths.spread(rows, LAW_ROWS, seed) if own else row_lengths.of_law(law, LAW_ROWS, seed)
    asked = row_lengths.spread(prompts, LAW_ROWS, seed + 1) if own else row_lengths.of_law(law, LAW_ROWS, seed + 1)
    counts = {"train": len(rows), "answered": len(prompts)} if own else law["rows"]
    rows_learned = row_lengths.capped(trained, int(longest))
    if settings["recipe"].get("loss") == "all":  # each token of a row is learned, as those of an answer are
        rows_learned = [(0, prompt + answer) for prompt, answer in rows_learned]
    plan = shapes.plan_of(settings["recipe"], settings["model"].get("architecture"))
    if plan.drawn:  # what is learned is what it draws; that its answers are as long as they may be is the worst case
        rows_learned = [(prompt, plan.drawn) for prompt, _ in rows_learned]
    new_tokens = settings["generation"]["max_new_tokens"]
    others = sum(one["rows"] * one["samples"] * one["new_tokens"] for one in settings.get("others", ())) / new_tokens
    if asks(settings["recipe"], HEAD):  # it points at its answers: none is written, in training or in answering
        rows_learned, new_tokens = [(prompt, 0) for prompt, _ in rows_learned], 0
    return Job(
        shape=shapes.shape_of(settings["model"], f"config/models.yaml, model '{settings['model']['name']}'"),
        plan=plan,
        tuned=settings["tuned"],
        rows=rows_learned,
        prompts=[min(prompt, max(1, room)) for prompt, _ in asked],
        row_count=counts["train"],
        prompt_count=counts["answered"],
        new_tokens=new_tokens,
        batch=settings["generation"].get("batch_size", 1),
        engine=engine_of(settings),
        samples=settings["generation"].get("samples", 1),
        others=others,
    )


def engine_of(settings: Json) -> str:
    """Return the engine that answers on a GPU of Ampere or newer (`answering.engines.choose` decides there)."""
    generation = settings["generation"]
    known = shapes.config_of(settings["model"].get("architecture"))
    if asks(settings["recipe"], HEAD):
        return "padded"
    possible = not engines.not_greedy(generation) and not fused.refusal(known, settings["recipe"]["lora"])
    return "packed" if possible and generation.get("engine", "auto") != "padded" else "padded"


def full_run(rows_per_second: float, count: float) -> float:
    """Return the hours that ``count`` rows take."""
    return count / rows_per_second / 3600


def predicted(job: Job, card: Card, constants: Json) -> Json:
    """Return what the model says of a job on a card: training (null for a base), answering, fit, hours, advice."""
    context = constants["context_gib"]
    training = trained(job, card, constants) if job.tuned else None
    answers = answering(job, card, constants)
    if training:
        training["hours"] = full_run(training["rows_per_second"], job.rows_learned)
        training["fits"] = training["gib"] + context <= card.gib
    answers["hours"] = full_run(answers["prompts_per_second"], job.answer_count)
    answers["fits"] = answers["gib"] + context <= card.gib
    return {
        "card": card.name,
        "card_gib": card.gib,
        "training": training,
        "answers": answers,
        "fits": answers["fits"] and (training is None or training["fits"]),
        "change": advice(job, card, constants),
    }


def trained(job: Job, card: Card, constants: Json) -> Json:
    """Return what the model says of a training on the job's rows, the answers that it draws itself among it."""
    found, plan = model.training(job.shape, job.plan, job.rows, card, constants), job.plan
    if not plan.drawn:
        return found
    # a step draws all its answers at once, by the padded engine; it learns as many sequences as it draws
    prompts, at_once = [prompt for prompt, _ in job.rows], plan.batch * plan.accumulation
    drawing = engine_costs.answering(job.shape, plan, prompts, plan.drawn, at_once, card, constants)
    share = drawing["prompts_per_second"] / (drawing["prompts_per_second"] + found["rows_per_second"])
    found |= {name: found[name] * share for name in ("tokens_per_second", "rows_per_second", "mfu")}
    return found | {"gib": max(found["gib"], drawing["gib"]), "learning_share": share}


def answering(job: Job, card: Card, constants: Json) -> Json:
    """Return what the model says of answering the job's prompts."""
    if job.engine == "packed":
        return engine_costs.packed_answering(
            job.shape, job.plan, job.prompts, job.new_tokens, card, constants, adapter=job.tuned
        )
    return engine_costs.answering(
        job.shape, job.plan, job.prompts, job.new_tokens, job.batch, card, constants, adapter=job.tuned
    )


def _changes(job: Job) -> Iterator[tuple[str, Plan]]:
    """Yield what can be changed in a recipe, the smallest change first, each on top of the ones before it."""
    plan = job.plan
    lead = ""
    if not plan.checkpointing and plan.path != "fused":  # fused layers make again what does not fit, unasked
        lead, plan = "trainer.gradient_checkpointing: true, ", replace(plan, checkpointing=True)
        yield lead.rstrip(", "), plan
    words = lead
    while plan.batch > 1:  # the same rows a step, in more and smaller passes
        smaller = plan.batch // 2
        plan = replace(plan, batch=smaller, accumulation=plan.accumulation * (plan.batch // smaller))
        words = (
            f"{lead}trainer.per_device_train_batch_size: {smaller}, gradient_accumulation_steps: {plan.accumulation}, "
        )
        yield words.rstrip(", "), plan
    if not plan.four_bit and job.new_tokens:  # under a head that points a base is not quantized
        yield f"{words}quantization.load_in_4bit: true", replace(plan, four_bit=True, adapter_bytes=2)


def advice(job: Job, card: Card, constants: Json) -> str:
    """Return what to change so that a job fits a card; empty where it fits as it is."""
    context, words = constants["context_gib"], []
    if not card.bf16:
        words.append("float16 for bfloat16 (compute.dtype, fp16 and bnb_4bit_compute_dtype of the scale)")

    def fits(plan: Plan, rows: Lengths) -> bool:
        return model.training_memory(job.shape, plan, rows, constants, card.gib)["total"] + context <= card.gib

    if job.tuned and not fits(job.plan, job.rows):
        enough = next((word for word, plan in _changes(job) if fits(plan, job.rows)), None)
        if enough is None:
            smallest = [job.plan, *(plan for _, plan in _changes(job))][-1]
            enough = shorter(job, smallest, fits)
        words.append(enough)
    batch = job.batch
    while batch > 1 and answering(replace(job, batch=batch), card, constants)["gib"] + context > card.gib:
        batch //= 2
    if answering(replace(job, batch=batch), card, constants)["gib"] + context > card.gib:
        words.append("answering does not fit, not even one prompt at a time")
    elif batch < job.batch:
        words.append(f"generation.batch_size: {batch}")
    return "; ".join(words)


def shorter(job: Job, plan: Plan, fits: Callable[[Plan, Lengths], bool]) -> str:
    """Return how long rows may be for a plan to fit, or that none fits."""
    longest = max(prompt + answer for prompt, answer in job.rows)
    length = longest
    while length > 128:
        length -= max(32, length // 16)
        rows = [(min(prompt, max(1, length - answer)), answer) for prompt, answer in job.rows]
        own = plan if plan.max_length is None else replace(plan, max_length=length)
        if fits(own, rows):
            return f"rows of at most {length} tokens (a rowset's max_context_chars), in passes of one row"
    return "the weights alone are too large: a smaller model"
