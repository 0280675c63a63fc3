"""Encoding: rendered prompts to token ids, with a loss mask for training, without one for answering.

Reads prompts ({split}.parquet); writes nothing. A text holds its special tokens, so none is ever added here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError, nearest
from kotune.core.names import SPANS
from kotune.core.storage import Json, read_parquet
from kotune.prompts.tokenizers import behind

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


COMPLETION, ALL, TURNS = "completion", "all", "turns"
LOSSES = (COMPLETION, ALL, TURNS)


@dataclass
class Rows:
    """Tokenised rows: ``ids`` and ``mask`` (1 where the loss is) are lists of equal length, one pair a row.

    ``names``: the rows' ids; empty for rows that were made up.
    """

    ids: list[list[int]]
    mask: list[list[int]]
    excluded: dict[str, int]
    ends_with: str | None
    names: list[str] = field(default_factory=list)

    def dataset(self) -> Dataset:
        """Return the rows as a data set in memory, in TRL's tokenised prompt-completion form."""
        from datasets import Dataset

        return Dataset.from_dict({"input_ids": self.ids, "completion_mask": self.mask})


@dataclass(frozen=True)
class Prompt:
    """One prompt: its place among all, its split and id, its tokens (none where it is excluded)."""

    place: int
    split: str
    id: str
    tokens: tuple[int, ...]
    excluded: bool


def check_counted(path: Path, table: Json, place: int, column: str, ids: list[int]) -> None:
    """Raise UserError when a text has another number of tokens than the file says."""
    counted = table[f"{column}_tokens"][place]
    if len(ids) != counted:
        raise UserError(
            f"{path}: the {column} of row {table['id'][place]} has {len(ids)} tokens by this tokenizer and {counted} "
            "by the file: it was rendered for another one; remove the file and run again"
        )


def check_loss(recipe: Json) -> str:
    """Return where a recipe's loss is: on the completion, on all tokens, or on every turn of the assistant.

    UserError for what cannot be.
    """
    loss = recipe.get("loss", COMPLETION)
    if loss not in LOSSES:
        raise UserError(f"recipe.loss: unknown '{loss}'{nearest(str(loss), LOSSES)}")
    trainer = recipe["trainer"]
    if trainer.get("packing") and trainer.get("packing_strategy") == "wrapped":
        raise UserError(
            "recipe.trainer.packing_strategy: wrapped joins rows without a border and cuts them anywhere, so that one "
            "row would be learned with another before it; set it to bfd"
        )
    return loss


def _mask(prompt: int, completion: int, loss: str, spans: Sequence[Sequence[int]]) -> list[int]:
    """Return 1 where the loss is; ``spans``: of the prompt's tokens, which hold what the assistant said earlier."""
    if loss == ALL:
        return [0, *[1] * (prompt + completion - 1)]
    mask = [0] * prompt + [1] * completion
    for start, end in spans if loss == TURNS else ():
        mask[start:end] = [1] * (end - start)
    return mask


def encode_rows(path: Path, tokenizer: PreTrainedTokenizerBase, loss: str = COMPLETION) -> Rows:
    """Tokenise a split's prompts, and its completions behind them, as an answer will be continued from a prompt.

    ``loss``: all counts every token of a row but its first, which follows nothing and cannot be predicted; turns counts
    what the assistant said earlier, too. Excluded
    rows are counted by reason and left out. Raises UserError for a row without target tokens and for a file that was
    rendered for another tokenizer.
    """
    table = read_parquet(path).to_dict(as_series=False)
    keep = [place for place, reason in enumerate(table["excluded"]) if reason is None]
    if not keep:
        raise UserError(f"{path}: no row is left to train on; all {len(table['id'])} are excluded")

    if loss == TURNS and SPANS not in table:
        raise UserError(f"recipe.loss: the rows of {path} are no conversations, of which every turn could be learned")

    def tokens(*columns: str) -> list[list[int]]:
        texts = ["".join(table[column][place] for column in columns) for place in keep]
        return tokenizer(texts, add_special_tokens=False)["input_ids"]

    prompts = tokens("prompt")
    completions = list(map(behind, prompts, tokens("prompt", "completion"), tokens("completion")))
    for place, prompt, completion in zip(keep, prompts, completions, strict=True):
        if not completion:
            raise UserError(f"{path}: row {table['id'][place]} has no target tokens; give it an answer or exclude it")
        check_counted(path, table, place, "prompt", prompt)
        check_counted(path, table, place, "completion", completion)
    last = {completion[-1] for completion in completions}
    return Rows(
        ids=[prompt + completion for prompt, completion in zip(prompts, completions, strict=True)],
        mask=[
            _mask(len(prompt), len(tail), loss, table[SPANS][place] if SPANS in table else ())
            for place, prompt, tail in zip(keep, prompts, completions, strict=True)
        ],
        excluded=dict(sorted(Counter(reason for reason in table["excluded"] if reason is not None).items())),
        ends_with=tokenizer.convert_ids_to_tokens(last.pop()) if len(last) == 1 else None,
        names=[table["id"][place] for place in keep],
    )


def check_lengths(rows: Rows, max_length: int | None, path: Path) -> None:
    """Raise UserError when TRL would cut rows: nothing is truncated in silence."""
    cut = sum(len(ids) > max_length for ids in rows.ids) if max_length is not None else 0
    if cut:
        longest = max(len(ids) for ids in rows.ids)
        raise UserError(
            f"recipe.trainer.max_length: {max_length} would cut {cut} of {len(rows.ids)} rows of {path} (the longest "
            f"has {longest} tokens); set it to null, or exclude such rows when prompts are rendered"
        )


def read_prompts(files: Sequence[Path], tokenizer: PreTrainedTokenizerBase, window: int | None) -> list[Prompt]:
    """Read and tokenise the prompts of all splits; the name of a file is the name of its split.

    Raises UserError for a prompt that fills the model's context window, and for a file rendered for another tokenizer.
    """
    prompts: list[Prompt] = []
    for file in files:
        table = read_parquet(file).to_dict(as_series=False)
        tokens = tokenizer(table["prompt"], add_special_tokens=False)["input_ids"] if table["id"] else []
        for place, ids in enumerate(tokens):
            excluded, name = table["excluded"][place] is not None, table["id"][place]
            if not excluded:
                check_counted(file, table, place, "prompt", ids)
                if window is not None and len(ids) >= window:
                    raise UserError(
                        f"{file}: row {name} has {len(ids)} prompt tokens, the model's window is {window}; "
                        "exclude such rows when prompts are rendered"
                    )
            prompts.append(Prompt(len(prompts), Path(file).stem, name, () if excluded else tuple(ids), excluded))
    return prompts
