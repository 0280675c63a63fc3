"""Prompts: a row becomes the text that a model reads and the text that it is to write, for training and for inference.

Takes a prompt variant (config/prompts/), a family, rows and a tokenizer.json; returns texts with their token counts.
The texts hold their control tokens, and nothing is added to them when they are tokenised. A completion's tokens are
those that it has behind its prompt (see `behind`). A row's own text is data: never a template, and never a control
token (see `neutralised`).
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kotune import prompt_parts
from kotune.core.errors import UserError, nearest
from kotune.core.names import REASONING, TRAIN
from kotune.core.storage import Json, explained
from kotune.families import Family
from kotune.prompt_parts import ANSWER

if TYPE_CHECKING:
    import tokenizers

TRAINING, INFERENCE = "training", "inference"
WORD_JOINER = "\u2060"
BATCH = 1000

Row = Mapping[str, str]


@dataclass(frozen=True)
class Renderer:
    """One prompt variant for one family and purpose: ``prompt(row)`` and ``completion(row)`` give texts.

    ``roles``: of the turns; None where the variant writes out its control tokens instead of leaving them to the family.
    ``reasons``: whether a row's completion holds its reasoning, where it has one. ``plain``: what a completion is made
    of besides the row's text, for that many parts.
    """

    where: str
    prompt: Callable[[Row], str]
    completion: Callable[[Row], str]
    roles: tuple[str, ...] | None
    reasons: bool = False
    plain: Callable[[int], str] | None = None

    def parts(self, row: Mapping[str, str | None]) -> int:
        """Return how many parts a row's completion has."""
        return 2 if self.reasons and (row.get(REASONING) or "").strip() else 1


