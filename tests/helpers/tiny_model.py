"""A random Llama of two layers with a byte-level BPE tokenizer, and prompts for it: enough to train and to answer."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

SPECIALS = ["<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>"]
WORDS = [
    "금리",
    "물가",
    "고용",
    "수출",
    "기업",
    "실적",
    "은행",
    "증권",
    "전망",
    "상승",
    "하락",
    "기록",
    "발표",
    "분기",
    "올해",
    "억원",
    "조원",
    "한국",
    "서울",
    "코스피",
]
RECIPE: dict[str, Any] = {
    "lora": {"r": 4, "lora_alpha": 8, "lora_dropout": 0.1, "target_modules": ["v_proj", "q_proj", "down_proj"]},
    "quantization": {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": "float16"},
    "trainer": {
        "max_steps": 8,
        "per_device_train_batch_size": 4,
        "optim": "adamw_torch",
        "learning_rate": 5e-3,
        "logging_steps": 2,
        "save_steps": 2,
    },
}
CPU = {"device": "cpu", "threads": 1}


def make_tokenizer(folder: Path) -> None:
    """Train and save a byte-level BPE tokenizer of some 500 tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([" ".join(WORDS), *WORDS], trainer)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>"
    ).save_pretrained(folder)


def make_model(folder: Path, kind: str = "llama") -> dict[str, Any]:
    """Write a model folder and return its settings object."""
    import torch
    from transformers import AutoModelForCausalLM, Gemma2Config, LlamaConfig, Qwen2Config

    make_tokenizer(folder)
    config = {"llama": LlamaConfig, "gemma2": Gemma2Config, "qwen2": Qwen2Config}[kind](
        vocab_size=512,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=256,
        tie_word_embeddings=False,
        initializer_range=0.1,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    torch.manual_seed(7)
    AutoModelForCausalLM.from_config(config, dtype=torch.float32).save_pretrained(folder)
    return settings(folder, attn_implementation="eager" if kind == "gemma2" else None)


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """Return the settings object of a model folder."""
    return {
        "name": "tiny",
        "path": str(folder),
        "family": "gemma2",
        "dtype": "float32",
        "attn_implementation": None,
        "context_window": 256,
        "trust_remote_code": False,
        "hub_id": None,
        "required_tokens": SPECIALS,
        "pad": "<pad>",
        "stop": ["<end_of_turn>", "<eos>"],
        **changes,
    }


def write_prompts(path: Path, model: dict[str, Any], rows: int, seed: int = 0, excluded: int | None = None) -> Path:
    """Write prompts of different lengths; row ``excluded``, if named, is an excluded one."""
    import polars

    from kotune.models.loading import load_tokenizer

    tokenizer = load_tokenizer(model)
    draw = random.Random(seed)

    def text(words: int) -> str:
        return " ".join(draw.choice(WORDS) for _ in range(words))

    def count(written: str) -> int:
        return len(tokenizer(written, add_special_tokens=False)["input_ids"])

    made = []
    for number in range(rows):
        prompt = f"<bos><start_of_turn>user\n{text(draw.randint(3, 25))}<end_of_turn>\n<start_of_turn>model\n"
        completion = f"{text(draw.randint(1, 3))}<end_of_turn>"
        made.append(
            {
                "id": f"{path.stem}-{number}",
                "prompt": prompt,
                "completion": completion,
                "prompt_tokens": count(prompt),
                "completion_tokens": count(completion),
                "excluded": "over the context window" if number == excluded else None,
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    polars.DataFrame(made, schema_overrides={"excluded": polars.String}).write_parquet(path)
    return path
