"""Score requests with one model: under each of its arms and seeds, and under its untrained twin.

Reads requests.jsonl (`harness`), a model's folder and adapters' folders. Writes {arm}/seed{n}/loglikelihoods.jsonl, a
line a request in the requests' order, and a record. The base is loaded once for each precision that its arms were tuned
in; adapters are put on it and switched. While it runs, each treatment's passes are in {file}.part, and a killed run
continues after its last whole pass.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.answering.unfinished import Part
from kotune.core import console
from kotune.core.code_hash import code_hash
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.protocols import CLEAN, PUBLISHED, UNTRAINED
from kotune.core.records import PACKAGES, package_versions, write_record
from kotune.core.storage import Json, needed, read_jsonl, sha256_of, sha256_of_text, write_jsonl
from kotune.harness import token_ids
from kotune.harness.likelihoods import Likelihood, Scorer
from kotune.models import adapters, loading, precision, switching, untrained

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

EXACT = {PUBLISHED: False, CLEAN: True}  # protocol → log-softmax and sums in float32
NAMED = ("task", "protocol", "shots", "template", "item")  # what a line says of its request


@dataclass(frozen=True)
class Order:
    """What one run of scoring is asked to do; ``model``: its settings, as whoever answers prompts gets them.

    ``settings``: {"arms": [{"arm", "seed", "adapter": folder or null, "quantization": BitsAndBytesConfig's arguments or
    null}], "untrained": [seeds of the twin], "tokens": of a pass, or null}.
    """

    model: Json
    settings: Json
    requests: Path
    folder: Path
    record: Path
    compute: Json
    label: str


@dataclass(frozen=True)
class Treatment:
    """An arm and a seed that is scored; ``file``: where its log-likelihoods go."""

    arm: str
    seed: int
    adapter: Path | None
    quantization: Json | None
    file: Path

    @property
    def name(self) -> str:
        """Its name among a model's adapters, and in what is said."""
        return f"{self.arm}/seed{self.seed}"


def treatments(order: Order) -> list[Treatment]:
    """Return what is scored, the untrained twins last."""
    made = []
    for arm in order.settings["arms"]:
        adapter = Path(arm["adapter"]) if arm.get("adapter") else None
        made.append((arm["arm"], int(arm["seed"]), adapter, arm.get("quantization")))
    made += [(UNTRAINED, int(seed), None, None) for seed in order.settings.get("untrained") or ()]
    return [Treatment(*one, order.folder / one[0] / f"seed{one[1]}" / "loglikelihoods.jsonl") for one in made]


def read_requests(path: Path) -> list[Json]:
    """Return the requests of a file; UserError for one that lacks something or is of an unknown protocol."""
    requests = read_jsonl(path)
    if not requests:
        raise UserError(f"{path}: no requests in it; build them again")
    for number, request in enumerate(requests, 1):
        where = f"{path}, line {number}"
        for key in (*NAMED, "context", "continuations"):
            needed(request, key, where)
        if request["protocol"] not in EXACT:
            raise UserError(f"{where}: unknown protocol '{request['protocol']}'; known: {', '.join(EXACT)}")
    return requests


def asked_of(
    tokenizer: PreTrainedTokenizerBase, requests: Sequence[Json], limit: int
) -> dict[bool, list[token_ids.Asked]]:
    """Return what a model is asked, apart for those in float32 (True) and those in the model's type."""
    asked = token_ids.asked(tokenizer, [(one["context"], one["continuations"]) for one in requests], limit)
    made: dict[bool, list[token_ids.Asked]] = {}
    for one in asked:
        made.setdefault(EXACT[requests[one.owners[0][0]]["protocol"]], []).append(one)
    return made


def line_of(request: Json, likelihoods: Sequence[Likelihood]) -> Json:
    """Return the line of a request, of its continuations' likelihoods in their order."""
    return {
        **{key: request[key] for key in NAMED},
        "sums": [one.sum for one in likelihoods],
        "tokens": [one.tokens for one in likelihoods],
        "greedy": [one.greedy for one in likelihoods],
    }


def _part_line(one: Likelihood) -> Json:
    return {"owner": list(one.owner), "sum": one.sum, "tokens": one.tokens, "greedy": one.greedy}


def _scored(scorer: Scorer, asked: dict[bool, list[token_ids.Asked]], part: Part) -> None:
    """Score what a part does not hold yet, pass by pass."""
    held = len(part.batches)
    for exact in sorted(asked):
        passes = scorer.passes(asked[exact])
        some, held = passes[held:], max(0, held - len(passes))
        started = time.monotonic()
        for made in scorer.score(some, exact):
            part.add([_part_line(one) for one in made], time.monotonic() - started)
            started = time.monotonic()


def _lines(requests: Sequence[Json], part: Part) -> list[Json]:
    found = {
        tuple(line["owner"]): Likelihood(tuple(line["owner"]), line["sum"], line["tokens"], line["greedy"])
        for batch in part.batches
        for line in batch
    }
    return [
        line_of(request, [found[number, place] for place in range(len(request["continuations"]))])
        for number, request in enumerate(requests)
    ]


