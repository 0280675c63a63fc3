"""A step's gradient by TRL's own trainer and by ours, of the same answers and rewards."""

import tempfile
from contextlib import nullcontext

import torch
from tiny_model import RECIPE, make_model

from kotune.models import loading
from kotune.training import drawn, policies
from kotune.training.reinforced import Reinforced

PROMPTS = [[3, 9, 11, 12], [7, 30]]
ANSWERS = [[40, 41, 42], [50, 1], [60, 61, 62, 63], [70], [80, 81], [90, 91, 92]]  # three to each prompt
REWARDS = [[1.0, 0.0, 0.5], [0.0, 2.0, 0.0]]
LENGTH = 4


def policy(folder):
    """Return the tiny model with an adapter that is not zero, and its tokenizer."""
    from peft import LoraConfig, get_peft_model

    settings = make_model(folder / "model")
    base = loading.load_model(settings, None, {"device": "cpu", "threads": 1}).model
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **{**RECIPE["lora"], "lora_dropout": 0.0}))
    torch.manual_seed(1)
    _move(model, 0.1)
    return model, loading.load_tokenizer(settings)


def _move(model, by):
    for name, parameter in model.named_parameters():
        if "lora_" in name and parameter.requires_grad:
            parameter.data = parameter.data + torch.randn_like(parameter) * by


def config(made, **given):
    """Return a configuration of TRL's for a step of six answers."""
    return made(
        output_dir=tempfile.mkdtemp(), use_cpu=True, bf16=False, report_to="none", per_device_train_batch_size=6,
        num_generations=3, max_completion_length=LENGTH, gradient_checkpointing=False, **given,
    )  # fmt: skip


def gradients(model):
    """Return the gradients of what is trained, and forget them."""
    found = [parameter.grad.clone() for parameter in model.parameters() if parameter.requires_grad]
    model.zero_grad()
    return found


def trl_trainer(made, model, tokenizer, given):
    """Return TRL's trainer; its reference is a copy of the adapter as it is now."""
    from datasets import Dataset

    rows = Dataset.from_dict({"prompt": ["a", "b"]})
    return made(model=model, reward_funcs=lambda **_: [0.0], args=given, train_dataset=rows, processing_class=tokenizer)


def padded_apart():
    """Return prompts and answers as TRL takes them: prompts padded on the left, answers on the right."""
    prompts = [PROMPTS[place // 3] for place in range(6)]
    width, length = max(map(len, prompts)), max(map(len, ANSWERS))
    return {
        "prompt_ids": torch.tensor([[0] * (width - len(one)) + one for one in prompts]),
        "prompt_mask": torch.tensor([[0] * (width - len(one)) + [1] * len(one) for one in prompts]),
        "completion_ids": torch.tensor([one + [0] * (length - len(one)) for one in ANSWERS]),
        "completion_mask": torch.tensor([[1] * len(one) + [0] * (length - len(one)) for one in ANSWERS]),
    }


class Ours(Reinforced):
    """Our trainer's loss without a trainer around it."""

    def __init__(self, model, tokenizer, given, rule):
        from types import SimpleNamespace

        self.model, self.args, self.processing_class = model, given, tokenizer
        self.accelerator = SimpleNamespace(autocast=nullcontext)
        counts = SimpleNamespace(tokens=0, target_tokens=0)
        self.setting = SimpleNamespace(rule=rule, tally=drawn.Tally({}), counts=counts, reference=None)

    def gradients(self, frozen):
        """Return the gradient of the step."""
        rewards = [one for group in REWARDS for one in group]
        made = [
            drawn.Drawn("row", PROMPTS[place // 3], answer, False, reward)
            for place, (answer, reward) in enumerate(zip(ANSWERS, rewards, strict=True))
        ]
        together = [made[:3], made[3:]]
        self.setting.reference = frozen
        learned = drawn.choose(together, False)
        costs = self._distances(learned) if frozen else {}
        drawn.weigh(together, self.setting.rule, costs, False)
        self.model.train()
        self.compute_loss(self.model, self._batch(learned)).backward()
        return gradients(self.model), [one.advantage for one in made]


def reference_and_policy(model):
    """Return what our reference holds, and move the policy away from it."""
    frozen = policies.Frozen(model)
    torch.manual_seed(2)
    _move(model, 0.05)
    return frozen
