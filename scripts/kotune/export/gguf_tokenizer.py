"""A tokenizer.json as the metadata of a GGUF file.

Reads a model folder's tokenizer.json; writes nothing. llama.cpp has two kinds that are met here: byte-level merges
(`gpt2`), cut into words by a rule that goes by a name, and SentencePiece (`llama`), whose merges are in the order of
scores. Here the scores are the merges' places, so that both merge alike. What llama.cpp has no name for is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.prompts.families import Family

if TYPE_CHECKING:
    from gguf import GGUFWriter

FILE = "tokenizer.json"
SPACE = "\u2581"
# what tells llama.cpp's rules for words apart: how many digits stay together, and whether a known word is taken whole
QWEN, LLAMA3 = r"|\p{N}|", r"|\p{N}{1,3}|"
NOT_A_PIECE = -1000.0  # the score of what no merge makes
ENDS = ("eos", "eot", "eom")  # the ends that a file can name


def _splits(content: Json) -> list[str]:
    """Return the patterns by which a text is cut into words."""
    found = content.get("pre_tokenizer") or {}
    steps = found.get("pretokenizers", [found])
    return [step["pattern"]["Regex"] for step in steps if step.get("type") == "Split" and "Regex" in step["pattern"]]


def _byte_level(content: Json) -> bool:
    found = content.get("pre_tokenizer") or {}
    return any(step.get("type") == "ByteLevel" for step in found.get("pretokenizers", [found]))


def _rule(content: Json, path: Path) -> str:
    """Return the name of the rule by which llama.cpp cuts words as this tokenizer does."""
    splits, whole = _splits(content), content["model"].get("ignore_merges")
    composes = (content.get("normalizer") or {}).get("type") == "NFC"
    if len(splits) == 1 and QWEN in splits[0] and not whole and composes:
        return "qwen2"
    if len(splits) == 1 and LLAMA3 in splits[0] and whole and not content.get("normalizer"):
        return "llama-bpe"
    raise UserError(f"{path}: llama.cpp has no name that is known here for how it cuts words; export it as 'merged'")


def tokens_of(content: Json, rows: int) -> list[tuple[str, int]]:
    """Return each token and its kind, by id; ``rows``: of the embedding, whose ids without a token are filled."""
    from gguf import TokenType

    added = {one["id"]: one for one in content["added_tokens"]}
    by_id = {number: token for token, number in content["model"]["vocab"].items()}
    unknown = content["model"].get("unk_token")
    pieces = bool(content["model"].get("byte_fallback"))
    found = []
    for number in range(rows):
        token = added[number]["content"] if number in added else by_id.get(number)
        if token is None:
            found.append((f"[PAD{number}]", int(TokenType.UNUSED)))
        elif number in added and not added[number]["special"]:
            found.append((token.replace(SPACE, " ") if pieces else token, int(TokenType.USER_DEFINED)))
        elif number in added:
            found.append((token, int(TokenType.CONTROL)))
        elif pieces and len(token) == 6 and token.startswith("<0x"):
            found.append((token, int(TokenType.BYTE)))
        else:
            found.append((token, int(TokenType.UNKNOWN if token == unknown else TokenType.NORMAL)))
    return found


def merges_of(content: Json) -> list[tuple[str, str]]:
    """Return the merges, the first that is made first; a file has them as pairs or as one text."""
    return [tuple(one.split(" ")) if isinstance(one, str) else tuple(one) for one in content["model"]["merges"]]


def scores_of(tokens: list[tuple[str, int]], merges: list[tuple[str, str]]) -> list[float]:
    """Return SentencePiece's score of each token: the earlier a merge makes it, the higher."""
    first: dict[str, int] = {}
    for left, right in merges:
        first.setdefault(left + right, len(first))
    return [-float(first[token]) if token in first else NOT_A_PIECE - len(first) for token, _ in tokens]


def write_tokenizer(
    writer: GGUFWriter, folder: Path, family: Family, stop: list[str], rows: int, template: str
) -> None:
    """Add the tokenizer of a model folder, its chat template and its ends; ``rows``: of the embedding.

    The family's stop token is the end; the other tokens of ``stop`` follow under the names that llama.cpp has for them.
    Raises UserError for a tokenizer that llama.cpp has no name for.
    """
    path = folder / FILE
    if not path.is_file():
        raise UserError(f"{folder}: it has no {FILE}, from which a GGUF file takes its tokens; export it as 'merged'")
    content = read_json(path)
    if content["model"].get("type") != "BPE":
        raise UserError(f"{path}: llama.cpp's tokens are made by merges, and its model is {content['model']['type']}")
    tokens, merges = tokens_of(content, rows), merges_of(content)
    if _byte_level(content):
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(_rule(content, path))
        writer.add_token_merges([" ".join(merge) for merge in merges])
    elif content["model"].get("byte_fallback"):
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_scores(scores_of(tokens, merges))
        writer.add_add_space_prefix("Prepend" in str(content.get("normalizer")))
    else:
        raise UserError(f"{path}: neither byte-level nor SentencePiece; export it as 'merged'")
    writer.add_token_list([token for token, _ in tokens])
    writer.add_token_types([kind for _, kind in tokens])
    places = {token: number for number, (token, _) in enumerate(tokens)}
    ends = [family.stop, *(token for token in stop if token != family.stop)]
    for role, token in (*zip(ENDS, ends, strict=False), ("bos", family.bos), ("pad", family.pad)):
        if token:
            getattr(writer, f"add_{role}_token_id")(places[token])
    if content["model"].get("unk_token") in places:
        writer.add_unk_token_id(places[content["model"]["unk_token"]])
    writer.add_add_bos_token(family.bos is not None)
    writer.add_add_eos_token(False)
    writer.add_chat_template(template)
