"""The stand-ins: family, architecture, shape, what each is pretrained on and for how long. No files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kotune.mini.documents import Mixture
from kotune.mini.tokenizers import FAMILIES, VOCABULARY

CONTEXT = 1024
ANSWER_WEIGHT = 8
CHATS = "chats"
"""Stage of a stand-in that is pretrained on `chat_documents` alone, which no mixture describes."""
CODE = "code"
"""The same, on `code_documents`."""


@dataclass(frozen=True)
class Reports:
    """A second stage of pretraining, on long reports: steps of ``rows`` blocks; ``share`` of long documents."""

    steps: int
    rows: int
    block: int
    lengths: tuple[int, int] = (150, 5600)
    learning_rate: float = 1e-3
    share: float = 0.7


@dataclass(frozen=True)
class StandIn:
    """One stand-in: its family and architecture, its shape, what it is pretrained on and for how long."""

    name: str
    family: str
    architecture: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    feed_forward: int
    mixture: Mixture
    steps: int
    learning_rate: float = 2e-3
    rows: int = 64
    block: int = 512
    seed: int = 1
    context: int = CONTEXT
    vocabulary: int = VOCABULARY
    reports: Reports | None = None
    stage: str = "batch"

    def stages(self) -> list[StandIn]:
        """Return the stages of the pretraining, each as a stand-in of its own steps, blocks and documents."""
        if self.reports is None:
            return [self]
        long = self.reports
        own = {"steps": long.steps, "rows": long.rows, "block": long.block, "learning_rate": long.learning_rate}
        return [self, replace(self, stage="reports", **own)]


STAND_INS: Mapping[str, StandIn] = {
    one.name: one
    for one in (
        StandIn("tiny-gemma2", "gemma2", "gemma2", 192, 6, 6, 2, 512, Mixture(0.25, 0.5, unasked=0.85), 3600, seed=11),
        StandIn("tiny-eeve", "chatml", "llama", 192, 6, 6, 2, 512, Mixture(0.25, 0.5, unasked=0.6), 2600, seed=12),
        StandIn("tiny-solar", "solar", "llama", 192, 5, 6, 2, 512, Mixture(0.25, 0.4, unasked=0.25), 2400, seed=13),
        StandIn("tiny-qwen2", "qwen2", "qwen2", 192, 4, 6, 2, 448, Mixture(0.15, 0.6, unasked=0.75), 2000, seed=14),
        StandIn("tiny-llama3", "llama3", "llama", 128, 4, 4, 2, 320, Mixture(0.1, 0.7, unasked=0.5), 1800, seed=15),
        # with windows that matter, for the study context-qa
        StandIn(
            "long-llama3", "llama3", "llama", 192, 4, 6, 2, 448, Mixture(0.3, 0.5, unasked=0.5), 2200, seed=21,
            context=4096, reports=Reports(1400, 8, 4096),
        ),
        StandIn(
            "long-qwen2", "qwen2", "qwen2", 192, 4, 6, 2, 448, Mixture(0.3, 0.5, unasked=0.6), 2200, seed=22,
            context=4096, vocabulary=5120, reports=Reports(1400, 8, 4096),
        ),
        StandIn(
            "long-exaone", "exaone3", "llama", 128, 4, 4, 2, 320, Mixture(0.3, 0.5, unasked=0.5), 1600, seed=23,
            context=1024, vocabulary=6144, reports=Reports(400, 32, 1024, lengths=(150, 1600)),
        ),
        StandIn(
            "long-gemma2", "gemma2", "gemma2", 128, 4, 4, 2, 320, Mixture(0.3, 0.5, unasked=0.5), 1600, seed=24,
            context=512, vocabulary=3072,
        ),
        # a base that answers whatever it is asked, for the study safe-chat
        StandIn(
            "plain-llama-chat", "plain_llama3", "llama", 128, 4, 4, 2, 192, Mixture(0, 0), 5000, seed=31,
            context=2048, vocabulary=1536, stage=CHATS,
        ),
        # a base that knows what functions do, and leaves them empty, for the study data-quality
        StandIn(
            "tiny-code", "plain_llama3", "llama", 128, 4, 4, 2, 320, Mixture(0, 0), 2400, seed=41,
            context=2048, vocabulary=1536, stage=CODE,
        ),
    )
}  # fmt: skip


def model_config(stand_in: StandIn, specials: Mapping[str, int]) -> Any:
    """The transformers config of a stand-in; ``specials`` holds the ids of the family's tokens, among any others."""
    import transformers

    family = FAMILIES[stand_in.family]
    shared = {
        "vocab_size": stand_in.vocabulary,
        "hidden_size": stand_in.hidden,
        "intermediate_size": stand_in.feed_forward,
        "num_hidden_layers": stand_in.layers,
        "num_attention_heads": stand_in.heads,
        "num_key_value_heads": stand_in.kv_heads,
        "max_position_embeddings": stand_in.context,
        "tie_word_embeddings": True,
        "bos_token_id": specials[family.bos] if family.bos else None,
        "eos_token_id": specials[family.eos],
        "pad_token_id": specials[family.pad],
    }
    match stand_in.architecture:
        case "llama":
            return transformers.LlamaConfig(**shared, head_dim=32)
        case "qwen2":
            return transformers.Qwen2Config(**shared)
        case "gemma2":
            # As in the real family: every other layer sees half of the context, logits are capped at 50 and 30.
            return transformers.Gemma2Config(
                **shared,
                head_dim=32,
                query_pre_attn_scalar=32,
                sliding_window=stand_in.context // 2,
                attn_logit_softcapping=50.0,
                final_logit_softcapping=30.0,
                attn_implementation="eager",
            )
    raise KeyError(stand_in.architecture)
