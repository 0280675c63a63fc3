"""Wording: the text of a prompt variant and of a family, and what ends and cuts an answer.

Reads config/prompts/ and config/families.yaml, each once; writes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kotune.core.catalogue import check, entry, named, read_yaml
from kotune.core.names import OWN, ROOT
from kotune.core.storage import Json
from kotune.prompts.additions import KEYS
from kotune.prompts.families import family_from
from kotune.prompts.parts import parts_of
from kotune.prompts.thinking import KEY, family_for, marks_of, plain, thinks
from kotune.study.study import Study

BETWEEN = 32  # tokens kept free for the turn's marks between an answer and its reasoning


@lru_cache
def _prompts(name: str, root: Path) -> Json:
    """Return a prompt file, read and checked once: every treatment of a study asks for its prompt."""
    return named("prompts", name, "prompt", root)


def prompt_content(prompt: str, root: Path = ROOT) -> Json:
    """Return the content of a prompt variant, named ``prompt.variant`` (config/prompts/); thinking changes none."""
    name, _, variant = plain(prompt).partition(".")
    return entry(_prompts(name, root)["variants"], variant, "variant", f"config/prompts/{name}.yaml")


def prompt_parts(prompt: str, family: str, root: Path = ROOT) -> Json:
    """Return what a variant says to a family of the text; `cut_at` is no part of it, so that a mark renders nothing."""
    written = prompt_content(prompt, root)["families"].get(family, {})
    return {key: value for key, value in written.items() if key != "cut_at"}


def prompt_additions(prompt: str, root: Path = ROOT) -> Json:
    """Return what a variant adds to its texts (`prompts.additions`), by its keys; nothing where it adds nothing."""
    content = prompt_content(prompt, root)
    return {key: content[key] for key in KEYS if key in content}


@lru_cache
def _families(root: Path) -> Json:
    """Return config/families.yaml, read and checked once: every model and rule asks for its family."""
    families = read_yaml(root / "config" / "families.yaml")
    check(families, "families", "config/families.yaml")
    return families


def family_content(family: str, root: Path = ROOT) -> Json:
    """Return one family's data (config/families.yaml)."""
    return entry(_families(root), family, "family", "config/models.yaml")


def family_asked(family: str, prompt: str, root: Path = ROOT) -> Json:
    """Return one family's data as a prompt is rendered with it: thinking on or off."""
    return family_for(family_content(family, root), prompt)


def generation_at(study: Study, evaluation: str = OWN) -> Json:
    """Return how answers to an evaluation are generated, where they have no thoughts before them."""
    found = study.evaluations[evaluation].generation
    return {key: value for key, value in found.items() if key != "thinking_tokens"}


def thought_tokens(study: Study, prompt: str, evaluation: str = OWN) -> int:
    """Return how many new tokens a prompt leaves for thoughts before an answer: none, unless its name says so."""
    return study.evaluations[evaluation].generation["thinking_tokens"] if thinks(prompt) else 0


def new_tokens(study: Study, evaluation: str = OWN) -> int:
    """Return how many tokens an answer may take of the window: its parts, and some for what stands between them."""
    generation = generation_at(study, evaluation)
    more = generation.get("reasoning_tokens")
    return generation["max_new_tokens"] + (more + BETWEEN if more else 0)


def ending_of(study: Study, prompt: str, family: str, evaluation: str = OWN) -> Json:
    """Return what ends an answer (the variant's stops, or the family's), what cuts one, and of what parts it is.

    Where thinking is on, also the marks of thoughts, and the new tokens of thoughts and answer together.
    """
    content = prompt_content(prompt, study.root)["families"].get(family, {})
    stop = content.get("stops", family_content(family, study.root)["stops"])
    cleanup = {"cleanup": {"cut_at": content["cut_at"]}} if "cut_at" in content else {}
    name, _, variant = prompt.partition(".")
    own = {"name": name, "variant": variant, "content": {"families": {family: content}}}
    reasoning = study.evaluations[evaluation].reasoning
    parts = parts_of(own, family_from(family, family_content(family, study.root)), reasoning)
    ending = {"stop": stop, **cleanup, **({"parts": parts} if parts else {})}
    if thinks(prompt):
        together = generation_at(study, evaluation)["max_new_tokens"] + thought_tokens(study, prompt, evaluation)
        ending |= {KEY: marks_of(family_content(family, study.root)), "max_new_tokens": together}
    return ending
