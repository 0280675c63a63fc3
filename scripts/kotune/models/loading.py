"""Load a model and its tokenizer from a folder: safetensors only, NF4 by bitsandbytes, no untrusted code.

Reads model folders (config.json, *.safetensors, tokenizer.json); writes nothing.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError, nearest
from kotune.core.storage import Json, read_json
from kotune.core.tensor_file import check_whole

if TYPE_CHECKING:
    from transformers import BitsAndBytesConfig, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

DTYPES = ("float32", "bfloat16", "float16")
DEVICES = ("cpu", "auto")


@dataclass
class Loaded:
    """A model that is ready to run, the device that it is on ("cpu" or "cuda") and what was done to get it there."""

    model: PreTrainedModel
    device: str
    notes: list[str] = field(default_factory=list)


def prepare_process(compute: Json) -> None:
    """Set what the libraries read from the environment on their first import; a script calls it before heavy work.

    Where nobody chose GPUs (`cards`, SLURM, the user), one is shown: several would make the trainer split batches.
    """
    device = compute.get("device", "cpu")
    if device not in DEVICES:
        raise UserError(f"compute.device: unknown device '{device}'{nearest(str(device), DEVICES)}")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # models are folders: whatever asks the hub is a mistake
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # TRL reports every trainer that is built
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # huge pages: a CPU step is 7 % faster and holds less memory
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read by deterministic algorithms on a GPU
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    else:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


def set_up_torch(compute: Json) -> str:
    """Set threads and determinism; return the device that work runs on: "cuda" when there is one and it is wanted."""
    import torch

    # A sum over two threads is another sum than over one: the number of threads is a setting, not the machine's choice.
    torch.set_num_threads(int(compute.get("threads", 1)))
    if compute.get("device", "cpu") == "cpu" or not torch.cuda.is_available():
        return "cpu"
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    return "cuda"


def load_config(model: Json) -> PreTrainedConfig:
    """Return transformers' configuration of a `model` settings object, without its weights."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(
            model["path"], local_files_only=True, trust_remote_code=bool(model.get("trust_remote_code", False))
        )
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise UserError(f"{model['path']}: its config.json cannot be read: {reason}") from error


def model_files(folder: str | os.PathLike) -> dict[str, Path]:
    """Return name → path of the weights of a model folder, each checked to be whole; raise UserError otherwise."""
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such model folder; check `path` of the model or download it first")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: config.json is missing, so this is no model folder; copy or download it again")
    index = folder / "model.safetensors.index.json"
    names = sorted(set(read_json(index)["weight_map"].values())) if index.is_file() else ["model.safetensors"]
    for name in names:
        if not (folder / name).is_file():
            pickled = " (only pickled weights are there, and those can run code)" if any(folder.glob("*.bin")) else ""
            raise UserError(f"{folder}: {name} is missing{pickled}; copy or download the model in safetensors form")
        check_whole(folder / name, "copy or download it again")
    return {name: folder / name for name in names}


def token_id(tokenizer: PreTrainedTokenizerBase, token: str, where: str) -> int:
    """Return the id of a token that must be ONE token of the tokenizer; ``where`` names who asks for it."""
    ids = tokenizer(token, add_special_tokens=False)["input_ids"]
    if len(ids) != 1 or tokenizer.convert_ids_to_tokens(ids[0]) != token:
        special = [str(known) for known in tokenizer.get_added_vocab()]
        raise UserError(
            f"{tokenizer.name_or_path}: the tokenizer has no token '{token}', which {where} needs"
            f"{nearest(token, special)}"
        )
    return ids[0]


def stop_ids(tokenizer: PreTrainedTokenizerBase, stop: Iterable[str]) -> list[int]:
    """Return the ids of the strings that end an answer, in their order; each must be one token."""
    ids = [token_id(tokenizer, token, "the stop list (`stop`)") for token in stop]
    if not ids:
        raise UserError("generation.stop: no stop token named, so no answer would ever end; name the family's own")
    return ids


def load_tokenizer(model: Json) -> PreTrainedTokenizerBase:
    """Load the tokenizer of a `model` settings object and check what its family asks of it.

    Read from the object: `path`, `trust_remote_code`, and where given `required_tokens`, `pad` (the token that fills a
    batch) and `stop` (the tokens that end an answer, the one that is learned first). A tokenizer.json is taken as it
    lies there: AutoTokenizer would give a Qwen2 folder Qwen's own pre-tokeniser.
    """
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    folder = Path(model["path"])
    if not folder.is_dir():
        raise UserError(f"{folder}: no such model folder; check `path` of the model or download it first")
    try:
        if (folder / "tokenizer.json").is_file():
            tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
        else:
            remote = bool(model.get("trust_remote_code", False))
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=remote)
    except Exception as error:  # the Rust tokenizer raises bare Exceptions for a broken file
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{folder}: no tokenizer could be loaded from it ({reason}); copy it again") from error
    for token in model.get("required_tokens", ()):
        token_id(tokenizer, token, f"family '{model.get('family')}'")
    if model.get("pad"):
        token_id(tokenizer, model["pad"], "padding (`pad` of the family)")
        tokenizer.pad_token = model["pad"]
    learned = next(iter(model.get("stop", ())), tokenizer.eos_token)
    if tokenizer.pad_token is None or tokenizer.pad_token == learned:
        state = "has no pad token" if tokenizer.pad_token is None else f"pads with '{learned}', which ends an answer"
        raise UserError(f"{folder}: the tokenizer {state}; name another of its tokens as the family's `pad`")
    return tokenizer


