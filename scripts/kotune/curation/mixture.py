"""A mixture: parts become one file of rows, without duplicates, and a document of what each part gives.

Reads the parts' files and the tokenizer; writes nothing. The order is: read and filter each part (`curation.parts`),
leave out duplicates, draw or repeat (`curation.mixing`), insert instructions.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kotune.core.lots import chance
from kotune.core.storage import Json
from kotune.curation import mixing, parts
from kotune.curation.near_duplicates import Texts, earlier_twins
from kotune.prompts.tokenizers import encoded_in_batches, read_tokenizer
from kotune.rows.audit import Exclusions
from kotune.rows.chats import HISTORY, SYSTEM, heard
from kotune.rows.mixed_ids import copied

if TYPE_CHECKING:
    import polars

CHARACTERS = 4  # the n of the n-grams of near-duplicates
EQUAL = 1.0  # the similarity of duplicates where a mixture names none: only equal texts are
TWINS = {"exact": "exact duplicate of an earlier row", "near": "nearly an earlier row"}
INSERTED, PARTED, CUT, COPY = "instruction inserted", "conversation parted", "end without an answer cut", "copy"


def mixed(settings: Json) -> tuple[polars.DataFrame, Json]:
    """Return the mixture's rows and its document.

    ``settings``: {"dataset", "task": dotted, "mixture": as `study.mixtures` makes it, "tokenizer": {"name", "path"}}.
    Rows: id, the task's columns, article (their unit's name), part, source_id, source_row, transform, tokens.
    """
    import polars as pl

    mixture, exclusions = settings["mixture"], Exclusions()
    read = {part["name"]: parts.read(part, settings["task"], exclusions) for part in mixture["parts"]}
    whole, twins = _without_twins(
        pl.concat([one.frame for one in read.values()]), mixture.get("near", EQUAL), exclusions
    )
    frames, said = [], []
    for part in mixture["parts"]:
        frame = _transformed(whole.filter(pl.col("part") == part["name"]), part, mixture["seed"])
        frame = frame.with_columns(pl.Series("tokens", _tokens(frame, settings["tokenizer"]["path"]), dtype=pl.Int64))
        taken = mixing.taken(
            part, frame["id"].to_list(), frame["tokens"].to_list(), mixture["weights"], mixture["seed"]
        )
        frames.append(_copied(frame, taken))
        said.append(_described(part, read[part["name"]], frame, taken, frames[-1]))
    rows = pl.concat(frames)
    _add_shares(said)
    document = {
        "dataset": settings["dataset"],
        **{key: mixture[key] for key in ("weights", "seed", "near") if key in mixture},
        "tokenizer": settings["tokenizer"]["name"],
        "rows": rows.height,
        "tokens": int(rows["tokens"].sum()),
        "parts": said,
        "excluded": exclusions.found,
        "duplicates": twins,
        "unparsed": [fault for one in read.values() for fault in one.faults],
    }
    return rows.drop("earlier_turns", "cut_turns"), document


def _texts(frame: polars.DataFrame, *columns: str) -> list[str]:
    """Return each row's earlier turns and its texts of some columns, as one text."""
    return [
        "\n".join([*(turn["content"] for turn in heard(history)), *filter(None, texts)])
        for history, *texts in frame.select(HISTORY, *columns).rows()
    ]


def _without_twins(frame: polars.DataFrame, near: float, exclusions: Exclusions) -> tuple[polars.DataFrame, list[Json]]:
    """Return the rows that repeat no earlier one; how many do, by part, by the part of the earlier one, and how."""
    import polars as pl

    found = earlier_twins(Texts(_texts(frame, "instruction", "input", "output"), CHARACTERS), near)
    kinds = [None if twin is None else "exact" if twin.exact else "near" for twin in found]
    names = frame["part"].to_list()
    pairs = [(name, names[twin.place]) for name, twin in zip(names, found, strict=True) if twin is not None]
    counts = Counter(zip(pairs, filter(None, kinds), strict=True))
    frame = frame.with_columns(pl.Series("__twin", kinds, dtype=pl.String))
    for kind, reason in TWINS.items():
        for name in dict.fromkeys(names):
            unwanted = (pl.col("__twin") == kind) & (pl.col("part") == name)
            frame = exclusions.drop(frame, name, reason, unwanted)
    of_pairs = [
        {"part": pair[0], "of": pair[1], **{kind: counts[pair, kind] for kind in TWINS}} for pair in sorted(set(pairs))
    ]
    return frame.drop("__twin"), of_pairs


