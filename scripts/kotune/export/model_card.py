"""A model card: what a tuned model is, how it was made, what it scored and what may be done with it, from the records.

Takes what the study's files say (`Facts`); returns one page of Markdown under the hub's metadata. Nothing is asked of a
person and nothing is left open: a fact that nobody knows is said to be unknown or is not there. Texts of rows and names
are untrusted: they stand in fences, in code spans or escaped.
"""

from __future__ import annotations

from kotune.core.names import VALID
from kotune.core.storage import Json
from kotune.export import card_harness, card_making, card_metadata, card_results, terms, usage
from kotune.export.card_facts import Facts
from kotune.printing.markdown import code_span, fenced, plain, table
from kotune.printing.shortening import PASSAGE, shortened
from kotune.report import hiding
from kotune.study.exports import ADAPTER, FORMS, GGUF

SHORT = 600  # characters of a row's prompt that a line of Python holds


def _introduction(facts: Facts) -> list[str]:
    settings, base = facts.settings, facts.base
    data = ", ".join(plain(one["title"]) for one in facts.data)
    form = FORMS[facts.form]
    what = "LoRA adapter for" if facts.form == ADAPTER else f"{form[0].upper()}{form[1:]}; made from"
    lines = [f"{what} {code_span(base['title'])}, tuned on {data}. Language: Korean."]
    shows = (base["handed_on"] or {}).get("shows")
    if shows:
        lines += ["", f"**{plain(shows)}**"]
    if base["stands_for"]:
        lines += ["", f"**A test model.** Its base is a tiny stand-in for {code_span(base['stands_for'])}, made to try"]
        lines[-1] += " the software; it knows nothing."
    if settings["notice"]:
        lines += ["", plain(settings["notice"])]
    arm, study = code_span(settings["arm"]), code_span(settings["study"])
    return [*lines, "", f"It is the arm {arm} of the study {study}: {plain(settings['question'])}"]


def _use(facts: Facts) -> list[str]:
    columns = ", ".join(code_span(name) for name in facts.settings["columns"])
    lines = [
        f"It answers prompts of the kind {plain(facts.settings['title'])}: {columns}, in the words shown below, in "
        "which it was tuned. Asked in other words it may answer otherwise. It was measured on the rows named below and "
        "on nothing else: look at its answers before you rely on it, and do not let it decide about people.",
        "",
    ]
    if facts.form in GGUF:
        return [*lines, "A Modelfile lies beside the file:", "", *fenced("ollama create NAME -f Modelfile", "sh")]
    if facts.exported and facts.exported.get("vllm"):
        lines += ["By vLLM, in this folder:", "", *fenced(facts.exported["vllm"], "sh"), ""]
    dtype = usage.half(facts.record["asked"]["model"].get("dtype"))
    loading = facts.loading if facts.form == ADAPTER else usage.transformers_lines(dtype)
    code = [*loading, *_asking(facts)]
    return [*lines, "In Python, in this folder:", "", *fenced("\n".join(code), "python")]


def _shows_rows(facts: Facts) -> bool:
    """Return whether rows may be shown: where every data set is known to be handed on freely, and none hides them."""
    return all(_free(one) for one in facts.data)


def _free(data: Json) -> bool:
    return data["redistribution"] is True and not data.get(hiding.KEY)


def _asking(facts: Facts) -> list[str]:
    """Return the lines of Python that ask a model that was loaded."""
    example, new_tokens = facts.prompts["example"]["prompt"], facts.told["new_tokens"]
    shown = example if facts.template is None or len(example) <= SHORT else facts.template
    prompt = shown if _shows_rows(facts) else facts.template or ""
    return [
        f"prompt = {prompt!r}",
        'tokens = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")',
        f"written = model.generate(**tokens, max_new_tokens={new_tokens})[0, tokens.input_ids.shape[1] :]",
        "print(tokenizer.decode(written, skip_special_tokens=True))",
    ]


def _prompt(facts: Facts) -> list[str]:
    stops = ", ".join(map(code_span, facts.told["stops"]))
    variant = facts.prompts.get("variant", facts.settings["prompt"])
    lines = [
        f"The text that it was tuned on (variant {code_span(variant)}), special tokens included: tokenize it with "
        f"`add_special_tokens=False`. Answers end at {stops}.",
    ]
    if facts.template is not None:
        lines += ["", "A row's columns stand in braces:", "", *fenced(facts.template)]
    if not _shows_rows(facts):
        hidden = ", ".join(plain(one["title"]) for one in facts.data if not _free(one))
        return [*lines, "", f"No row is shown: {hidden} may not, or not surely, be handed on or printed."]
    example = facts.prompts["example"]
    lines += ["", "One row of train as it was learned:", "", *fenced(shortened(example["prompt"], PASSAGE))]
    return [*lines, "", "and what was to be answered:", "", *fenced(shortened(example["completion"], PASSAGE))]


