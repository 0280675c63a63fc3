"""Prompts: a row becomes the text that a model reads and the text that it should write, for training and for inference.

Takes a prompt variant (config/prompts/), a family, rows and a tokenizer.json; returns texts with their token counts.
The texts hold their control tokens, and nothing is added to them when they are tokenised. A completion's tokens are
those that it has behind its prompt (see `behind`). A row's own text is data: never a template, and never a control
token (see `neutralised`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.names import GOLDS, SPANS, TRAIN
from kotune.core.storage import Json
from kotune.prompts import additions, dialogues, pointed, segments, windows
from kotune.prompts import parts as prompt_parts
from kotune.prompts.dialogues import HISTORY
from kotune.prompts.families import Family
from kotune.prompts.limits import Limits, rows_beyond
from kotune.prompts.retrieval import Embed
from kotune.prompts.tokenizers import (
    behind,
    control_ids,
    control_pattern,
    control_tokens,
    encoded_in_batches,
    neutralised,
    summarised,
)
from kotune.prompts.variants import INFERENCE, TRAINING, Renderer, Row, renderer

if TYPE_CHECKING:
    import tokenizers


def _expected(
    render: Renderer, family: Family, like: Row, tokenizer: tokenizers.Tokenizer, control: dict[str, int]
) -> tuple[list[int], dict[int, list[int]]]:
    """Return the control tokens that every prompt, and every completion of one or two parts, must hold, in order.

    ``like``: a row of single letters, with the earlier turns of those that are meant. Where the family's turns are
    used, the prompt holds exactly one beginning-of-text token, if the family has one, and the completion ends with the
    one stop token; a template that brings control tokens of its own is a UserError. Between two turns of the assistant
    stands what the family puts there.
    """
    ids, reasoning = control_ids(tokenizer, control), render.learned.reasoning

    def controls(text: str) -> list[int]:
        return [token for token in tokenizer.encode(text, add_special_tokens=False).ids if token in ids]

    row = {**like, **dict.fromkeys(render.learned.columns, "\uac00")}
    prompt, alone = controls(render.prompt(row)), {**row, **({reasoning: ""} if reasoning else {})}
    completions = {render.parts(one): controls(render.completion(one)) for one in (alone, row)}
    if render.roles is None:
        return prompt, completions
    if prompt != controls(family.prompt([(role, "") for role in render.roles(row)])):
        raise UserError(f"{render.where}: a turn holds control tokens of the model; leave them to the family")
    bos = control.get(family.bos or "")
    if prompt.count(bos) != (bos is not None) or (bos is not None and prompt[0] != bos):
        raise UserError(f"config/families.yaml, family '{family.name}': a prompt must begin with one {family.bos}")
    if render.plain is not None and any(found != controls(render.plain(of)) for of, found in completions.items()):
        raise UserError(f"{render.where}: a part holds control tokens of the model; leave them to the family")
    if controls(family.completion("")) != [control[family.stop]]:
        raise UserError(f"config/families.yaml, family '{family.name}': a completion must hold one {family.stop}")
    return prompt, completions


class _Frames:
    """The control tokens that a row's texts must hold (`_expected`), looked up once for the same earlier turns."""

    def __init__(
        self,
        render: Renderer,
        family: Family,
        columns: Sequence[str],
        tokenizer: tokenizers.Tokenizer,
        control: dict[str, int],
    ) -> None:
        self.asked = render, family, tokenizer, control
        self.columns = columns
        self.known: dict[tuple[str, ...], tuple[list[int], dict[int, list[int]]]] = {}

    def of(self, row: Row) -> tuple[list[int], dict[int, list[int]]]:
        """Return what a row must hold."""
        outline = dialogues.outline(row)
        if outline not in self.known:
            render, family, tokenizer, control = self.asked
            like = dialogues.like({**dict.fromkeys(self.columns, ""), **row})
            self.known[outline] = _expected(render, family, like, tokenizer, control)
        return self.known[outline]


def _control_in(row: Mapping[str, str | None], render: Renderer, pattern: re.Pattern[str]) -> str:
    """Return in which of a row's parts, or earlier answers, a control token is written; empty where none is."""
    said = [("earlier answer", text) for role, text in dialogues.earlier(row) if role == "assistant"]
    parts = list(zip(prompt_parts.NAMES, render.learned.columns, strict=False))[: render.parts(row)]
    learned = [*said, *((name, row.get(column) or "") for name, column in parts)]
    found = ((name, pattern.search(text)) for name, text in learned)
    return next((f"{name}: {match[0]}" for name, match in found if match), "")


