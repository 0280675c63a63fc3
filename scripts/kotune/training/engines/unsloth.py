"""Unsloth as the engine of a training: the same rows, arguments, curve and adapter file, its kernels and its loops.

Reads the model's folder; writes Unsloth's generated code into a temporary folder. Unsloth patches transformers, peft
and TRL when it is imported, so it must come before them, and it must see one card.
"""

from __future__ import annotations

import atexit
import inspect
import os
import shutil
import sys
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.models import loading
from kotune.prompts.encoding import Rows
from kotune.training.counts import Counts
from kotune.training.gradients import Step
from kotune.training.lora import lora_config
from kotune.training.method import Built
from kotune.training.methods.sft import Completions
from kotune.training.order import Order

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer

PATCHED = ("transformers", "peft", "trl")  # what must not be there before Unsloth
PACK = 4096  # tokens of a pack where the recipe names none and no row is longer
COMPILED = "UNSLOTH_COMPILE_LOCATION"
REPLACED = "_unsloth_patched_rl_config"  # what Unsloth marks its own configuration classes by


def begin() -> None:
    """Import Unsloth, before the libraries that it patches; a script calls it once its environment is set up."""
    early = [name for name in PATCHED if name in sys.modules]
    if early:
        raise RuntimeError(f"{', '.join(early)} imported before unsloth")
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")  # it would ask the hub for a file, to be counted
    if COMPILED not in os.environ:  # else it writes into the folder that the run was started in
        place = tempfile.mkdtemp(prefix="kotune-unsloth-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        os.environ[COMPILED] = place
    let_grouped_heads_through()
    import unsloth  # noqa: F401 - it patches what is imported after it

    restore_defaults()


def let_grouped_heads_through() -> None:
    """Give torch 2.11's varlen_attn the keyword that Unsloth looks for: its kernel takes grouped heads as they are."""
    try:
        import torch.nn.attention.varlen as varlen
    except ImportError:  # an older torch: Unsloth has ways without it
        return
    plain = varlen.varlen_attn
    if "enable_gqa" in inspect.signature(plain).parameters:
        return

    def varlen_attn(*args: Any, enable_gqa: bool = False, **kwargs: Any) -> Any:
        return plain(*args, **kwargs)

    varlen.varlen_attn = varlen_attn


def restore_defaults() -> None:
    """Let `trl.SFTConfig` be TRL's own again: Unsloth's has other defaults, and a recipe would mean something else."""
    import trl

    trl.SFTConfig = next(made for made in trl.SFTConfig.__mro__ if not _made_by_unsloth(made))


def _made_by_unsloth(made: type) -> bool:
    """Return whether a class is one that Unsloth has put in the place of TRL's; some go by TRL's own name."""
    return REPLACED in vars(made) or made.__name__.startswith("Unsloth")


@cache
def trainer_class() -> type[SFTTrainer]:
    """Return TRL's SFTTrainer, as Unsloth has patched it, with `Counted` in front of it."""
    from trl import SFTTrainer

    return type("CountedTrainer", (Counted, SFTTrainer), {})


class Counted(Completions):
    """What kotune adds to Unsloth's trainer: it counts tokens, and names rows whose gradient is no number."""

    def compute_loss(
        self, model: Any, inputs: Json, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return Unsloth's loss of a batch."""
        if self.model.training:
            self._count(inputs)
            self.step.add(inputs)
        return super(Completions, self).compute_loss(model, inputs, return_outputs, num_items_in_batch)


def longest(config: SFTConfig, rows: dict[str, Rows]) -> int:
    """Return the tokens that a row or a pack has at most; Unsloth must be told, or it cuts at a number of its own."""
    tokens = max(len(ids) for encoded in rows.values() for ids in encoded.ids)
    if config.max_length is not None:
        return config.max_length
    return max(PACK, tokens) if config.packing else tokens


def precision_of(trainer: Json, device: str) -> str:
    """Return the dtype that Unsloth computes in: 16 bits on a GPU."""
    if device == "cpu":
        return "float32"
    return "float16" if trainer.get("fp16") else "bfloat16"


def load(order: Order, tokens: int, device: str) -> tuple[Any, list[str]]:
    """Return the base by Unsloth, in the precision and the NF4 of the recipe, and notes on what was done."""
    import torch
    from unsloth import FastLanguageModel

    trainer = order.recipe["trainer"]
    dtype = precision_of(trainer, device)
    quantized, notes = loading.quantization_config(order.recipe.get("quantization"), device)
    given = order.model.get("dtype") or "float32"
    if given != dtype:
        notes.append(f"weights are {dtype} under Unsloth ({given} was asked)")
    try:
        model, _ = FastLanguageModel.from_pretrained(
            model_name=str(order.model["path"]),
            max_seq_length=tokens,
            dtype=getattr(torch, dtype),
            load_in_4bit=quantized is not None,
            use_gradient_checkpointing="unsloth" if trainer.get("gradient_checkpointing") else False,
            trust_remote_code=bool(order.model.get("trust_remote_code", False)),
            use_exact_model_name=True,  # a folder, never a quantised copy of Unsloth's own
            random_state=order.seed,
            **({"quantization_config": quantized} if quantized is not None else {}),
        )
    except (OSError, ValueError, KeyError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{order.model['path']}: Unsloth cannot load the model: {reason}; set engine to trl") from error
    return model, notes


def with_adapter(model: Any, order: Order) -> Any:
    """Return the model with a fresh adapter, drawn as peft draws it under the order's seed."""
    from unsloth import FastLanguageModel

    made = lora_config(order.recipe["lora"], model)
    targets = made.target_modules
    model = FastLanguageModel.get_peft_model(
        model,
        r=made.r,
        lora_alpha=made.lora_alpha,
        lora_dropout=made.lora_dropout,
        bias=made.bias,
        use_rslora=made.use_rslora,
        target_modules=targets if isinstance(targets, str) else sorted(targets),
        use_gradient_checkpointing="unsloth" if order.recipe["trainer"].get("gradient_checkpointing") else False,
        random_state=order.seed,
    )
    model.peft_config["default"] = made  # what is written is what peft itself would write
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return model


def build(
    order: Order,
    config: SFTConfig,
    rows: dict[str, Rows],
    tokenizer: PreTrainedTokenizerBase,
    counts: Counts,
    device: str,
) -> Built:
    """Load the model by Unsloth, put an adapter on and return the trainer, as `training.build.build` does for TRL."""
    config.max_length = longest(config, rows)
    if "padding_free" not in order.recipe["trainer"] and not config.packing:
        config.padding_free = None  # Unsloth decides by the rows
    model, notes = load(order, config.max_length, device)
    loading.check_vocabulary(model, tokenizer)
    trainer = trainer_class()(
        counts=counts,
        runs_on=device,
        step=Step(rows["train"]),
        model=with_adapter(model, order),
        args=config,
        train_dataset=rows["train"].dataset(),
        eval_dataset=rows["valid"].dataset() if "valid" in rows else None,
        processing_class=tokenizer,
    )
    return Built(trainer, {"way": "unsloth"}, notes)
