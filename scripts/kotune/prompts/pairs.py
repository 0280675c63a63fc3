"""Pairs: rendered prompts with a better and a worse completion, as token ids.

Reads prompts ({split}.parquet) that have the column `rejected`; writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_parquet
from kotune.prompts.encoding import Rows, encode_rows
from kotune.prompts.tokenizers import behind
from kotune.rows.pairs import REJECTED, REJECTED_TOKENS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


@dataclass
class Pairs(Rows):
    """Tokenised pairs: the rows are the prompts with their better completions, ``rejected`` the worse completions."""

    rejected: list[list[int]] = field(default_factory=list)

    def prompts(self) -> list[list[int]]:
        """Return the prompts' tokens."""
        return [ids[: len(ids) - sum(mask)] for ids, mask in zip(self.ids, self.mask, strict=True)]

    def dataset(self) -> Dataset:
        """Return the pairs as a data set in memory, as TRL's DPOTrainer tokenises them."""
        from datasets import Dataset

        prompts = self.prompts()
        chosen = [ids[len(prompt) :] for ids, prompt in zip(self.ids, prompts, strict=True)]
        return Dataset.from_dict({"prompt_ids": prompts, "chosen_ids": chosen, "rejected_ids": self.rejected})

    def lengths(self) -> list[int]:
        """Return the tokens of each pair's longer side, its prompt included."""
        every = zip(self.ids, self.mask, self.rejected, strict=True)
        return [len(ids) - sum(mask) + max(sum(mask), len(worse)) for ids, mask, worse in every]


def _ends_with(rows: Rows, rejected: list[list[int]], tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Return the token that all completions of both sides end with; None where they differ."""
    last = {ids[-1] for ids in [*rows.ids, *rejected]}
    return tokenizer.convert_ids_to_tokens(last.pop()) if len(last) == 1 else None


def encode_pairs(path: Path, tokenizer: PreTrainedTokenizerBase) -> Pairs:
    """Tokenise a split's prompts with both completions behind each; rows without a worse one are not pairs.

    Raises UserError for prompts without pairs, for a pair whose two sides are equal, and as `encode_rows` does.
    """
    rows = encode_rows(path, tokenizer)
    table: Json = read_parquet(path).to_dict(as_series=False)
    if REJECTED not in table:
        raise UserError(
            f"{path}: no column '{REJECTED}': its rows are no pairs; learn a rowset made with `pairs`, or rows of the "
            "task preference"
        )
    keep = [place for place, reason in enumerate(table["excluded"]) if reason is None]

    def tokens(*columns: str) -> list[list[int]]:
        texts = ["".join(table[column][place] for column in columns) for place in keep]
        return tokenizer(texts, add_special_tokens=False)["input_ids"]

    rejected = list(map(behind, tokens("prompt"), tokens("prompt", REJECTED), tokens(REJECTED)))
    for place, ids, mask, worse in zip(keep, rows.ids, rows.mask, rejected, strict=True):
        name = table["id"][place]
        if not worse:
            raise UserError(f"{path}: row {name} has no worse completion; give it one or exclude it")
        if worse == ids[len(ids) - sum(mask) :]:
            raise UserError(f"{path}: both sides of row {name} are equal; neither is preferred, so exclude it")
        if len(worse) != table[REJECTED_TOKENS][place]:
            raise UserError(
                f"{path}: the worse completion of row {name} has {len(worse)} tokens by this tokenizer and "
                f"{table[REJECTED_TOKENS][place]} by the file; remove the file and run again"
            )
    return Pairs(
        rows.ids, rows.mask, rows.excluded, _ends_with(rows, rejected, tokenizer), rows.names, rejected=rejected
    )


def check_lengths(pairs: Pairs, max_length: int | None, path: Path) -> None:
    """Raise UserError when TRL would cut a side of a pair: nothing is truncated in silence."""
    lengths = pairs.lengths()
    cut = sum(length > max_length for length in lengths) if max_length is not None else 0
    if cut:
        raise UserError(
            f"recipe.trainer.max_length: {max_length} would cut {cut} of {len(lengths)} pairs of {path} (the longest "
            f"side has {max(lengths)} tokens); set it to null, or exclude such rows when prompts are rendered"
        )