def _excluded(gold: str | None, split: str, target: str, length: int, room: int, control: str) -> str | None:
    """Return why a row cannot be used, or None. ``target``: its completion, if anything of the answer is left in it."""
    if split == TRAIN and gold is None:
        return "no answer: there is nothing to learn"
    if gold is not None and not target:
        return "no target tokens: nothing is left of the answer"
    if split == TRAIN and control:
        return f"control token in the {control} cannot be learned as text"
    if length > room:
        return f"too long: {length} tokens, room for {room}"
    return None


def render_split(
    rows: Sequence[Mapping[str, str | None]],
    split: str,
    prompt: Json,
    family: Family,
    tokenizer: tokenizers.Tokenizer,
    room: int,
    limits: Limits | None = None,
    pool: Sequence[Mapping[str, str | None]] = (),
    embed: Embed | None = None,
) -> tuple[list[Json], Json]:
    """Return one split's rendered rows (id, prompt, completion, prompt_tokens, completion_tokens, excluded) and counts.

    ``room``: tokens that a row may take; train rows with their completion, others without it. A row without an answer
    has an empty completion of 0 tokens. Control tokens written in a row's text are neutralised; in an answer or a
    reasoning that is to be learned they exclude the row, because what would be learned is not what was written.
    ``limits``: how many new tokens an answer may have; gold answers of rows that are answered are held against it.
    ``pool``: the train rows, from which a variant draws what it shows beside a row (`prompts.additions`); their ids are
    a column then. ``embed``: what makes vectors of texts, for a variant that asks for them.
    """
    rows = [{name: text for name, text in row.items() if name != GOLDS} for row in rows]  # texts alone are rendered
    columns = [*(rows[0] if rows else []), *additions.columns_of(prompt["content"])]
    render = renderer(prompt, family, columns, TRAINING if split == TRAIN else INFERENCE)
    control, gold = control_tokens(tokenizer, family), render.learned.gold
    pattern, ids = control_pattern(control), control_ids(tokenizer, control)
    as_written, rows = rows, additions.in_segments(rows, prompt["content"])
    safe = [dialogues.mapped(row, lambda text: neutralised(text, pattern)) for row in rows]
    wanted = _Frames(render, family, columns, tokenizer, control)
    pointing = additions.POINTS in prompt["content"]
    shown = additions.added(safe, prompt, render, _usable(pool, render, pattern), embed)
    prompts, places = _prompts_of(safe, split, render, family, prompt)
    completions = [
        "" if row.get(gold) is None else render.completion(clean) for row, clean in zip(rows, safe, strict=True)
    ]
    rendered = []
    wholes = [text + completion for text, completion in zip(prompts, completions, strict=True)]
    encoded = zip(*(encoded_in_batches(tokenizer, texts) for texts in (prompts, wholes, completions)), strict=True)
    for row, clean, text, completion, (read, whole, apart) in zip(
        rows, safe, prompts, completions, encoded, strict=True
    ):
        written = behind(read, whole, apart)
        found = [token for token in read if token in ids], [token for token in written if token in ids]
        wanted_prompt, wanted_completions = wanted.of(clean)
        if found != (wanted_prompt, wanted_completions[render.parts(row)] if completion else []):
            raise UserError(f"{render.where}, row '{row['id']}' of {split}: its text turns into control tokens")
        length = len(read) + (len(written) if split == TRAIN else 0)
        length = 0 if pointing else length  # it is read in windows
        target = "" if completion == render.completion({**clean, gold: ""}) else completion
        rendered.append(
            {
                "id": row["id"],
                "prompt": text,
                "completion": completion,
                "prompt_tokens": len(read),
                "completion_tokens": len(written),
                "excluded": _excluded(row.get(gold), split, target, length, room, _control_in(row, render, pattern)),
                **{column: of_rows[len(rendered)] for column, of_rows in shown.items()},
                **_looked_up(as_written[len(rendered)], prompt, render),
                **_pointed(clean, prompt, render),
                **({SPANS: dialogues.in_tokens(text, places[len(rendered)], tokenizer)} if places else {}),
            }
        )
    if pointing:
        asked = windows.Windows.of(prompt["content"].get(windows.KEY, {}), room)
        for made in rendered:
            pointed.settle(made, split == TRAIN, asked, tokenizer)
    cut = _beyond(rendered, safe, render, prompt, family, tokenizer, limits) if limits and split != TRAIN else None
    joined = ("\n".join(dialogues.texts_of(row)) for row in rows)
    return rendered, counted(rendered, sum(bool(pattern.search(text)) for text in joined), cut)


