"""Thinking aloud: how a prompt that switches it on is called, and what a family's data say of it.

Reads and writes nothing. A family that can be switched writes its answers without thoughts, unless a prompt's name ends
with the mark below: then the answer opens as the family's `thinking` says, and the model thinks before it answers.
"""

from __future__ import annotations

from kotune.core.errors import UserError
from kotune.core.storage import Json

SWITCHED_ON = "+thinking"  # ends the name of a prompt that is asked with thinking on, also in paths
KEY = "thinking"  # of a family, an arm, an answer's generation


def thinks(prompt: str) -> bool:
    """Return whether a prompt's name says that thinking is on."""
    return prompt.endswith(SWITCHED_ON)


def plain(prompt: str) -> str:
    """Return the name of a prompt as config/prompts/ has it."""
    return prompt.removesuffix(SWITCHED_ON)


def switched_on(prompt: str) -> str:
    """Return the name of a prompt that is asked with thinking on."""
    return plain(prompt) + SWITCHED_ON


def family_for(family: Json, prompt: str) -> Json:
    """Return a family's data as a prompt needs it: with the opening of an answer that thinks, where it is on."""
    data = {key: value for key, value in family.items() if key != KEY}
    return {**data, "answer_header": family[KEY]["opening"]} if thinks(prompt) else data


def marks_of(family: Json) -> Json:
    """Return the marks of thoughts, and whether the prompt has opened them: {"begins", "ends", "opened"}."""
    given = family[KEY]
    return {"begins": given["begins"], "ends": given["ends"], "opened": given["begins"] in given["opening"]}


def check_switch(where: str, model: str, family: str, data: Json, entry: Json) -> None:
    """Raise UserError for a family without the switch or its tokens, and for a variant that cannot be asked so.

    ``data``: the family's; ``entry``: what the prompt variant says to it; ``where``: the arm's key.
    """
    if KEY not in data:
        raise UserError(
            f"{where}: the family '{family}' of '{model}' has no switch for thinking (config/families.yaml); "
            "take `thinking` away"
        )
    for mark in (data[KEY]["begins"], data[KEY]["ends"]):
        if mark not in data["required_tokens"]:
            raise UserError(
                f"config/families.yaml, family '{family}': required_tokens lacks '{mark}', by which thoughts are "
                "cut off; add it"
            )
    if "turns" not in entry or "parts" in entry:
        raise UserError(
            f"{where}: thoughts are cut off an answer that is one text behind the family's own turns, and the prompt "
            f"writes '{family}' otherwise; name a variant with turns and without parts"
        )
