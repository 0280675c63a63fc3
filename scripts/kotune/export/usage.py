"""How an exported model is run: Ollama's Modelfile, vLLM's line, and the page that lies beside it.

Takes what was found; reads and writes nothing.
"""

from __future__ import annotations

import json

from kotune.core.storage import Json
from kotune.export.templates import ollama_template
from kotune.prompts.families import Family
from kotune.study.exports import ADAPTER, FORMS, GGUF, MERGED

ROOM = 8192  # tokens that Ollama is told to keep room for, unless prompts need more or the window is smaller

HALF = "bfloat16"  # what a merged model is written in, unless its scale names another type of 16 bits


def half(dtype: str | None) -> str:
    """Return the type of 16 bits that a merged model is written in, whose scale names ``dtype``."""
    return dtype if dtype in ("bfloat16", "float16") else HALF


def window_for(longest: int, new_tokens: int, window: int) -> int:
    """Return the context that a program is told to keep: what the longest prompt and its answer need, or 8,192."""
    return min(window, max(ROOM, longest + new_tokens))


def modelfile(file: str, family: Family, stop: list[str], context: int, new_tokens: int, title: str) -> str:
    """Return Ollama's Modelfile: the template, each stop, the room, and greedy answers without a penalty."""
    template = ollama_template(family)
    return "\n".join(
        [
            f"# {title}: ollama create NAME -f Modelfile",
            "# The file adds the beginning-of-text token, so the template has none.",
            f"FROM ./{file}",
            f'TEMPLATE """{template}"""',
            f"PARAMETER num_ctx {context}",
            f"PARAMETER num_predict {new_tokens}",
            *(f"PARAMETER stop {json.dumps(token, ensure_ascii=False)}" for token in stop),
            "PARAMETER temperature 0",
            "PARAMETER repeat_penalty 1",
            "",
        ]
    )


def vllm_line(form: str, dtype: str, context: int, base: str, rank: int | None) -> str:
    """Return the command that serves an export by vLLM, run in its folder; ``rank``: an adapter's."""
    common = f"--dtype {dtype} --max-model-len {context} --generation-config ."
    if form == ADAPTER:
        lora = f"--enable-lora --lora-modules tuned=. --max-lora-rank {rank}"
        return f"vllm serve {base} --tokenizer . --chat-template chat_template.jinja {lora} {common}"
    return f"vllm serve . {common}"


def percent(share: float) -> str:
    """Return a share in print."""
    return f"{100 * share:.1f} %"


def verdict(found: Json) -> str:
    """Return one sentence on whether an export answers like its arm."""
    score, limit = found["score"], found["limit"]
    interval = "" if score["low"] is None else f" [{100 * score['low']:+.1f}, {100 * score['high']:+.1f}]"
    told = "not asked again, it is the arm's own file: " if not found["asked_again"] else ""
    told += (
        f"{percent(found['agreement'])} of {found['rows']} answers to {found['split']} are the arm's; "
        f"{score['metric']} {100 * score['before']:.1f} before, {100 * score['after']:.1f} after "
        f"({100 * score['difference']:+.1f}{interval}); "
        f"at the limit of new tokens {percent(limit['before'])} before, {percent(limit['after'])} after"
    )
    return told + (". **It loses more than its noise: take another file.**" if found["loses"] else "")


def transformers_lines(dtype: str) -> list[str]:
    """Return the lines of Python that load a merged model, run in its folder."""
    return [
        "from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast",
        f'model = AutoModelForCausalLM.from_pretrained(".", dtype={dtype!r})',
        'tokenizer = PreTrainedTokenizerFast.from_pretrained(".")',
    ]


def page(form: str, report: Json, dtype: str) -> str:
    """Return the README of an exported folder."""
    base, revision = report["base"]
    lines = [f"# {report['title']}", "", f"- What it is: {FORMS[form]}.", f"- Base: `{base}`, revision `{revision}`."]
    lines += [f"- Does it answer like the arm? {verdict(report['answers'])}."]
    lines += [f"- Answers end at {', '.join(f'`{token}`' for token in report['checks']['stops'])}."]
    lines += [f"- Tuned on the prompt variant `{report['prompt']}`; ask as it asks.", ""]
    if form in GGUF:
        lines += ["```sh", "ollama create my-model -f Modelfile", "ollama run my-model", "```"]
    elif report["vllm"]:
        lines += ["```sh", report["vllm"], "```"]
    else:
        lines += ["vLLM would put it on a base of 16 bits, and it was tuned on another precision: serve `merged`."]
    if form == MERGED:
        lines += ["", "```python", *transformers_lines(dtype), "```"]
    if form == ADAPTER:
        lines += ["", "How plain peft loads it: `ADAPTER.md`."]
    return "\n".join(lines) + "\n"


def score_cells(answers: Json) -> list[str]:
    """Return a form's score before and after, and the interval of their difference, in hundredths."""
    score = answers["score"]
    interval = "–" if score["low"] is None else f"{100 * score['low']:+.1f} to {100 * score['high']:+.1f}"
    return [f"{100 * score['before']:.1f}", f"{100 * score['after']:.1f}", interval]


def listed(reports: dict[str, Json]) -> tuple[str | None, str]:
    """Return the form that is offered, and the page that lists all: the first that loses no more than its noise.

    ``reports``: of each form, the one that is offered first before the others.
    """
    offered = next((form for form, report in reports.items() if not report["answers"]["loses"]), None)
    lines = [
        "| form | agreement | score before | after | 95 % interval of the difference | at the limit before | after | |"
    ]
    lines += ["| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for form, report in reports.items():
        found = report["answers"]
        limit = found["limit"]
        mark = "**loses more than its noise**" if found["loses"] else "take this one" if form == offered else ""
        cells = (
            f"[{form}]({form}/README.md)", percent(found["agreement"]), *score_cells(found),
            percent(limit["before"]), percent(limit["after"]), mark,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    first = next(iter(reports.values()))
    found = first["answers"]
    head = f"# {first['model']}/{first['arm']}, seed {first['seed']}, to take home"
    told = f"{found['score']['metric']} of {found['rows']} rows of {found['split']}, in hundredths."
    if offered is None:
        told += " Every form loses more than its noise: none is offered."
    return offered, "\n".join([head, "", told, "", *lines, ""])
