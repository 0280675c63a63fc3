"""The head of a model card: its metadata as the hub reads them, and what is wrong with a card, found without a network.

Takes texts; reads and writes nothing. The hub's own check of a card asks the hub; this one parses by the classes of
huggingface_hub, and knows what a card of ours must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kotune.core.storage import Json
from kotune.export.card_results import TASK
from kotune.export.terms import IDS, OTHER
from kotune.study.exports import ADAPTER, GGUF, MERGED

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

LIBRARIES = {ADAPTER: "peft", MERGED: "transformers", **dict.fromkeys(GGUF, "gguf")}  # by form
RELATIONS = {ADAPTER: "adapter", MERGED: "finetune", **dict.fromkeys(GGUF, "quantized")}
LANGUAGE = "ko"
REQUIRED = ("language", "license", "library_name", "pipeline_tag", "tags")
HUB_ID = re.compile(r"[\w][\w.-]*/[\w.-]+", flags=re.ASCII)
DATASET_TYPE = re.compile(r"(?:[\w-][\w.-]*/)?[\w.-]+", flags=re.ASCII)
_PLACEHOLDER = re.compile(
    r"\b(?:TODO|TBD|FIXME|XXX)\b|\[(?:More Information Needed|optional)\]|lorem ipsum|\{\{|\}\}", flags=re.IGNORECASE
)


def metadata(
    name: str,
    form: str,
    base: str | None,
    licence: tuple[str, str | None],
    datasets: list[str],
    results: Sequence[EvalResult],
) -> ModelCardData:
    """Return a card's metadata. ``base``: the base's id on the hub; ``datasets``: ids of the hub; None, [] for none."""
    from huggingface_hub import ModelCardData

    identifier, called = licence
    more = {"license_name": called, "license_link": "LICENSE"} if called else {}
    related = {"base_model": base, "base_model_relation": RELATIONS[form]} if base else {}
    return ModelCardData(
        language=LANGUAGE,
        license=identifier,
        library_name=LIBRARIES[form],
        pipeline_tag=TASK,
        tags=["kotune", "lora", "korean"],
        datasets=datasets or None,
        model_name=name,
        eval_results=list(results) or None,
        **more,
        **related,
    )


def split_card(text: str) -> tuple[Json, str]:
    """Return a card's metadata and its text; ValueError says what the hub's parser finds wrong."""
    import yaml
    from huggingface_hub import ModelCard

    try:
        card = ModelCard(text)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ValueError(f"its metadata cannot be read ({' '.join(str(error).split())})") from error
    return card.data.to_dict(), card.text


def _outside_fences(text: str) -> Iterator[str]:
    """Yield the lines of a page that are no code; of a fenced block nothing but its first line."""
    fence = ""
    for line in text.splitlines():
        ticks = re.match(r"`{3,}", line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif ticks:
            fence = ticks[0]
            yield fence
        else:
            yield line


def _empty_sections(lines: list[str]) -> list[str]:
    """Return the headings below which nothing stands before the next one of their rank or a higher one."""
    heads = [(place, len(found[0])) for place, line in enumerate(lines) if (found := re.match(r"#+(?= )", line))]
    empty = []
    for place, rank in heads:
        after = next((other for other, theirs in heads if other > place and theirs <= rank), len(lines))
        if not any(line.strip() for line in lines[place + 1 : after]):
            empty.append(lines[place].lstrip("# ").strip())
    return empty


def _metadata_faults(data: Json) -> Iterator[str]:
    for key in REQUIRED:
        if not data.get(key):
            yield f"its metadata have no '{key}'"
    licence = data.get("license")
    if licence and licence not in IDS | {OTHER}:
        yield f"license: the hub knows no '{licence}'; name it by license_name, with license: {OTHER}"
    if licence == OTHER and not data.get("license_name"):
        yield f"license is {OTHER}, and no license_name says which"
    if data.get("pipeline_tag") not in (None, TASK):
        yield f"pipeline_tag: '{data['pipeline_tag']}' is not what these models do ({TASK})"
    if data.get("library_name") and data["library_name"] not in LIBRARIES.values():
        yield f"library_name: '{data['library_name']}' is none of {', '.join(sorted(set(LIBRARIES.values())))}"
    ids = [("base_model", data.get("base_model")), *(("datasets", one) for one in data.get("datasets") or [])]
    for key, value in ids:
        if value and not HUB_ID.fullmatch(value):
            yield f"{key}: '{value}' is no id of the hub (owner/name)"
    yield from _index_faults(data.get("model-index") or [])


def _index_faults(index: list[Json]) -> Iterator[str]:
    if not index:
        yield "its metadata have no results ('model-index')"
    for entry in index:
        for result in entry["results"]:
            if not DATASET_TYPE.fullmatch(result["dataset"]["type"]):
                yield f"model-index: '{result['dataset']['type']}' is no name of a data set"
            for metric in result["metrics"]:
                value = metric["value"]
                if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
                    yield f"model-index: the value of '{metric['type']}' is no number ({value!r})"


def faults(text: str) -> list[str]:
    """Return what is wrong with a card; nothing where it is whole."""
    try:
        data, body = split_card(text)
    except ValueError as error:
        return [str(error)]
    if not data:
        return ["it has no metadata"]
    lines = list(_outside_fences(body))
    found = [*_metadata_faults(data), *(f"its section '{head}' is empty" for head in _empty_sections(lines))]
    placeholder = _PLACEHOLDER.search("\n".join(lines))
    if placeholder:
        found.append(f"it holds a placeholder: {placeholder[0]}")
    return found


def name_of(text: str) -> str:
    """Return the name that a card gives its model; ValueError for a card that gives none."""
    index = split_card(text)[0].get("model-index") or [{}]
    if "name" not in index[0]:
        raise ValueError("its metadata have no results ('model-index')")
    return index[0]["name"]


def renamed(text: str, name: str) -> str:
    """Return a card under another name: that of the repository that it goes to."""
    from huggingface_hub import ModelCard

    old, card = name_of(text), ModelCard(text)
    card.data.model_name = name
    card.text = card.text.replace(f"# {old}\n", f"# {name}\n", 1)
    return str(card)