def _own_results(facts: Facts) -> list[str]:
    told = facts.settings["results"]
    scores = facts.scores(facts.statistics, told)
    if not scores:
        return ["No score of this arm is kept in the study's statistics."]
    return [*card_results.table_of(scores), "", *card_results.notes(facts.statistics, told, scores)]


def _results(facts: Facts) -> list[str]:
    lines = ["### The study's own rows", "", *_own_results(facts)]
    for name, statistics in facts.evaluations.items():
        told = facts.settings["evaluations"][name]
        scores = facts.scores(statistics, told)
        if scores:
            lines += ["", f"### {plain(told['title'])}", "", *card_results.table_of(scores)]
    for name, document in facts.harness.items():
        rows = facts.harness_rows(document)
        if rows:
            told = facts.settings["harness"][name]
            lines += ["", f"### {plain(told['title'])}", "", *card_harness.table_of(rows), "", *card_harness.NOTES]
    if facts.exported:
        lines += ["", "### This form beside the adapter", "", usage.verdict(facts.exported["answers"])]
    return lines


def _leaks(facts: Facts) -> list[str]:
    """Return what of the rows that were asked stands in those that were learned."""
    found = [
        one
        for one in (facts.leaks or {}).get("comparisons", ())
        if one["first"] == "train" and one["second"] not in (VALID, "train")
    ]
    lines = [
        f"- Of {one['rows']:,} rows of {plain(one['second'])}, {one['exact']:,} stand word for word in train and "
        f"{one['near']:,} nearly."
        for one in found
    ]
    return lines


def _limits(facts: Facts) -> list[str]:
    base = facts.base
    lines = [f"- {plain(base['note'])}"] if base.get("note") else []
    if base["gguf"]:
        lines.append("- The base's weights were dequantised from a GGUF file: they are not those that the hub holds.")
    if base["doubtful"]:
        lines.append(f"- Of the base no public source that was read confirms: {plain(', '.join(base['doubtful']))}.")
    mixed = [] if base["stands_for"] else [facts.settings["asked"]]  # a mixture's problems are those of its real parts
    for one in {item["name"]: item for item in (*mixed, *facts.data)}.values():
        lines += [f"- {plain(one['title'])}: {plain(problem)}" for problem in one["known_problems"]]
    lines += _leaks(facts)
    if facts.record["asked"]["recipe"]["quantization"]:
        lines.append("- On another precision of the base than the one it was tuned on, answers differ.")
    return [*lines, "- It writes what is likely, not what is true, and it can repeat rows that it was tuned on."]


def _origin(facts: Facts) -> list[str]:
    rows = [
        ("adapter_model.safetensors", code_span(f"sha256:{facts.weights}")),
        ("rows of train", code_span(f"sha256:{facts.record['with']['files']['prompts']['sha256']}")),
        ("made again by", code_span(facts.settings["made_by"])),
    ]
    return table(("", ""), rows)


SECTIONS = {
    "Use": _use,
    "Prompt": _prompt,
    "Base model": card_making.base,
    "Data": card_making.data,
    "Training": card_making.training,
    "Results": _results,
    "Limits": _limits,
    "Licences": lambda facts: terms.lines(facts.base, facts.data),
    "Origin": _origin,
}


def card(facts: Facts) -> str:
    """Return the card, metadata first."""
    settings, data = facts.settings, facts.data
    told = settings["results"]
    results = card_results.results_of(facts.scores(facts.statistics, told), told, settings["asked"])
    for name, statistics in facts.evaluations.items():
        told = settings["evaluations"][name]
        results += card_results.results_of(facts.scores(statistics, told), told, told["data"])
    for name, document in facts.harness.items():
        results += card_harness.results_of(facts.harness_rows(document), settings["harness"][name]["data"])
    ids = list(dict.fromkeys(one["hub_id"] for one in data if one["hub_id"]))
    licence = terms.licence_of(facts.base, data)
    head = card_metadata.metadata(facts.name, facts.form, facts.base["hub_id"], licence, ids, results)
    lines = ["---", head.to_yaml().rstrip("\n"), "---", "", f"# {facts.name}", "", *_introduction(facts)]
    for title, section in SECTIONS.items():
        lines += ["", f"## {title}", "", *section(facts)]
    return "\n".join(lines) + "\n"
