"""A model of a true shape with random weights, made on the device, and a tokenizer of its true vocabulary.

Reads and writes nothing: no weights are stored. Each layer is made and quantised to 4 bits before the next, so that a
card that can hold the quantised model can also make it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.models import heads
from kotune.models.loading import DTYPES, Loaded, quantization_config, set_up_torch

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

SPREAD = 0.02  # of the random weights, as untrained models have it


def load_config(model: Json) -> PreTrainedConfig:
    """Return transformers' configuration of a model's settings: its `architecture` and its `shape`."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    where, name = f"config/models.yaml, model '{model['name']}'", model.get("architecture")
    if not name:
        raise UserError(f"{where}: its architecture is not known; read it in its config.json and add it")
    kinds = [kind for kind, known in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.items() if known == name]
    if not kinds:
        known = set(map(str, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()))
        raise UserError(f"{where}: the installed transformers has no architecture '{name}'{nearest(name, known)}")
    # several model types have one class (InternLM3 is a Llama): its own bears its name, and other programs know that
    own = [kind for kind in kinds if name.lower().startswith(kind.replace("_", ""))] or kinds
    shape = dict(model["shape"])
    tied = shape.pop("tied")
    return AutoConfig.for_model(
        max(own, key=len),
        architectures=[name],
        **shape,
        tie_word_embeddings=tied,
        max_position_embeddings=model["context_window"],
        initializer_range=SPREAD,
        pad_token_id=None,
        bos_token_id=None,
        eos_token_id=None,
    )


def load_tokenizer(model: Json) -> PreTrainedTokenizerBase:
    """Return a tokenizer with as many words as the model has embeddings, its family's own tokens the first of them."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = list(dict.fromkeys([*model["required_tokens"], model["pad"], *model["stop"]]))
    size = model["shape"]["vocab_size"]
    words = {token: place for place, token in enumerate(special)}
    words |= {f"t{place}": place for place in range(len(special), size)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token=special[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=model["pad"],
        eos_token=model["stop"][0],
        additional_special_tokens=special,
    )


def load_model(model: Json, quantization: Json | None, compute: Json) -> Loaded:
    """Make the model of a `model` settings object with random weights on the device that ``compute`` asks for."""
    device = set_up_torch(compute)
    import torch

    dtype = model.get("dtype") or "float32"
    if dtype not in DTYPES:
        raise UserError(f"model.dtype: unknown dtype '{dtype}'{nearest(str(dtype), DTYPES)}")
    notes = ["random weights"]
    quantized, more = quantization_config(quantization, device)
    if device == "cpu":  # as `models.loading` leaves it there: 32 bits, 4-bit layers unpacked
        dtype, quantized = "float32", None
    made = make(model, quantized, getattr(torch, dtype), device)
    return Loaded(made, device, notes + more)


def make(model: Json, quantized: BitsAndBytesConfig | None, dtype: Any, device: str) -> PreTrainedModel:
    """Return the model, as from_pretrained would give it with weights of a file."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForQuestionAnswering

    kind = AutoModelForQuestionAnswering if model.get(heads.KEY) else AutoModelForCausalLM
    with torch.device("meta"):
        made = kind.from_config(load_config(model), dtype=dtype, attn_implementation=model.get("attn_implementation"))
    place = {"": 0 if device == "cuda" else "cpu"}
    quantizer = None
    if quantized is not None:
        from transformers.quantizers import AutoHfQuantizer

        quantizer = AutoHfQuantizer.from_config(quantized, pre_quantized=False)
        quantizer.preprocess_model(made, device_map=place, dtype=dtype)
    torch.manual_seed(0)
    _fill(made, torch.device(device), dtype)
    if quantizer is not None:
        quantizer.postprocess_model(made)
        made.hf_quantizer, made.hf_device_map = quantizer, place  # what the trainer and accelerate look at
    return made.eval()


def _fill(model: PreTrainedModel, device: Any, dtype: Any) -> None:
    """Give every part of a model without storage its weights, one part at a time."""
    import torch

    tied = model.config.tie_word_embeddings
    head = model.get_output_embeddings()
    with torch.no_grad():
        for module in model.modules():
            if tied and module is head:
                continue
            if "Linear4bit" in type(module).__name__:
                _fill_four_bit(module, device, dtype)
                continue
            module.to_empty(device=device, recurse=False)
            model._init_weights(module)
        model.tie_weights()
    lost = [name for name, tensor in [*model.named_parameters(), *model.named_buffers()] if tensor.is_meta]
    if lost:
        raise UserError(f"rehearsal: the installed transformers leaves '{lost[0]}' of this model without weights")


def _fill_four_bit(module: Any, device: Any, dtype: Any) -> None:
    """Give a 4-bit layer random weights: made in 16 bits on the device, and packed there."""
    import bitsandbytes as bnb
    import torch

    weight = torch.empty(module.out_features, module.in_features, dtype=dtype, device=device).normal_(0, SPREAD)
    known = inspect.signature(bnb.nn.Params4bit.__new__).parameters
    kept = {name: value for name, value in module.weight.__dict__.items() if name in known and name != "quant_state"}
    kept |= {"bnb_quantized": False}
    module.weight = bnb.nn.Params4bit(weight, requires_grad=False, **kept).to(device)
    if module.bias is not None:
        module.bias = torch.nn.Parameter(torch.zeros(module.out_features, dtype=dtype, device=device), False)