def control_pattern(tokens: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of a tokenizer's control tokens in a text, the longest first."""
    return re.compile("|".join(re.escape(token) for token in sorted(tokens, key=lambda token: (-len(token), token))))


def neutralised(text: str, pattern: re.Pattern[str]) -> str:
    """Return ``text`` with a word joiner (U+2060, invisible) behind the first character of each control token in it.

    So "<end_of_turn>" within an article is read as the characters that it is made of, and cannot end a turn.
    """
    return pattern.sub(lambda match: match[0][0] + WORD_JOINER + match[0][1:], text)


def _compiled(source: str, where: str, columns: Sequence[str]) -> Callable[[Row], str]:
    """Return a template as a function of a row; a variable that is no column is a UserError naming ``where``."""
    import jinja2
    import jinja2.meta
    import jinja2.sandbox

    if not isinstance(source, str):
        raise UserError(f"{where}: must be text, it is {source!r}")
    environment = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    try:
        unknown = sorted(jinja2.meta.find_undeclared_variables(environment.parse(source)) - set(columns))
        template = environment.from_string(source)
    except jinja2.TemplateSyntaxError as error:
        raise UserError(f"{where}, line {error.lineno}: not a Jinja template ({error.message})") from error
    if unknown and unknown[0] in prompt_parts.COLUMNS:
        away = f"'{{{{ {unknown[0]} }}}}' in a prompt would give the answer away"
        raise UserError(f"{where}: {away}; it belongs to completion")
    if unknown:
        raise UserError(f"{where}: unknown variable '{unknown[0]}'{nearest(unknown[0], columns)}")

    def render(row: Row) -> str:
        try:
            return template.render(row)
        except (jinja2.UndefinedError, jinja2.sandbox.SecurityError, TypeError) as error:
            raise UserError(f"{where}: the template cannot be filled ({error})") from error

    return render


def _writer(entry: Json, where: str, family: Family) -> Callable[[Row], str]:
    """Return what gives a row's completion, in the parts of a family's entry; a row without reasoning has one."""
    prompt_parts.check(entry, where, family)
    written = [
        _compiled(part["content"], f"{where}.parts[{place}].content", prompt_parts.COLUMNS)
        for place, part in enumerate(entry["parts"])
    ]

    def completion(row: Row) -> str:
        own = written if row.get(REASONING, "").strip() else written[:1]
        return prompt_parts.completion(entry, family, [render(row) for render in own])

    return completion


def renderer(prompt: Json, family: Family, columns: Sequence[str], purpose: str) -> Renderer:
    """Return the renderer of a prompt variant.

    ``prompt``: {"name", "variant", "content"}; ``columns``: what the rows hold; ``purpose``: training or inference,
    which differ only where a variant writes out both.
    """
    entry, where = prompt_parts.entry_of(prompt, family)
    known = [column for column in columns if column not in prompt_parts.COLUMNS]
    if "turns" in entry:
        turns = [
            (turn["role"], _compiled(turn["content"], f"{where}.turns[{place}].content", known))
            for place, turn in enumerate(entry["turns"])
        ]
        try:
            family.check_roles([role for role, _ in turns])
        except UserError as error:
            raise UserError(f"{where}.turns: {error}") from error
        return Renderer(
            where=where,
            prompt=lambda row: family.prompt([(role, render(row)) for role, render in turns]),
            completion=_writer(entry, where, family)
            if "parts" in entry
            else lambda row: family.completion(row[ANSWER]),
            roles=tuple(role for role, _ in turns),
            reasons=len(entry.get("parts", ())) > 1,
            plain=lambda parts: prompt_parts.completion(entry, family, [""] * parts),
        )
    for key in (TRAINING, INFERENCE):
        if "prompt" not in entry.get(key, {}):
            raise UserError(f"{where}: needs either turns, or the texts training.prompt and inference.prompt")
    completion = _compiled(entry[TRAINING].get("completion"), f"{where}.training.completion", [ANSWER])
    return Renderer(
        where=where,
        prompt=_compiled(entry[purpose]["prompt"], f"{where}.{purpose}.prompt", known),
        completion=completion,
        roles=None,
    )


def read_tokenizer(folder: str | Path) -> tokenizers.Tokenizer:
    """Return the tokenizer of a model folder, whatever its family; UserError where it is missing or broken."""
    from tokenizers import Tokenizer

    path = Path(folder) / "tokenizer.json"
    if not Path(folder).is_dir():
        raise UserError(f"{folder}: no such model folder; check the model's path or fetch it first")
    with explained(path, "read the tokenizer"):
        text = path.read_text(encoding="utf-8")
    try:
        tokenizer = Tokenizer.from_str(text)
    except Exception as error:  # the library raises nothing narrower
        raise UserError(f"{path}: not a whole tokenizer ({error}); fetch or make the model folder again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_tokenizer(folder: str | Path, family: Family) -> tokenizers.Tokenizer:
    """Return the tokenizer of a model folder; UserError where it is missing, broken, or lacks a token of the family."""
    tokenizer = read_tokenizer(folder)
    for token in family.required_tokens:
        if tokenizer.encode(token, add_special_tokens=False).ids != [tokenizer.token_to_id(token)]:
            path = Path(folder) / "tokenizer.json"
            raise UserError(f"{path}: '{token}' is not one token of it, as the family '{family.name}' needs")
    return tokenizer


def control_tokens(tokenizer: tokenizers.Tokenizer, family: Family) -> dict[str, int]:
    """Return each control token and its id: the tokenizer's special tokens, and the family's in any case."""
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special]
    return {token: tokenizer.token_to_id(token) for token in sorted({*special, *family.required_tokens})}


def _control_ids(tokenizer: tokenizers.Tokenizer, control: Mapping[str, int]) -> set[int]:
    """Return the ids that a row's text must never bring; a character unknown to the tokenizer brings none of them."""
    unknown = getattr(tokenizer.model, "unk_token", None)
    return {number for token, number in control.items() if token != unknown}


def _encoded(tokenizer: tokenizers.Tokenizer, texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the token ids of each text, with nothing added; in batches, so that memory stays small."""
    for start in range(0, len(texts), BATCH):
        for encoding in tokenizer.encode_batch_fast(list(texts[start : start + BATCH]), add_special_tokens=False):
            yield encoding.ids


def behind(prompt: list[int], whole: list[int], apart: list[int]) -> list[int]:
    """Return a completion's tokens behind its prompt. ``whole``: those of both texts as one; ``apart``: its own.

    A tokenizer that opens every text with a space (Llama 2 and what was made from it) would put one before the answer
    if the completion was a text of its own. Where the two texts melt into one token, its own tokens are taken, so that
    what is asked at answering stays the beginning of what was learned.
    """
    return whole[len(prompt) :] if whole[: len(prompt)] == prompt and len(whole) > len(prompt) else apart


def _expected(
    render: Renderer, family: Family, columns: Sequence[str], tokenizer: tokenizers.Tokenizer, control: dict[str, int]
) -> tuple[list[int], dict[int, list[int]]]:
    """Return the control tokens that every prompt, and every completion of one or two parts, must hold, in order.

    Where the family's turns are used, they hold exactly one beginning-of-text token, if the family has one, and the
    completion ends with the one stop token; a template that brings control tokens of its own is a UserError. Between
    two turns of the assistant stands what the family puts there.
    """
    ids = _control_ids(tokenizer, control)

    def controls(text: str) -> list[int]:
        return [token for token in tokenizer.encode(text, add_special_tokens=False).ids if token in ids]

    row = dict.fromkeys([*columns, *prompt_parts.COLUMNS], "\uac00")
    prompt, alone = controls(render.prompt(row)), {**row, REASONING: ""}
    completions = {render.parts(one): controls(render.completion(one)) for one in (alone, row)}
    if render.roles is None:
        return prompt, completions
    if prompt != controls(family.prompt([(role, "") for role in render.roles])):
        raise UserError(f"{render.where}: a turn holds control tokens of the model; leave them to the family")
    bos = control.get(family.bos or "")
    if prompt.count(bos) != (bos is not None) or (bos is not None and prompt[0] != bos):
        raise UserError(f"config/families.yaml, family '{family.name}': a prompt must begin with one {family.bos}")
    if render.plain is not None and any(found != controls(render.plain(of)) for of, found in completions.items()):
        raise UserError(f"{render.where}: a part holds control tokens of the model; leave them to the family")
    if controls(family.completion("")) != [control[family.stop]]:
        raise UserError(f"config/families.yaml, family '{family.name}': a completion must hold one {family.stop}")
    return prompt, completions


def summarised(counts: Sequence[int]) -> Json | None:
    """Return mean, median, 95th percentile (nearest rank) and maximum of token counts; None of nothing."""
    if not counts:
        return None
    ordered = sorted(counts)
    return {
        "mean": round(statistics.fmean(ordered), 3),
        "median": statistics.median(ordered),
        "p95": ordered[math.ceil(0.95 * len(ordered)) - 1],
        "max": ordered[-1],
    }


def _control_in(row: Mapping[str, str | None], render: Renderer, pattern: re.Pattern[str]) -> str:
    """Return in which of a row's parts a control token is written, and which; empty where none is."""
    parts = (("answer", ANSWER), ("reasoning", REASONING))[: render.parts(row)]
    found = ((name, pattern.search(row.get(column) or "")) for name, column in parts)
    return next((f"{name}: {match[0]}" for name, match in found if match), "")


def _excluded(
    row: Mapping[str, str | None], split: str, target: str, length: int, room: int, control: str
) -> str | None:
    """Return why a row cannot be used, or None. ``target``: its completion, if anything of the answer is left in it."""
    if split == TRAIN and row.get(ANSWER) is None:
        return "no answer: there is nothing to learn"
    if row.get(ANSWER) is not None and not target:
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
) -> tuple[list[Json], Json]:
    """Return one split's rendered rows (id, prompt, completion, prompt_tokens, completion_tokens, excluded) and counts.

    ``room``: tokens that a row may take; train rows with their completion, others without it. A row without an answer
    has an empty completion of 0 tokens. Control tokens written in a row's text are neutralised; in an answer or a
    reasoning that is to be learned they exclude the row, because what would be learned is not what was written.
    """
    columns = list(rows[0]) if rows else []
    render = renderer(prompt, family, columns, TRAINING if split == TRAIN else INFERENCE)
    control = control_tokens(tokenizer, family)
    pattern, ids = control_pattern(control), _control_ids(tokenizer, control)
    wanted_prompt, wanted_completions = _expected(render, family, columns, tokenizer, control)
    safe = [{name: neutralised(text or "", pattern) for name, text in row.items()} for row in rows]
    prompts = [render.prompt(row) for row in safe]
    completions = [
        "" if row.get(ANSWER) is None else render.completion(clean) for row, clean in zip(rows, safe, strict=True)
    ]
    rendered = []
    wholes = [text + completion for text, completion in zip(prompts, completions, strict=True)]
    encoded = zip(*(_encoded(tokenizer, texts) for texts in (prompts, wholes, completions)), strict=True)
    for row, clean, text, completion, (read, whole, apart) in zip(
        rows, safe, prompts, completions, encoded, strict=True
    ):
        written = behind(read, whole, apart)
        found = [token for token in read if token in ids], [token for token in written if token in ids]
        if found != (wanted_prompt, wanted_completions[render.parts(row)] if completion else []):
            raise UserError(f"{render.where}, row '{row['id']}' of {split}: its text turns into control tokens")
        length = len(read) + (len(written) if split == TRAIN else 0)
        target = "" if completion == render.completion({**clean, ANSWER: ""}) else completion
        rendered.append(
            {
                "id": row["id"],
                "prompt": text,
                "completion": completion,
                "prompt_tokens": len(read),
                "completion_tokens": len(written),
                "excluded": _excluded(row, split, target, length, room, _control_in(row, render, pattern)),
            }
        )
    joined = ("\n".join(filter(None, row.values())) for row in rows)
    return rendered, _counted(rendered, sum(bool(pattern.search(text)) for text in joined))


def _counted(rendered: Sequence[Json], neutral: int) -> Json:
    """Return what prompts.json says about one split; lengths are those of the rows that are kept."""
    kept = [row for row in rendered if row["excluded"] is None]
    reasons = Counter(row["excluded"].partition(":")[0] for row in rendered if row["excluded"])
    return {
        "rows": len(rendered),
        "excluded": len(rendered) - len(kept),
        "reasons": dict(reasons),
        "neutralised": neutral,
        "prompt_tokens": summarised([row["prompt_tokens"] for row in kept]),
        "completion_tokens": summarised([row["completion_tokens"] for row in kept if row["completion"]]),
    }
