"""A decoder with a true model's head width and a few narrow layers, an adapter whose B is not zero, and rows for it."""

from __future__ import annotations

from typing import Any

import torch

PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
VOCABULARY = 2000
LENGTHS = (300, 41, 777, 128, 5)
NF4 = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "bfloat16"}
SETTINGS: dict[str, Any] = {
    "name": "small",
    "family": "llama32",
    "architecture": "LlamaForCausalLM",
    "context_window": 4096,
    "shape": {
        "hidden_size": 512,
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 128,
        "intermediate_size": 1408,
        "vocab_size": VOCABULARY,
        "tied": True,
    },
    "attn_implementation": None,
    "dtype": "bfloat16",
    "required_tokens": ["<s>"],
    "pad": "<pad>",
    "stop": ["</s>"],
}


def tuned(quantization: dict | None, dtype: str = "bfloat16") -> Any:
    """Return the model with an adapter in float32; the same weights and adapter whatever the type."""
    from peft import LoraConfig, get_peft_model

    from kotune.models import random_weights

    compute = {"device": "auto", "threads": 2}
    base = random_weights.load_model({**SETTINGS, "dtype": "bfloat16"}, quantization, compute).model
    if dtype == "float32":
        base = _unpacked(base)
    model = get_peft_model(base, LoraConfig(r=8, lora_alpha=16, target_modules=PROJECTIONS, task_type="CAUSAL_LM"))
    torch.manual_seed(5)
    for name, parameter in sorted(model.named_parameters()):
        if "lora_" in name:
            parameter.data = (torch.randn(parameter.shape) * 0.05).to(parameter.device)
    return model


def _unpacked(model: Any) -> Any:
    """Return the model in float32, each four-bit layer as a plain one of the same values."""
    from bitsandbytes import functional

    for name, module in list(model.named_modules()):
        if type(module).__name__ == "Linear4bit":
            weight = functional.dequantize_4bit(module.weight.data, module.weight.quant_state)
            plain = torch.nn.Linear(module.in_features, module.out_features, bias=False, device="meta")
            plain.weight = torch.nn.Parameter(weight.float(), requires_grad=False)
            parent, leaf = name.rsplit(".", 1)
            setattr(model.get_submodule(parent), leaf, plain)
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor.data = tensor.data.float()  # model.float() refuses a model that was quantized
    return model


def rows(lengths: tuple[int, ...] = LENGTHS, learned: int = 4) -> tuple[list, list]:
    """Return ids and labels of rows; the last ``learned`` tokens of each carry the loss."""
    generator = torch.Generator().manual_seed(3)
    ids = [torch.randint(3, VOCABULARY, (length,), generator=generator).cuda() for length in lengths]
    return ids, [torch.cat([torch.full_like(one[:-learned], -100), one[-learned:]]) for one in ids]


def packed(ids: list, labels: list) -> Any:
    """Return the rows as one packed pass."""
    from kotune.layers.attention import Packed
    from kotune.layers.fused import Batch

    lengths = [len(one) for one in ids]
    starts = torch.tensor([0, *lengths]).cumsum(0).to(torch.int32).cuda()
    positions = torch.cat([torch.arange(length) for length in lengths]).cuda()
    return Batch(torch.cat(ids), positions, torch.cat(labels), Packed(starts, max(lengths)))


def stock(model: Any, ids: list, labels: list) -> Any:
    """Return the summed loss of the rows one by one through transformers' and peft's own layers."""
    total = 0
    for one, label in zip(ids, labels, strict=True):
        logits = model(input_ids=one[None]).logits[0, :-1].float()
        total = total + torch.nn.functional.cross_entropy(logits, label[1:], ignore_index=-100, reduction="sum")
    return total


def gradients(model: Any) -> dict[str, Any]:
    """Return each adapter parameter's gradient, and forget them."""
    found = {name: one.grad.float().clone() for name, one in model.named_parameters() if one.requires_grad}
    model.zero_grad()
    return found


def distance(found: dict, true: dict) -> float:
    """Return the relative distance of two sets of gradients."""
    off = sum(float((found[name] - true[name]).square().sum()) for name in true)
    return (off / sum(float(one.square().sum()) for one in true.values())) ** 0.5
