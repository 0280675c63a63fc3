"""Small random models, batches and settings on which two ways to answer are compared."""

SHAPE = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": None,
}
KINDS = {
    "llama": ("LlamaConfig", {}),
    "qwen2": ("Qwen2Config", {}),
    "gemma2": ("Gemma2Config", {"sliding_window": 5, "query_pre_attn_scalar": 8}),
    "gemma3_text": (
        "Gemma3TextConfig",
        {"sliding_window": 5, "layer_types": ["sliding_attention"] * 3 + ["full_attention"]},
    ),
}


def model_of(kind, attention="sdpa", seed=3):
    import torch
    import transformers

    torch.manual_seed(seed)
    name, more = KINDS[kind]
    shape = {key: value for key, value in SHAPE.items() if key != "head_dim" or kind.startswith("gemma")}
    config = getattr(transformers, name)(**shape, **more)
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation=attention).eval()
    for weight in model.parameters():
        weight.data.mul_(3)  # far from ties
    return model


def batch_of(lengths, seed=0):
    import torch

    torch.manual_seed(seed)
    longest = max(lengths)
    rows = [[0] * (longest - n) + torch.randint(1, 97, (n,)).tolist() for n in lengths]
    mask = [[0] * (longest - n) + [1] * n for n in lengths]
    return torch.tensor(rows), torch.tensor(mask)


def config_of(**more):
    from transformers import GenerationConfig

    return GenerationConfig(
        **{"do_sample": False, "eos_token_id": [96], "pad_token_id": 0, "max_new_tokens": 12, **more}
    )
