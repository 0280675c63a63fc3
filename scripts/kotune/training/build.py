"""Load a model, put the adapter on or have it made, build the method's trainer around it, and let it train.

Reads the model's folder and the folder of an adapter that is trained on; the trainer writes its checkpoints.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import FULL, explained
from kotune.layers import attention as varlen
from kotune.models import adapters, heads, loading
from kotune.prompts.encoding import Rows
from kotune.training.counts import Counts
from kotune.training.loftq import begin as begin_with_loftq
from kotune.training.lora import BEGIN, LOFTQ, lora_config
from kotune.training.method import STARTS, Built, Given, asks, method_of
from kotune.training.order import Order

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase, Trainer, TrainingArguments


def build(
    order: Order,
    config: TrainingArguments,
    rows: dict[str, Rows],
    tokenizer: PreTrainedTokenizerBase,
    counts: Counts,
    device: str,
    source: Any = loading,
) -> Built:
    """Load the model by the way that the method chooses and build its trainer; a rehearsal brings its ``source``."""
    from peft import get_peft_model

    method, shape = method_of(order.recipe), source.load_config(order.model)
    way = method.way(order.recipe, shape, device)
    if way.attention:
        varlen.register()
    wanted = {**order.model, "attn_implementation": way.attention or order.model.get("attn_implementation")}
    loaded = source.load_model(wanted, order.recipe.get("quantization"), order.compute)
    loading.check_vocabulary(loaded.model, tokenizer)
    task = {"task_type": heads.TASK} if wanted.get(heads.KEY) else {}
    model, lora = loaded.model, lora_config({**order.recipe["lora"], **task}, loaded.model)
    if order.adapter is not None:
        adapters.check_same_lora(order.adapter, lora)
        model, lora = adapters.put_on(model, order.adapter, order.model["path"], trainable=True), None
    elif source is not loading and asks(order.recipe, STARTS):  # a rehearsal has no arm to go on from
        model, lora = get_peft_model(model, lora), None
    begins = order.recipe["lora"].get(BEGIN) == LOFTQ and order.adapter is None and source is loading
    settle = partial(_settle, start=order.adapter, loftq=order.model["path"] if begins else None)
    given = Given(
        model=model, lora=lora, shape=shape, way=way, recipe=order.recipe, config=config, rows=rows,
        tokenizer=tokenizer, counts=counts, device=loaded.device, settle=settle, settings=order.model,
    )  # fmt: skip
    try:
        built = method.build(given)
    except ValueError as error:  # what peft and TRL find wrong in arguments once they see the model
        raise UserError(f"recipe: {' '.join(str(error).split())}") from error
    built.notes = loaded.notes + built.notes
    return built


def _settle(model: PeftModel, start: Path | None, loftq: str | None = None) -> None:
    """Put the adapter into float32, and where it starts from another one give it that one's weights.

    ``loftq``: the folder of the base, where a fresh adapter begins with what 4 bits lost of it.

    TRL makes a 4-bit model's adapter bfloat16 (1.16), whose steps are coarse: at a learning rate of 2e-5 nine in ten
    numbers of lora_A never move. It is also slow on a CPU and wrong under fp16. Products stay in 16 bits by autocast.
    """
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    if start is not None:
        adapters.copy_weights(start, model)
    elif loftq is not None:
        begin_with_loftq(model, loftq)


def run(trainer: Trainer, checkpoint: Path | None, folder: Path, stopped: bool = False) -> None:
    """Train, from a checkpoint where there is one; say what a full GPU or a full disk means.

    ``stopped``: the checkpoint is of a training that had stopped early, so that nothing is left to do.
    """
    import torch
    from transformers import TrainerState

    if checkpoint:
        state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        if stopped or state.global_step >= state.max_steps:  # the Trainer would take one more step
            trainer._load_from_checkpoint(str(checkpoint))
            trainer.state = state
            return
    try:
        with explained(folder, "write a checkpoint"):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.cuda.OutOfMemoryError as error:
        raise UserError(
            "the GPU's memory is full: lower trainer.per_device_train_batch_size of the recipe (and raise "
            "gradient_accumulation_steps by as much), set gradient_checkpointing, or raise passes.memory_gib or lower "
            "passes.tokens where the recipe has them"
        ) from error
    except Exception as error:  # torch hides the operating system's error in its own
        if "PytorchStreamWriter" not in str(error):
            raise
        raise UserError(f"{folder}: cannot write a checkpoint, {FULL}") from error
