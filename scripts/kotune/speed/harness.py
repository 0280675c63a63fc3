"""Scoring a benchmark by kotune and by lm-evaluation-harness itself: what is compared, the document, and its table.

Reads config/speed/harness/*.json where they are kept; writes nothing. The same requests go through the same model in
memory; what differs is who scores them. How far lm-eval is from itself at another batch size says how far it may be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.storage import Json, read_json
from kotune.speed.tables import markdown

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

VOCABULARY = 4000  # of the made-up tokenizer: KoBEST then has about as many tokens a character as with Llama 3's (.638)
FEW = 3  # how often a word counts at the most, when that tokenizer is learned
ABOUT = {
    "kotune": "kotune",
    "hf": "lm_eval, `--model hf`, batch auto",
    "hf-other": "lm_eval, `--model hf`, other batch",
    "vllm": "lm_eval, `--model vllm`",
}
Sums = list[list[float]]


def tokenizer_of(requests: Sequence[Json], size: int, special: Sequence[str]) -> PreTrainedTokenizerBase:
    """Return a byte-level BPE tokenizer of ``size`` tokens, learned from the requests' own words; it adds BOS.

    For a model with random weights: texts are as long as a real tokenizer makes them, where ``size`` says so. No word
    counts more than FEW times, or the templates' words and the options would be a token each, as they are nowhere else.
    ``special``: the model's own control tokens, BOS the first of them.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    words = Counter(
        word for one in requests for text in (one["context"], *one["continuations"]) for word in text.split()
    )
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        (f" {word}" for word in sorted(words) for _ in range(min(words[word], FEW))),
        trainers.BpeTrainer(
            vocab_size=size, special_tokens=list(special), show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )  # fmt: skip
    made.post_processor = processors.TemplateProcessing(single=f"{special[0]} $A", special_tokens=[(special[0], 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=special[0], eos_token=special[1], pad_token=special[-1]
    )


def pairs_of(requests: Sequence[Json]) -> list[tuple[str, str]]:
    """Return (context, continuation) of each option, request by request, as lm-eval hands them over."""
    return [(one["context"], option) for one in requests for option in one["continuations"]]


def grouped(requests: Sequence[Json], answers: Sequence[tuple[float, bool]]) -> Sums:
    """Return the sums of each request's options, of what was answered pair by pair."""
    found = iter(answers)
    return [[next(found)[0] for _ in one["continuations"]] for one in requests]


def agreement(ours: Sums, theirs: Sums) -> Json:
    """Return in what share of items both predict the same option, and how far their sums are apart.

    ``ties``: the share of items whose best options have exactly the same sum in ``theirs``, so that order decides.
    """
    same = sum(one.index(max(one)) == other.index(max(other)) for one, other in zip(ours, theirs, strict=True))
    far = [abs(a - b) for one, other in zip(ours, theirs, strict=True) for a, b in zip(one, other, strict=True)]
    tied = sum(other.count(max(other)) > 1 for other in theirs)
    return {
        "items": len(theirs),
        "equal": same / len(theirs),
        "ties": tied / len(theirs),
        "largest": max(far),
        "mean": sum(far) / len(far),
    }


def document(asked: Json, runs: Sequence[Json]) -> Json:
    """Return the document of a comparison; ``runs``: {"name", "seconds", "items", …} of each, kotune's the first."""
    made = []
    for one in runs:
        speed = {"items_per_second": round(one["items"] / one["seconds"], 2)} if "seconds" in one else {}
        made.append({"about": ABOUT[one["name"]], **one, **speed})
    return {**asked, "runs": made}


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 1 else "100%"


def _row(card: str, model: str, one: Json, base: float | None) -> list[str]:
    head = [card, model, one["about"] + (f" {one['batch']}" if "batch" in one else "")]
    if "failed" in one:
        return [*head, f"not measured: {one['failed']}", "–", "–", "–", "–"]
    times = f"{one['items_per_second'] / base:.2f} ×" if base else "–"
    far, exact = one.get("agreement"), one.get("from_float32")
    apart = [_percent(far["equal"]), _apart(far)] if far else ["–", "–"]
    return [*head, f"{one['items_per_second']:,.1f}", times, *apart, _apart(exact) if exact else "–"]


def _apart(far: Json) -> str:
    return f"{far['largest']:.2f} ({far['mean']:.3f})"


def table(documents: Sequence[Json]) -> str:
    """Return the table of documents in Markdown: a row a run, in their order."""
    head = [
        "card",
        "model",
        "scored by",
        "items/s",
        "of lm_eval hf",
        "predictions as lm_eval hf",
        "sums off by at most (mean)",
        "off float32's by at most (mean)",
    ]
    rows = []
    for one in documents:
        base = next((run["items_per_second"] for run in one["runs"] if run["name"] == "hf" and "seconds" in run), None)
        rows += [_row(one["card"], one["model"], run, base) for run in one["runs"]]
    return markdown(head, rows)


def kept_at(root: Path) -> list[Json]:
    """Return the documents that are kept."""
    return [read_json(path) for path in sorted((root / "config/speed/harness").glob("*.json"))]
