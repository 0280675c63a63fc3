"""Names that transformers and the models' classes know, so that a start need not import them to refuse another.

Reads and writes nothing. A test compares each list with the libraries themselves.
"""

from __future__ import annotations

# transformers' OptimizerNames; each with the module that it needs besides torch and bitsandbytes, if any
OPTIMIZERS: dict[str, str | None] = {
    **dict.fromkeys(("adamw_torch", "adamw_torch_fused", "adafactor", "ademamix", "sgd", "adagrad", "rmsprop")),
    **dict.fromkeys(("adamw_bnb_8bit", "adamw_8bit", "ademamix_8bit", "lion_8bit", "lion_32bit")),
    **dict.fromkeys(("paged_adamw_32bit", "paged_adamw_8bit", "paged_ademamix_32bit", "paged_ademamix_8bit")),
    **dict.fromkeys(("paged_lion_32bit", "paged_lion_8bit", "rmsprop_bnb", "rmsprop_bnb_8bit", "rmsprop_bnb_32bit")),
    "adamw_torch_xla": "torch_xla",
    "adamw_torch_npu_fused": "torch_npu",
    "adamw_anyprecision": "torchdistx",
    "adamw_torch_4bit": "torchao",
    "adamw_torch_8bit": "torchao",
    **dict.fromkeys(("galore_adamw", "galore_adamw_8bit", "galore_adafactor"), "galore_torch"),
    **dict.fromkeys(
        ("galore_adamw_layerwise", "galore_adamw_8bit_layerwise", "galore_adafactor_layerwise"), "galore_torch"
    ),
    "lomo": "lomo_optim",
    "adalomo": "lomo_optim",
    "grokadamw": "grokadamw",
    **dict.fromkeys(("schedule_free_radam", "schedule_free_adamw", "schedule_free_sgd"), "schedulefree"),
    "apollo_adamw": "apollo_torch",
    "apollo_adamw_layerwise": "apollo_torch",
    "stable_adamw": "optimi",
}
# those that want to be told which layers they are for (optim_target_modules)
LAYERWISE = tuple(name for name in OPTIMIZERS if name.startswith(("galore_", "apollo_")))

# transformers' SchedulerType; each with the argument of lr_scheduler_kwargs that it does not run without, if any
SCHEDULERS: dict[str, str | None] = {
    **dict.fromkeys(("linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup")),
    **dict.fromkeys(("inverse_sqrt", "reduce_lr_on_plateau", "greedy")),
    "cosine_with_min_lr": "min_lr",
    "cosine_warmup_with_min_lr": "min_lr",
    "warmup_stable_decay": "num_decay_steps",
}
# those that look at eval_loss
JUDGING = ("reduce_lr_on_plateau", "greedy")
POLYNOMIAL_END = 1e-7  # where the scheduler `polynomial` ends: it refuses a learning rate that is not above

LOGGING_STEPS, SAVE_STEPS = 10, 500  # of TRL's configurations, where a recipe names none

ALL_LINEAR = "all-linear"  # peft's word for every linear layer but the output
# the linear layers of a decoder of each architecture, without the output layer
_GATED = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LINEAR: dict[str, tuple[str, ...]] = dict.fromkeys(
    (
        "LlamaForCausalLM",
        "MistralForCausalLM",
        "Qwen2ForCausalLM",
        "Qwen3ForCausalLM",
        "Gemma2ForCausalLM",
        "Gemma3ForCausalLM",
        "Exaone4ForCausalLM",
    ),
    _GATED,
)