def quantization_config(settings: Json | None, device: str) -> tuple[BitsAndBytesConfig | None, list[str]]:
    """Return bitsandbytes' configuration for a recipe's `quantization`, and notes on what the device changed in it."""
    if not settings:
        return None, []
    from transformers import BitsAndBytesConfig

    known = [name for name in inspect.signature(BitsAndBytesConfig).parameters if name != "kwargs"]
    for key, value in settings.items():
        if key not in known:
            raise UserError(f"recipe.quantization: unknown key '{key}'{nearest(key, known)}")
        if key == "bnb_4bit_compute_dtype" and value not in DTYPES:
            raise UserError(f"recipe.quantization.{key}: unknown dtype '{value}'{nearest(str(value), DTYPES)}")
    settings = dict(settings)
    notes = []
    if device == "cpu" and settings.get("load_in_4bit") and settings.get("bnb_4bit_compute_dtype") != "float32":
        asked = settings.get("bnb_4bit_compute_dtype", "nothing")
        notes.append(f"bnb_4bit_compute_dtype is float32 on a CPU ({asked} was asked)")
        settings["bnb_4bit_compute_dtype"] = "float32"
    try:
        return BitsAndBytesConfig(**settings), notes
    except (TypeError, ValueError) as error:
        raise UserError(f"recipe.quantization: {error}") from error


def _unpack_four_bits(model: PreTrainedModel) -> PreTrainedModel:
    """Replace 4-bit layers by float32 layers that hold the same NF4 values, once instead of on every pass.

    Training gives the same bytes as with packed layers. Answering does not, and that is the reason: on processors
    with AVX512-BF16 bitsandbytes answers in bfloat16 whatever the compute dtype says, and repacks the weights in
    place so that training after an evaluation would lose its gradients (bitsandbytes 0.50, nn/modules.py).
    """
    import torch

    model = model.dequantize(torch.float32)
    model.is_loaded_in_4bit = False  # left behind by transformers; TRL would cast the adapter to bfloat16 for it
    return model


def _check_nothing_missing(missing: list[str], folder: str) -> None:
    if missing:
        raise UserError(
            f"{folder}: its weights lack {len(missing)} tensors of its own config.json (first: {missing[0]}); "
            "copy or download the model again"
        )


def load_model(model: Json, quantization: Json | None, compute: Json) -> Loaded:
    """Load the model of a `model` settings object on the device that ``compute`` asks for.

    ``quantization``: BitsAndBytesConfig's arguments or None. Raises UserError for a folder that is missing, broken,
    incomplete or of an architecture that the installed transformers does not know.
    """
    model_files(model["path"])
    device = set_up_torch(compute)
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForQuestionAnswering

    pointing = model.get("head") is not None  # `models.heads`
    made = AutoModelForQuestionAnswering if pointing else AutoModelForCausalLM
    quantized, notes = quantization_config(quantization, device)
    dtype = model.get("dtype") or "float32"
    if dtype not in DTYPES:
        raise UserError(f"model.dtype: unknown dtype '{dtype}'{nearest(str(dtype), DTYPES)}")
    if device == "cpu" and dtype != "float32":
        notes.append(f"weights are float32 on a CPU ({dtype} was asked)")
        dtype = "float32"
    if not quantized and device == "cuda":
        notes.append(f"not quantized: {dtype} weights")
    arguments: dict[str, Any] = {
        "dtype": getattr(torch, dtype),
        "quantization_config": quantized,
        "device_map": {"": int(os.environ.get("LOCAL_RANK", "0")) if device == "cuda" else "cpu"},
        "attn_implementation": model.get("attn_implementation"),
        "trust_remote_code": bool(model.get("trust_remote_code", False)),
    }
    if pointing:  # transformers 5.23 looks for a decoder's weights under another name, and would begin with random ones
        arguments["key_mapping"] = {r"^model\.": "transformer."}
    try:
        loaded, info = made.from_pretrained(
            model["path"], use_safetensors=True, local_files_only=True, output_loading_info=True, **arguments
        )
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        hint = "; set trust_remote_code of the model if you trust its authors" if "trust_remote_code" in reason else ""
        raise UserError(f"{model['path']}: the model cannot be loaded: {reason}{hint}") from error
    missing = [name for name in sorted(info["missing_keys"]) if not (pointing and name.startswith("qa_outputs."))]
    _check_nothing_missing(missing, model["path"])
    if quantized is not None and quantized.load_in_4bit and device == "cpu":
        loaded = _unpack_four_bits(loaded)
        notes.append("NF4 weights are unpacked once to float32 (same values) on a CPU")
    return Loaded(loaded, device, notes)


def check_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise UserError when the tokenizer knows tokens that the model has no embedding for."""
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise UserError(
            f"{tokenizer.name_or_path}: the tokenizer knows {len(tokenizer)} tokens, the model {rows}: "
            "they do not belong together; copy or download the model again"
        )