def _transformed(frame: polars.DataFrame, part: Json, seed: int) -> polars.DataFrame:
    """Return a part's rows with instructions inserted, and what was done to each; the part's order is kept.

    Which rows get one depends on their ids and the seed alone. A row that has a system text of its own keeps that.
    """
    import polars as pl

    asked = part.get("instruction")
    systems, done = [], []
    for name, own, cut in frame.select("id", SYSTEM, "cut_turns").rows():
        inserted = bool(asked) and not own and chance(name, seed, "instruction") < asked["probability"]
        systems.append(asked["text"] if inserted else own)
        marks = [PARTED] * ("conversation" in part) + [CUT] * (cut > 0) + [INSERTED] * inserted
        done.append("; ".join(marks))
    return frame.with_columns(
        pl.Series(SYSTEM, systems, dtype=pl.String), pl.Series("transform", done, dtype=pl.String)
    )


def _tokens(frame: polars.DataFrame, folder: str) -> list[int]:
    """Return how many tokens each row's texts have, the words of a prompt left out."""
    texts = _texts(frame, SYSTEM, "instruction", "input", "output")
    return [len(ids) for ids in encoded_in_batches(read_tokenizer(folder), texts)]


def _copied(frame: polars.DataFrame, taken: mixing.Taken) -> polars.DataFrame:
    """Return the rows that are taken; a copy has an id of its own, and says what it is."""
    import polars as pl

    copies = [copy for _, copy in taken.places]
    found = frame[[place for place, _ in taken.places]]
    ids = [copied(name, copy) for name, copy in zip(found["id"], copies, strict=True)]
    done = [
        "; ".join(filter(None, (said, COPY if copy > 1 else "")))
        for said, copy in zip(found["transform"], copies, strict=True)
    ]
    return found.with_columns(pl.Series("id", ids, dtype=pl.String), pl.Series("transform", done, dtype=pl.String))


def _described(
    part: Json, read: parts.Read, frame: polars.DataFrame, taken: mixing.Taken, rows: polars.DataFrame
) -> Json:
    """Return what is said of a part: what was read, what is left of it, what was asked for and what was taken."""
    inserted = rows["transform"].str.contains(INSERTED, literal=True).sum()
    asked = {key: part[key] for key in ("weight", "cap", "redraw_each_epoch") if key in part}
    probability = {"instruction_probability": part["instruction"]["probability"]} if "instruction" in part else {}
    return {
        "name": part["name"],
        "dataset": part["dataset"],
        "file": read.file,
        "unparsed": len(read.faults),
        "available": {"rows": frame.height, "tokens": int(frame["tokens"].sum())},
        **asked,
        **probability,
        "planned": taken.planned,
        "rows": rows.height,
        "tokens": int(rows["tokens"].sum()),
        "each_row": taken.whole,
        "drawn": taken.some,
        "copies": rows.height - rows["source_row"].n_unique(),
        "inserted": int(inserted),
        "several_turns": int((rows["earlier_turns"] > 0).sum()),
        "cut": int((rows["cut_turns"] > 0).sum()),
    }


def _add_shares(said: list[Json]) -> None:
    """Add each part's share of what was asked for, and of the rows and tokens that were taken, in place."""
    for count in ("planned", "rows", "tokens"):
        whole = sum(one[count] for one in said)
        for one in said:
            one.setdefault("shares", {})[count] = one[count] / whole
