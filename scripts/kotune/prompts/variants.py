"""Variants: a prompt variant of config/prompts/ becomes what writes a row's prompt and its completion.

Takes a variant's settings and a family; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json
from kotune.prompts import dialogues
from kotune.prompts import parts as prompt_parts
from kotune.prompts.dialogues import HISTORY
from kotune.prompts.families import Family
from kotune.prompts.parts import Learned

TRAINING, INFERENCE = "training", "inference"

Row = Mapping[str, "str | list[Json]"]  # texts, and the turns before the question (`prompts.dialogues`)


@dataclass(frozen=True)
class Renderer:
    """One prompt variant for one family and purpose: ``prompt(row)`` and ``completion(row)`` give texts.

    ``roles``: of a row's turns; None where the variant writes out its control tokens instead of leaving them to the
    family. ``reads``: the columns that its prompt shows.
    ``learned``: the columns that completions are made of. ``reasons``: whether a row's completion holds its reasoning,
    where it has one. ``plain``: what a completion is made of besides the row's text, for that many parts.
    """

    where: str
    prompt: Callable[[Row], str]
    completion: Callable[[Row], str]
    roles: Callable[[Row], list[str]] | None
    learned: Learned
    reads: frozenset[str] = frozenset()
    reasons: bool = False
    plain: Callable[[int], str] | None = None

    def parts(self, row: Mapping[str, str | None]) -> int:
        """Return how many parts a row's completion has."""
        return 2 if self.reasons and self.learned.reasons(row) else 1


def compiled(source: str, where: str, columns: Sequence[str], hidden: Sequence[str] = ()) -> Callable[[Row], str]:
    """Return a template as a function of a row; a variable that is no column is a UserError naming ``where``.

    ``hidden``: the columns that are learned, which a prompt must not show.
    """
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
    if unknown and unknown[0] in hidden:
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


def _writer(entry: Json, where: str, family: Family, learned: Learned) -> Callable[[Row], str]:
    """Return what gives a row's completion, in the parts of a family's entry; a row without reasoning has one."""
    prompt_parts.check(entry, where, family)
    written = [
        compiled(part["content"], f"{where}.parts[{place}].content", learned.columns)
        for place, part in enumerate(entry["parts"])
    ]

    def completion(row: Row) -> str:
        own = written if learned.reasons(row) else written[:1]
        return prompt_parts.completion(entry, family, [render(row) for render in own])

    return completion


def _read_by(source: str) -> frozenset[str]:
    """Return the columns that a template reads, which is known to be one."""
    import jinja2
    import jinja2.meta

    return frozenset(jinja2.meta.find_undeclared_variables(jinja2.Environment(autoescape=False).parse(source)))


def _turns(
    entries: Sequence[Json], where: str, known: Sequence[str], learned: Learned
) -> tuple[list[tuple[str, Callable[[Row], str] | None]], frozenset[str]]:
    """Return a variant's turns as (role, what gives the content), and the columns that they read.

    None gives what the turn `history` stands for: all that was said before the row's question.
    """
    turns: list[tuple[str, Callable[[Row], str] | None]] = []
    reads: frozenset[str] = frozenset()
    for place, turn in enumerate(entries):
        if turn["role"] != HISTORY:
            content = turn["content"]
            turns.append((turn["role"], compiled(content, f"{where}[{place}].content", known, learned.columns)))
            reads |= _read_by(content)
            continue
        if HISTORY not in known:
            raise UserError(f"{where}[{place}]: the rows have no earlier turns; `role: {HISTORY}` is for the task chat")
        turns.append((HISTORY, None))
        reads |= {HISTORY, "system"}
    return turns, reads


def renderer(prompt: Json, family: Family, columns: Sequence[str], purpose: str) -> Renderer:
    """Return the renderer of a prompt variant.

    ``prompt``: {"name", "variant", "content", "learned": {"gold", "reasoning"}}; ``columns``: what the rows hold;
    ``purpose``: training or inference, which differ only where a variant writes out both.
    """
    entry, where = prompt_parts.entry_of(prompt, family)
    learned = prompt_parts.learned_of(prompt)
    known = [column for column in columns if column not in learned.columns]
    if "turns" in entry:
        turns, reads = _turns(entry["turns"], f"{where}.turns", known, learned)
        try:
            family.check_roles([role for role, _ in turns if role != HISTORY])
        except UserError as error:
            raise UserError(f"{where}.turns: {error}") from error

        def said(row: Row) -> list[tuple[str, str]]:
            found = [dialogues.earlier(row) if render is None else [(role, render(row))] for role, render in turns]
            return [turn for part in found for turn in part]

        return Renderer(
            where=where,
            prompt=lambda row: family.prompt(said(row)),
            completion=_writer(entry, where, family, learned)
            if "parts" in entry
            else lambda row: family.completion(row[learned.gold]),
            roles=lambda row: [role for role, _ in said(row)],
            learned=learned,
            reads=reads,
            reasons=len(entry.get("parts", ())) > 1,
            plain=lambda parts: prompt_parts.completion(entry, family, [""] * parts),
        )
    for key in (TRAINING, INFERENCE):
        if "prompt" not in entry.get(key, {}):
            raise UserError(f"{where}: needs either turns, or the texts training.prompt and inference.prompt")
    completion = compiled(entry[TRAINING].get("completion"), f"{where}.training.completion", [learned.gold])
    return Renderer(
        where=where,
        prompt=compiled(entry[purpose]["prompt"], f"{where}.{purpose}.prompt", known, learned.columns),
        completion=completion,
        roles=None,
        learned=learned,
        reads=_read_by(entry[purpose]["prompt"]),
    )