def _prompts_of(
    rows: Sequence[Row], split: str, render: Renderer, family: Family, prompt: Json
) -> tuple[list[str], list[list[tuple[int, int]]]]:
    """Return each row's prompt and, of train rows that have turns, where the assistant speaks in it.

    UserError names a row whose earlier turns the prompt leaves out or the family refuses.
    """
    if not rows or HISTORY not in rows[0]:
        return [render.prompt(row) for row in rows], []
    entry, _ = prompt_parts.entry_of(prompt, family)
    stops = {family.stop, *entry.get("stops", family.stops)}
    trim = family.content if render.roles else str
    prompts, places = [], []
    for row in rows:
        where = f"{render.where}, row '{row['id']}' of {split}"
        dialogues.check_shown(row, render.reads, where)
        if render.roles:
            dialogues.check_family(row, family, where)
        text, spoken = dialogues.unmarked(render.prompt(dialogues.marked(row, where, trim)), sorted(stops))
        prompts.append(text)
        places.append(spoken)
    return prompts, places if split == TRAIN else []


def _usable(pool: Sequence[Row], render: Renderer, pattern: re.Pattern[str]) -> list[dict[str, str]]:
    """Return the rows of train that other rows' prompts may show: those whose answers hold no control token."""
    return [
        dialogues.mapped(
            {name: text for name, text in row.items() if name != GOLDS}, lambda text: neutralised(text, pattern)
        )
        for row in pool
        if not _control_in(row, render, pattern)
    ]


def _pointed(row: Row, prompt: Json, render: Renderer) -> Json:
    """Return the place of the text that is pointed at, and the answer that is, where a variant says `points`."""
    if additions.POINTS not in prompt["content"]:
        return {}
    column = prompt["content"][additions.POINTS]
    place = pointed.place_of(row, column, render.prompt, render.where)
    return {pointed.COLUMN: place, pointed.GOLD: (row.get(render.learned.gold) or "").strip()}


def _looked_up(row: Row, prompt: Json, render: Renderer) -> dict[str, list[str]]:
    """Return the column of the texts in which answers in segments are looked up, where a variant writes segments."""
    if segments.KEY not in prompt["content"]:
        return {}
    return {segments.COLUMN: additions.written(row, sorted(render.reads))}


def _beyond(
    rendered: Sequence[Json],
    rows: Sequence[Row],
    render: Renderer,
    prompt: Json,
    family: Family,
    tokenizer: tokenizers.Tokenizer,
    limits: Limits,
) -> int:
    """Return how many rows that are asked have a gold answer that needs more new tokens than an answer may have."""
    kept = [(row, made) for row, made in zip(rows, rendered, strict=True) if made["excluded"] is None]
    completions = [(made["completion"], made["completion_tokens"]) for _, made in kept]
    reasoning = render.learned.reasoning
    alone = [render.completion({**row, reasoning: ""}) if render.parts(row) > 1 else None for row, _ in kept]

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return rows_beyond(limits, prompt_parts.entry_of(prompt, family)[0], family, completions, alone, count)


def counted(rendered: Sequence[Json], neutral: int, beyond: int | None = None) -> Json:
    """Return what prompts.json says about one split; lengths are those of the rows that are kept."""
    kept = [row for row in rendered if row["excluded"] is None]
    reasons = Counter(row["excluded"].partition(":")[0] for row in rendered if row["excluded"])
    windowed = sum(bool(row.get(windows.KEY)) for row in kept)
    return {
        "rows": len(rendered),
        "excluded": len(rendered) - len(kept),
        "reasons": dict(reasons),
        "neutralised": neutral,
        **({} if beyond is None else {"beyond_limit": beyond}),
        **({"in_windows": windowed} if windowed else {}),
        "prompt_tokens": summarised([row["prompt_tokens"] for row in kept]),
        "completion_tokens": summarised([row["completion_tokens"] for row in kept if row["completion"]]),
    }