class _Bases:
    """The models of a job, one at a time, each with the adapters of its arms."""

    def __init__(self, order: Order, tokenizer: PreTrainedTokenizerBase) -> None:
        self.order, self.tokenizer = order, tokenizer
        self.device = loading.set_up_torch(order.compute)
        self.model: Any = None
        self.loaded_as = ""
        self.notes: list[str] = []

    def of(self, one: Treatment) -> tuple[Any, AbstractContextManager]:
        """Return the model that scores a treatment, and what switches adapters off while it does."""
        wanted = json.dumps([one.quantization, one.seed if one.arm == UNTRAINED else None], sort_keys=True)
        if wanted != self.loaded_as:
            self._load(one)
            self.loaded_as = wanted
        if one.adapter is None:
            return self.model, switching.switched_off(self.model)
        self.model = switching.switched_to(self.model, one.adapter, self.order.model["path"])
        return self.model, nullcontext()

    def _load(self, one: Treatment) -> None:
        import torch

        self.model = None
        gc.collect()
        if self.device == "cuda":
            torch.cuda.empty_cache()
        model, quantization, _, notes = precision.fitted(self.order.model, one.quantization, {}, self.device)
        if one.arm == UNTRAINED:
            loaded = untrained.twin(model, one.seed, self.order.compute)
        else:
            loaded = loading.load_model(model, quantization, self.order.compute)
        loading.check_vocabulary(loaded.model, self.tokenizer)
        self.model = loaded.model.eval()
        self.notes += [note for note in (*loaded.notes, *notes) if note not in self.notes]


def _inputs(order: Order, all_treatments: Sequence[Treatment]) -> dict[str, Path]:
    """Return the files that are read, name → path, each checked to be whole and to belong together."""
    weights = loading.model_files(order.model["path"])
    found = {"requests": order.requests, **weights}
    for one in all_treatments:
        if one.adapter is not None:
            found[f"{one.name}/{adapters.WEIGHTS}"] = adapters.weights_of(one.adapter, order.model["path"], weights)
    return found


def _fingerprint(order: Order, one: Treatment, hashes: dict[str, str]) -> str:
    """Return the hash of everything that a treatment's numbers depend on."""
    mine = {name: known for name, known in hashes.items() if "/" not in name or name.startswith(f"{one.name}/")}
    settings = {name: value for name, value in order.model.items() if name not in ("path", "name")}
    asked = [settings, one.arm == UNTRAINED, one.seed, one.quantization, order.settings.get("tokens"), order.compute]
    code = code_hash(ROOT / "scripts" / "score_requests.py")
    return sha256_of_text(json.dumps([asked, mine, package_versions(PACKAGES), code], sort_keys=True))


def _sorted_by_base(all_treatments: Sequence[Treatment]) -> Iterator[Treatment]:
    """Yield treatments so that each base is loaded once, twins last, those without an adapter first."""
    yield from sorted(
        all_treatments,
        key=lambda one: (one.arm == UNTRAINED, json.dumps(one.quantization, sort_keys=True), one.adapter is not None),
    )


def _score_one(bases: _Bases, one: Treatment, asked: dict[bool, list[token_ids.Asked]], part: Part) -> str:
    """Score what a treatment's part lacks; return which way it went."""
    model, switched = bases.of(one)
    scorer = Scorer(model, tokens=bases.order.settings.get("tokens"))
    with switched:
        _scored(scorer, asked, part)
    return scorer.way + (f": {scorer.why_padded}" if scorer.why_padded else "")


def score(order: Order) -> Json:
    """Score every request under every treatment; return the record's facts, for the last line."""
    asked_for = treatments(order)
    inputs = _inputs(order, asked_for)
    requests = read_requests(order.requests)
    tokenizer = loading.load_tokenizer(order.model)
    hashes = {name: sha256_of(path) for name, path in inputs.items()}
    asked = asked_of(tokenizer, requests, token_ids.longest(loading.load_config(order.model), tokenizer))
    bases, parts, ways, began = _Bases(order, tokenizer), dict[str, Part](), set[str](), time.monotonic()
    for one in _sorted_by_base(asked_for):
        part = parts[one.name] = Part(one.file.with_name(f"{one.file.name}.part"), _fingerprint(order, one, hashes))
        part.open()
        ways.add(_score_one(bases, one, asked, part))
        write_jsonl(one.file, _lines(requests, part))
        console.say(
            f"score {order.label}: {one.name}, {len(requests)} requests in {console.duration(part.seconds)} "
            f"({len(requests) / max(part.seconds, 1e-3):,.0f}/s)"
        )
    of = {name: round(part.seconds, 3) for name, part in parts.items()}
    cost = {
        "seconds": round(sum(of.values()), 3),
        "setup_seconds": round(time.monotonic() - began - sum(of.values()), 3),
        "tokens": len(parts) * sum(one.tokens for some in asked.values() for one in some),
        "of": of,
    }
    facts = {"requests": len(requests), "ways": sorted(ways), "notes": bases.notes, "treatments": sorted(parts)}
    outputs = {f"{one.name}/{one.file.name}": one.file for one in asked_for}
    settings = {"model": order.model, **order.settings, "compute": order.compute}
    write_record(order.record, "loglikelihoods", settings, inputs | outputs, cost, facts)
    for part in parts.values():  # all together: whoever is killed before that loses nothing
        part.done()
    return {**facts, **cost}
