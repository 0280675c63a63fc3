"""Compare a model folder made from a GGUF file with llama.cpp on the file itself: ids and logits on a Korean text.

Reads the file, the folder (tools/convert_gguf.py, or the hub) and a text: UTF-8, or contexts in SQuAD's layout; prints
a short table and writes it as JSON where --output is given. llama.cpp is `pip install llama_cpp_python==0.3.36`.
Where a conversion is right, a file of F32 or F16 agrees but for rounding. A quantised one does not: llama.cpp rounds
activations too, so a score that was measured in one program is not the other's.

  python tools/compare_gguf.py model-q4_k_m.gguf resources/hub/models/my-model
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import unicodedata
from pathlib import Path

import library  # noqa: F401
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import Json, needed, sha256_of, write_json
from kotune.models.gguf import agreement, programs
from kotune.models.gguf.file import read_gguf
from kotune.prompts.tokenizers import read_tokenizer
from kotune.rows.bundles import ending_of, raw_bytes

TEXT = ROOT / "resources/mini/korquad/rows.json.xz"
FORMS = ("NFC", "NFD")


def text_of(path: Path) -> str:
    """Return a file's text; of JSON in SQuAD's layout, its contexts."""
    text = raw_bytes(str(path)).decode("utf-8")
    if ending_of(str(path)) != ".json":
        return text
    articles = needed(json.loads(text), "data", path)
    return "\n\n".join(needed(one, "context", path) for article in articles for one in article["paragraphs"])


def _of_ids(tokenizer, llama: programs.LlamaCpp, text: str) -> Json:
    """Return, of both forms of Hangul, how many ids there are, and where the first differs."""
    said = {}
    for form in FORMS:
        given = unicodedata.normalize(form, text)
        own, other = tokenizer.encode(given).ids, llama.ids(given)
        place = agreement.first_difference(own, other)
        said[form] = {"transformers": len(own), "llama.cpp": len(other), "first_difference": place}
        if place is not None:
            said[form] |= {"ids": [one[place] if place < len(one) else None for one in (own, other)]}
    return said


def measured(args: argparse.Namespace) -> Json:
    """Run both programs; return what was compared and how far they agree."""
    programs.check_installed()
    file, tokenizer, text = read_gguf(args.file), read_tokenizer(args.folder), text_of(args.text)
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    first = tokenizer.encode("").ids
    texts = list(agreement.windows(plain, first, args.window, args.positions))
    if not texts:
        raise UserError(f"{args.text}: the text has no two tokens, so nothing can be compared; take a longer one")
    with programs.LlamaCpp(args.file, args.window, args.threads) as llama:
        ids = _of_ids(tokenizer, llama, text)
        model = programs.load_snapshot(args.folder, args.threads)
        if llama.size != model.config.vocab_size:
            raise UserError(
                f"{args.folder}: {model.config.vocab_size} tokens, but {args.file} has {llama.size}: the folder was "
                "made from another file"
            )
        found = agreement.compared(programs.of_transformers(model, texts), llama.logits(texts), texts)
        versions = {programs.PACKAGE: llama.version}
    versions |= {name: importlib.metadata.version(name) for name in ("transformers", "torch")}
    return {
        "file": {"name": args.file.name, "sha256": sha256_of(args.file), "quantisation": file.quantisation},
        "text": {"name": args.text.name, "sha256": sha256_of(args.text), "characters": len(text)},
        "window": args.window,
        "ids": ids,
        **found,
        "versions": versions,
    }


def table(found: Json) -> str:
    """Return what was found, a line each."""
    lines = [f"{found['file']['name']} ({found['file']['quantisation']}) on {found['text']['name']}"]
    for form, ids in found["ids"].items():
        place = ids["first_difference"]
        same = (
            "equal" if place is None else f"the first difference is at {place:,}: {ids['ids'][0]} and {ids['ids'][1]}"
        )
        lines.append(f"  ids, {form:<22}{ids['transformers']:>10,} {ids['llama.cpp']:>10,}   {same}")
    apart, perplexity = found["logprob_difference"], found["perplexity"]
    lines += [
        f"  positions {'':<17}{found['positions']:>10,}",
        f"  equal argmaxes {'':<12}{found['argmax_equal']:>10.2%}",
        f"  |log p - log p|, mean {'':<5}{apart['mean']:>10.4f}",
        f"  |log p - log p|, max {'':<6}{apart['max']:>10.4f}",
        f"  perplexity {'':<16}{perplexity['transformers']:>10.3f} {perplexity['llama.cpp']:>10.3f}",
    ]
    return "\n".join([lines[0], f"{'':<28}{'transformers':>10} {'llama.cpp':>9}", *lines[1:]])


def _positive(text: str) -> int:
    value = int(text)
    if value < 2:
        raise argparse.ArgumentTypeError("must be at least 2")
    return value


def main(argv: list[str] | None = None) -> None:
    """Compare one file with one folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the .gguf file")
    parser.add_argument("folder", type=Path, help="the model folder that was made from it")
    parser.add_argument("--text", type=Path, default=TEXT, help="what both read; generated news unless it is given")
    parser.add_argument("--positions", type=_positive, default=2048, help="tokens that are predicted [%(default)s]")
    parser.add_argument("--window", type=_positive, default=1024, help="tokens that are read at once [%(default)s]")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--output", type=Path, help="a JSON file for what was found")
    args = parser.parse_args(argv)
    found = measured(args)
    console.say(table(found))
    if args.output:
        write_json(args.output, found)


if __name__ == "__main__":
    console.run(main)
