"""A family's chat format as templates: Jinja, for transformers, vLLM and llama.cpp, and Go's, for Ollama.

Takes a family; reads and writes nothing. Texts stand in string literals, so that no program's rule on white space
between tags changes one. Ollama's template leaves out the beginning-of-text token, which the GGUF file has added.
"""

from __future__ import annotations

import json

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.prompts.families import ASSISTANT, SYSTEM, USER, Family

REFUSES = "{{ raise_exception('%s') }}"


def _jinja(text: str) -> str:
    """Return a text as the tag that writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return "{{ '" + escaped + "' }}" if text else ""


def _turn(family: Family, role: str, content: str) -> str:
    """Return what writes one turn; ``content``: the tag that writes its content."""
    return _jinja(family.turns[role].header) + content + _jinja(family.turns[role].trailer)


def jinja_template(family: Family) -> str:
    """Return the family's chat format as a Jinja template of ``messages`` and ``add_generation_prompt``."""
    trim = " | trim" if family.trim else ""
    system = "messages[0]['content']"
    given = "{% if messages[0]['role'] == 'system' %}"
    rest = "{% set rest = messages[1:] %}"
    first = "{% set first = '' %}"
    none = "{% else %}{% set rest = messages %}" + first
    if family.system == "refused":
        head = given + REFUSES % "there is no system turn; put its text into the first user turn" + "{% endif %}"
        head += "{% set rest = messages %}" + first
    elif family.system == "folded":
        head = f"{given}{rest}{{% set first = {system} + '\\n\\n' %}}{none}{{% endif %}}"
    else:
        default = family.default_system
        written = "" if default is None else _turn(family, SYSTEM, _jinja(family.content(default)))
        head = f"{given}{rest}{first}{_turn(family, SYSTEM, f'{{{{ {system}{trim} }}}}')}{none}{written}{{% endif %}}"
    bos = "{{ bos_token }}" if family.bos else ""
    alternate = ""
    if family.alternates:
        wrong = REFUSES % "user and assistant must take turns, beginning with the user"
        alternate = "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}" + wrong + "{% endif %}"
    said = f"message['content']{trim}"
    user = _turn(family, USER, f"{{{{ (first if loop.first else '') + ({said}) }}}}")
    answer = _turn(family, ASSISTANT, f"{{{{ {said} }}}}")
    unknown = REFUSES % "a role other than system, user and assistant"
    return (
        f"{bos}{head}{{% for message in rest %}}{alternate}{{% if message['role'] == 'user' %}}{user}"
        f"{{% elif message['role'] == 'assistant' %}}{answer}{{% else %}}{unknown}{{% endif %}}{{% endfor %}}"
        f"{{% if add_generation_prompt %}}{_jinja(family.opening)}{{% endif %}}"
    )


def rendered(template: str, messages: list[Json], bos: str | None) -> str:
    """Return what a Jinja template makes of messages, up to where the assistant starts to write."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise UserError(f"the chat template refuses the dialogue: {message}")

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)  # as transformers sets it up
    environment.globals["raise_exception"] = refuse
    try:
        return environment.from_string(template).render(messages=messages, add_generation_prompt=True, bos_token=bos)
    except TemplateError as error:
        raise UserError(f"the chat template cannot be rendered: {error}") from error


def _go(text: str) -> str:
    """Return a text as the tag of Go's text/template that writes it."""
    return "{{ " + json.dumps(text, ensure_ascii=False) + " }}" if text else ""


def ollama_template(family: Family) -> str:
    """Return the family's chat format as Ollama's template of ``.Messages``, without the beginning-of-text token.

    Go's templates cannot trim, so white space around a turn's content stays.
    """

    def turn(role: str, content: str = "{{ .Content }}") -> str:
        return _go(family.turns[role].header) + content + _go(family.turns[role].trailer)

    begin, system = "", ""
    user = turn(USER)
    if family.system == "folded":
        begin = '{{ $system := "" }}'
        system = "{{ $system = .Content }}"
        fold = '{{ if $system }}{{ $system }}{{ "\\n\\n" }}{{ $system = "" }}{{ end }}'
        user = turn(USER, fold + "{{ .Content }}")
    elif family.system == "accepted":
        system = turn(SYSTEM)
        if family.default_system is not None:
            seen = '{{ range .Messages }}{{ if eq .Role "system" }}{{ $system = "given" }}{{ end }}{{ end }}'
            default = turn(SYSTEM, _go(family.content(family.default_system)))
            begin = '{{ $system := "" }}' + seen + "{{ if not $system }}" + default + "{{ end }}"
    return (
        f'{begin}{{{{ range .Messages }}}}{{{{ if eq .Role "system" }}}}{system}{{{{ else if eq .Role "user" }}}}{user}'
        f'{{{{ else if eq .Role "assistant" }}}}{turn(ASSISTANT)}{{{{ end }}}}{{{{ end }}}}{_go(family.opening)}'
    )
