"""A context and its continuations as token ids, by the rules of lm-evaluation-harness (0.4.13, its HFLM).

Reads and writes nothing. What HFLM does, in words: white space at the end of a context goes to its continuations; a
context is tokenised alone and with each continuation, which gets the ids behind as many as the context alone has; BOS
is added where the tokenizer adds it by itself, and not where the text begins with it; a text that is too long loses its
beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

LENGTHS = ("n_positions", "max_position_embeddings", "n_ctx")  # where a configuration says how long a text may be
UNKNOWN_LENGTH = 2048  # what HFLM takes where neither configuration nor tokenizer says it
UNLIMITED = int(1e30)  # transformers' word for "no limit known"
AT_ONCE = 2048  # texts that are handed to the tokenizer together


@dataclass(frozen=True)
class Asked:
    """A context's ids and those of its continuations; ``owners``: of each, its request and its place in the request."""

    context: list[int]
    continuations: list[list[int]]
    owners: list[tuple[int, int]]

    @property
    def tokens(self) -> int:
        """How many tokens go through a model: the context, and of each continuation all but the last."""
        return len(self.context) + sum(len(one) - 1 for one in self.continuations)


def longest(config: Any, tokenizer: PreTrainedTokenizerBase) -> int:
    """Return how many tokens a model reads at most, as HFLM finds it."""
    config = getattr(config, "text_config", None) or config
    named = [value for name in LENGTHS if (value := getattr(config, name, None)) is not None]
    if named:
        return int(named[0])
    limit = tokenizer.model_max_length
    return int(limit) if limit is not None and limit < UNLIMITED else UNKNOWN_LENGTH


def prefix_id(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that stands for an empty context."""
    found = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    if found is None:
        raise UserError(
            f"{tokenizer.name_or_path}: the tokenizer names neither a BOS nor an EOS token; lm-evaluation-harness "
            "needs one of them before an empty context"
        )
    return int(found)


def ids_of(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of texts, each as HFLM tokenises it."""
    start = tokenizer.decode(prefix_id(tokenizer))
    made: list[list[int]] = []
    for first in range(0, len(texts), AT_ONCE):
        some = texts[first : first + AT_ONCE]
        begun = [text.startswith(start) for text in some]
        plain = [text for text, has in zip(some, begun, strict=True) if not has]
        with_start = [text for text, has in zip(some, begun, strict=True) if has]
        plain_ids = iter(tokenizer(plain)["input_ids"] if plain else [])
        ids = iter(tokenizer(with_start, add_special_tokens=False)["input_ids"] if with_start else [])
        made += [next(ids if has else plain_ids) for has in begun]
    return made


def parted(context: str, continuation: str) -> tuple[str, str]:
    """Return a context without the white space at its end, and the continuation with it."""
    bare = context.rstrip()
    return bare, context[len(bare) :] + continuation


def _texts(requests: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Yield what is tokenised: each context, and all of it with each continuation."""
    for context, continuations in requests:
        if context:
            yield context.rstrip()
            yield from ("".join(parted(context, one)) for one in continuations)


def asked(tokenizer: PreTrainedTokenizerBase, requests: Sequence[tuple[str, Sequence[str]]], limit: int) -> list[Asked]:
    """Return what a model is asked for requests of (context, continuations), at most ``limit`` tokens of each."""
    ids = iter(ids_of(tokenizer, list(_texts(requests))))
    made: list[Asked] = []
    for number, (context, continuations) in enumerate(requests):
        if context:
            front = next(ids)
            backs = [next(ids)[len(front) :] for _ in continuations]
        else:
            front = [prefix_id(tokenizer)]
            alone = tokenizer(list(continuations), add_special_tokens=False)["input_ids"]
            backs = [one[1:] if one[:1] == front else one for one in alone]
        for place, back in enumerate(backs):
            if not front or not back:
                raise UserError(
                    f"request {number}: its continuation {place} ({continuations[place]!r}) has no token behind the "
                    "context; give it a text that the tokenizer does not join with the context"
                )
        made += _within(front, backs, number, limit)
    return made


def _within(front: list[int], backs: list[list[int]], number: int, limit: int) -> Iterator[Asked]:
    """Yield a request whole, or, of what is too long, each continuation behind what of the context has room."""
    fits = [place for place, back in enumerate(backs) if len(front) + len(back) <= limit + 1]
    if fits:
        yield Asked(front, [backs[place] for place in fits], [(number, place) for place in fits])
    for place, back in enumerate(backs):
        if place not in fits:
            if len(back) > limit:
                raise UserError(
                    f"request {number}: its continuation {place} alone is longer than the model's {limit} tokens"
                )
            yield Asked(front[-(limit + 1 - len(back)) :], [back], [(number, place)])
