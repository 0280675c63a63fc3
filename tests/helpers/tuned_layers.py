"""A small random model with an adapter, for the fused layers and the packed engine."""

import torch

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def tuned(architecture: str = "Llama", targets: list[str] = ALL, **settings):
    """Return a small random model with an adapter whose B is not zero, so that every gradient is there."""
    import transformers
    from peft import LoraConfig, get_peft_model

    config = getattr(transformers, f"{architecture}Config")(
        vocab_size=97, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, max_position_embeddings=64, tie_word_embeddings=True, **settings,
    )  # fmt: skip
    torch.manual_seed(1)
    base = getattr(transformers, f"{architecture}ForCausalLM")(config).eval()
    base.config.architectures = [f"{architecture}ForCausalLM"]
    for name, parameter in base.named_parameters():
        if "bias" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    model = get_peft_model(base, LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="CAUSAL_LM"))
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return model
