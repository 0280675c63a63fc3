"""What lies beside an adapter for those who load it outside the house: tokenizer, stop tokens and how to load it.

Reads the base model's folder. Writes the tokenizer's files as the base has them, generation_config.json and README.md.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.model_folder import SNAPSHOT, TOKENIZER, TOKENIZER_SETTINGS, fits, gguf_of
from kotune.core.storage import Json, explained, read_json, replacing, sha256_of, sha256_of_text, write_json
from kotune.models import loading

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

README, GENERATION = "README.md", "generation_config.json"


def base_of(model: Json) -> tuple[str, str]:
    """Return what an adapter calls its base model, and which revision of it: the same on every machine.

    Of a hub model, its id and the commit that was downloaded; of one made of a GGUF file, its name in the catalogue and
    that file's SHA-256; of another that lies on this machine, the SHA-256 of its weights (of several files: of the list
    of theirs).
    """
    folder = Path(model["path"])
    made_of = gguf_of(folder)
    if made_of:
        return model.get("name") or folder.name, f"sha256:{made_of['sha256']}"
    if model.get("hub_id"):
        pinned = read_json(folder / SNAPSHOT)["revision"] if (folder / SNAPSHOT).is_file() else model.get("revision")
        if pinned:
            return model["hub_id"], pinned
    sums = {name: sha256_of(path) for name, path in sorted(loading.model_files(folder).items())}
    listed = "".join(f"{name} {value}\n" for name, value in sums.items())
    whole = next(iter(sums.values())) if len(sums) == 1 else sha256_of_text(listed)
    return model.get("hub_id") or model.get("name") or folder.name, f"sha256:{whole}"


def tokenizer_files(folder: Path) -> list[Path]:
    """Return the files of a model's folder that are its tokenizer, its chat template among them."""
    patterns = TOKENIZER + TOKENIZER_SETTINGS
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in files if fits(path.relative_to(folder).as_posix(), patterns)]


def generation(tokenizer: PreTrainedTokenizerBase, stop: list[str]) -> Json:
    """Return a generation config: greedy, and ended by each token of ``stop``."""
    ids = {"bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id}
    ends = [loading.token_id(tokenizer, token, "the stop list (`stop`)") for token in stop]
    return {"do_sample": False, "eos_token_id": ends, **{name: one for name, one in ids.items() if one is not None}}


def _code(text: str) -> str:
    """Return a text as a code span of Markdown, on one line."""
    return "`" + " ".join(text.split()).replace("`", "'") + "`"


def _precision(model: Json, quantization: Json | None) -> str:
    dtype = model.get("dtype") or "float32"
    if not quantization:
        return f"{dtype}, not quantized"
    named = ", ".join(f"{name}={value}" for name, value in sorted(quantization.items()))
    return f"quantized by bitsandbytes ({named}), the rest in {dtype}"


def loading_lines(model: Json, quantization: Json | None) -> list[str]:
    """Return the lines of Python that load an adapter by peft, run in its folder."""
    base, revision = base_of(model)
    pinned = {"revision": revision} if model.get("hub_id") and not revision.startswith("sha256:") else {}
    given = {**pinned, "dtype": model.get("dtype") or "float32"}
    if model.get("attn_implementation"):
        given["attn_implementation"] = model["attn_implementation"]
    if model.get("trust_remote_code"):
        given["trust_remote_code"] = True
    arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
    if quantization:
        arguments += f", quantization_config=BitsAndBytesConfig(**{dict(sorted(quantization.items()))!r})"
    fast = (Path(model["path"]) / "tokenizer.json").is_file()
    tokenizer = "PreTrainedTokenizerFast" if fast else "AutoTokenizer"
    whole = "AutoModelForQuestionAnswering" if model.get("head") else "AutoModelForCausalLM"
    classes = [whole, "GenerationConfig", tokenizer, *(["BitsAndBytesConfig"] if quantization else [])]
    return [
        "from peft import PeftModel",
        f"from transformers import {', '.join(sorted(classes))}",
        f"model = {whole}.from_pretrained({base!r}, {arguments})",
        'model = PeftModel.from_pretrained(model, ".").eval()',
        'model.generation_config = GenerationConfig.from_pretrained(".")',
        f'tokenizer = {tokenizer}.from_pretrained(".")',
    ]


def _where(model: Json) -> str:
    """Return where the base is to be found, where its name is none of the hub's."""
    made_of = gguf_of(Path(model["path"]))
    if made_of:
        quantised, file, origin = map(_code, (made_of["quantisation"], made_of["file"], str(model.get("hub_id"))))
        return (
            f" Its weights were dequantised from {quantised}, the GGUF file {file} with that SHA-256; they are not "
            f"those of {origin}. Make a folder of this name of it (kotune's tools/convert_gguf.py) and put it here."
        )
    return "" if model.get("hub_id") else " It is no name of the hub: put its folder there under this name."


def _began(start: str | None) -> list[str]:
    """Return what is said of the adapter that a training went on from; ``start``: the SHA-256 of its weights."""
    if start is None:
        return []
    return [
        f"- Trained on from another adapter ({_code('sha256:' + start)}). This one holds all that the adapter it goes "
        "on from had learned: load it alone, on the base."
    ]


def readme(model: Json, quantization: Json | None, stop: list[str], template: bool, start: str | None = None) -> str:
    """Return the README of an adapter; names are untrusted text.

    ``template``: whether a chat template lies beside. ``start``: the SHA-256 of the adapter that it went on from.
    """
    base, revision = base_of(model)
    where = _where(model)
    chat = "the tokenizer is the base's, " + ("with its chat template" if template else "which has no chat template")
    lines = [
        f"# LoRA adapter for {_code(base)}",
        "",
        f"- Base: {_code(base)}, revision {_code(revision)}.{where}",
        f"- Tuned on the base as {_code(_precision(model, quantization))}. On another precision answers differ.",
        *_began(start),
        f"- Answers end with {', '.join(map(_code, stop)) or 'no token that is known'}; {chat}.",
        "- Prompts already hold their special tokens: tokenize them with `add_special_tokens=False`.",
        "- In this folder:",
        "",
        "```python",
        *loading_lines(model, quantization),
        "```",
    ]
    return "\n".join(lines) + "\n"


def stops_of(model: Json, learned: str | None) -> list[str]:
    """Return the tokens that end an answer: the family's, and the one that was learned."""
    stop = list(model.get("stop") or ())
    return stop if learned is None or learned in stop else [*stop, learned]


def write_companions(
    model: Json,
    quantization: Json | None,
    tokenizer: PreTrainedTokenizerBase,
    learned: str | None,
    folder: Path,
    start: Path | None = None,
) -> None:
    """Write what lies beside an adapter; ``learned``: the token that its answers were trained to end with.

    ``start``: the weights of the adapter that it went on from; None where it began anew.
    """
    base, stop = Path(model["path"]), stops_of(model, learned)
    files = tokenizer_files(base)
    for path in files:
        target = folder / path.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        with explained(target, "write"), replacing(target) as beside:
            shutil.copyfile(path, beside)
    write_json(folder / GENERATION, generation(tokenizer, stop))
    template = any("chat_template" in path.name for path in files) or bool(tokenizer.chat_template)
    with replacing(folder / README) as beside:
        beside.write_text(readme(model, quantization, stop, template, start and sha256_of(start)), encoding="utf-8")
