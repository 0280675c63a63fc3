"""vLLM as the engine that answers, where a user has it: the same prompts, greedy, one load for base and adapter.

Reads a model's folder and an adapter's; writes nothing. This repository's authors did not run it on a GPU: no figure
for it is given anywhere, and the tests check only what is asked of it. https://docs.vllm.ai
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.answering.order import Order
from kotune.answering.side_by_side import Made, SideBySide
from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.models import adapters
from kotune.models.precision import of_device

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

RANKS = (8, 16, 32, 64, 128, 256)  # the largest ranks of adapters that vLLM can be told to expect


def check(quantization: Json | None) -> None:
    """Raise UserError where vLLM is not there, or cannot be asked for what the recipe answers with."""
    if importlib.util.find_spec("vllm") is None:
        raise UserError("generation.engine: vllm is not installed; `pip install vllm`, or set it to auto")
    if quantization:
        raise UserError("generation.engine: vllm answers with 16-bit weights here; set it to auto for a 4-bit model")


class Decoder:
    """A loaded vLLM: tokens in, tokens out."""

    def __init__(self, model: Json, adapter: Path | None, seed: int, stop: Sequence[int]) -> None:
        from vllm import LLM

        rank = read_json(adapter / adapters.CONFIG)["r"] if adapter else 0
        if rank > RANKS[-1]:
            raise UserError(f"{adapter}: vllm takes adapters up to rank {RANKS[-1]}, and this one has {rank}")
        lora = {"enable_lora": True, "max_lora_rank": next(one for one in RANKS if one >= rank)} if adapter else {}
        self.adapter, self.stop = adapter, list(stop)
        self.llm = LLM(
            model=model["path"], dtype=of_device(model.get("dtype"), "cuda") or "auto",
            max_model_len=model.get("context_window"),
            trust_remote_code=bool(model.get("trust_remote_code", False)), seed=seed, **lora,
        )  # fmt: skip

    def answer(self, prompts: Sequence[Sequence[int]], limit: int, adapter: bool = True) -> Iterator[Made]:
        """Yield each prompt's answer of up to ``limit`` tokens, in the prompts' order; the stop token is its last."""
        from vllm import SamplingParams

        sampling = SamplingParams(
            temperature=0.0, max_tokens=limit, stop_token_ids=self.stop, ignore_eos=True, detokenize=False
        )
        asked = [{"prompt_token_ids": list(prompt)} for prompt in prompts]
        request: Any = None
        if adapter and self.adapter:
            from vllm.lora.request import LoRARequest

            request = LoRARequest("adapter", 1, str(self.adapter))
        for place, one in enumerate(self.llm.generate(asked, sampling, lora_request=request, use_tqdm=False)):
            made = one.outputs[0]
            tokens, stopped = list(made.token_ids), made.finish_reason == "stop"
            if stopped and (not tokens or tokens[-1] not in self.stop):
                tokens.append(int(made.stop_reason))  # versions differ in whether the stop token is among them
            yield Made(place, tokens, stopped)


class Vllm(SideBySide):
    """The engine around a loaded vLLM."""

    name = "vllm"

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase, stop: list[int]) -> None:
        super().__init__(order, tokenizer)
        self.notes = ["answered by vllm"]
        self.decoder = Decoder(order.model, order.adapter, order.seed, stop)

    def made(self, prompts: list[Sequence[int]], limit: int) -> Iterator[Made]:
        """Yield each prompt's answer."""
        return self.decoder.answer(prompts, limit, adapter=self.order.adapter is not None)
