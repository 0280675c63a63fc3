"""Judged public boards as evidence: what is kept of one, and how it is told on a terminal, on a page and in the paper.

Reads config/boards/*.json.xz (workflow/schemas/board.schema.yaml; made by tools/board.py); writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kotune.choice.board import TOP
from kotune.core.catalogue import check
from kotune.core.storage import Json
from kotune.printing.numbers import fixed
from kotune.printing.plain import aligned, markdown
from kotune.printing.table import Cell, Column, Table, bare, build, text
from kotune.report.kept import read_entries
from kotune.scoring.metrics.repetition import PIECE, TIMES

FOLDER, ENDING = Path("config/boards"), ".json.xz"
RULE = (
    "A model cannot be told from the best where no other leads it by more than chance in 95 % of resamples of the "
    "questions, all comparisons taken together; so the models that are marked hold the best one with 95 % confidence."
)
HEADS = ["place", "model", "score", "rank", "may be the best", "empty turns"]


def kept_at(root: Path) -> dict[str, Json]:
    """Return the boards that are kept, checked, by name."""
    found = {}
    for path in sorted((root / FOLDER).glob(f"*{ENDING}")):
        found[path.name.removesuffix(ENDING)] = read_entries(path)
        check(found[path.name.removesuffix(ENDING)], "board", str(path))
    return found


def _interval(one: Json) -> str:
    return f"{one['mean']:.2f} [{one['low']:.2f}, {one['high']:.2f}]"


def rows(found: Json) -> list[list[str]]:
    """Return a line a model, from the best down."""
    return [
        [
            str(place), one["model"], _interval(one), f"{one['rank_low']}–{one['rank_high']}",
            "yes" if one["may_be_best"] else "", str(one["empty"] or ""),
        ]
        for place, one in enumerate(found["models"], start=1)
    ]  # fmt: skip


def _points(by: Mapping[str, float]) -> str:
    return ", ".join(f"{value:,.0f} for {wanted} points" for wanted, value in by.items())


def _of_pairs(found: Json) -> list[str]:
    """Return what is told of comparisons of two models; nothing where there is one model alone."""
    pairs, near = found["pairs"], found["neighbours"]
    if not pairs:
        return []
    apart = found["places_apart"]
    half = ", ".join(
        f"{value:.2f} over {'all models' if name == 'all' else f'the first {TOP}'}"
        for name, value in found["split_half"].items()
        if value is not None
    )

    def by_count(one: tuple[str, float]) -> int:
        return int(one[0])  # JSON sorts 10 before 2

    luck = ", ".join(f"{value:.2f} (k = {count})" for count, value in sorted(pairs["luck"].items(), key=by_count))
    lines = [
        f"Of {near['pairs']} pairs of neighbours, {near['differ']} {'differs' if near['differ'] == 1 else 'differ'} "
        "(95 % paired intervals over questions, not corrected: one in twenty would by chance). Nine pairs in ten "
        + (f"differ only from {apart} places apart on." if apart else "differ at no distance."),
        f"With 80 % power two models are told apart at {pairs['detectable']:.2f} points (the median pair; "
        f"{pairs['detectable_neighbours']:.2f} of neighbours). Questions needed: "
        f"{_points(pairs['questions_needed'])}; of neighbours {_points(pairs['questions_needed_neighbours'])}. Asking "
        f"both the same questions saves {pairs['pairing_saves']:.0%} of the variance.",
        f"The best of k equally good models stands above its own true score, by luck alone, by {luck}.",
    ]
    return [*lines, f"Means on two halves of the questions correlate by {half}."] if half else lines


def lines(found: Json) -> list[str]:
    """Return what a summary says of a board as a whole, a sentence or two each."""
    models, told = found["models"], found["faults"]
    best = sum(one["may_be_best"] for one in models)
    said = [
        f"{len(models)} models, {found['questions']} questions of {found['turns']} turns, setting "
        f"`{found['setting']}`; {found['resamples']:,} resamples of questions.",
        f"{RULE} Here: {best} of {len(models)}.",
        f"A model's mean has a standard error of {found['error']:.2f} (median), a rank a 95 % interval "
        f"{found['rank_width']:.0f} places wide; {found['questions'] * found['turns']} turns are worth "
        f"{found['turns_worth']:.0f} independent ones.",
        *_of_pairs(found),
    ]
    if one := found["settings"]:
        means = ", ".join(f"{name} {mean:.2f}" for name, mean in one["means"].items())
        said.append(
            f"Settings: {means}. The best of a model's {len(one['means'])} settings stands {one['best_above']:.2f} "
            f"above `{found['setting']}`, and is another one for {one['another_is_best']} of {one['models']} models: "
            "who shows the best of several shows luck, too."
        )
    mean = "" if told["mean_of_empty"] is None else f" (their mean {told['mean_of_empty']:.2f})"
    said.append(
        f"Of {told['turns']:,} turns in all settings, {told['empty']} are empty and count as scores{mean}, "
        f"{told['empty_after_loop']} of them behind a turn with a piece of {PIECE} characters {TIMES} times or more; "
        f"at {told['judge_failed']} the judge failed, which counts as 0."
    )
    return said


def on_terminal(found: Json) -> str:
    """Return a board as text: a line a model, and what is told of the whole."""
    return "\n".join([aligned(HEADS, rows(found)), "", *lines(found)])


def blocks(kept: Mapping[str, Json]) -> dict[str, str]:
    """Return of each board kept what a page says, under `board-{name}`."""
    return {f"board-{name}": _block(one) for name, one in kept.items()}


def _block(one: Json) -> str:
    licence = one["licence"] or "no licence, so that none of its texts is here"
    about = f"{one['title']}: `{one['repository']}`, commit `{one['commit']}`, {licence}."
    said = "\n".join(f"- {line}" for line in lines(one["found"]))
    return f"{about}\n\n{said}\n\n{markdown(HEADS, rows(one['found']))}"


def standing(kept: Mapping[str, Json], catalogue: Mapping[str, Json], candidates: Iterable[str]) -> list[Json]:
    """Return of a study's candidates, and of each other model of the catalogue that is there, where it stands.

    A model of a board is one of the catalogue's only where its name there is the hub id.
    """
    candidates, told = list(candidates), []
    for name in [*candidates, *(one for one in catalogue if one not in candidates)]:
        hub_id = catalogue[name].get("hub_id")
        on = [
            {"board": board["title"], "place": place, "of": len(board["found"]["models"]), **one}
            for board in kept.values()
            for place, one in enumerate(board["found"]["models"], start=1)
            if hub_id and one["model"] == hub_id
        ]
        if on or name in candidates:
            told.append({"name": name, "candidate": name in candidates, "on": on})
    return told


def table(told: list[Json]) -> Table:
    """Return the table of the paper: where candidates stand on public boards, as published."""
    columns = [
        Column("model", "model"),
        Column("candidate", "candidate"),
        Column("board", "board"),
        Column("score", "score, as published", "interval"),
        Column("place", "place", "count"),
        Column("rank", "rank, 95 %"),
        Column("may_be_best", "may be the best"),
    ]
    lines = []
    for one in told:
        row = {"model": text(one["name"]), "candidate": text("yes" if one["candidate"] else "no")}
        lines += [row | _standing(on) for on in one["on"]] or [row | {"board": text("on none")}]
    notes = [
        "As published, not measured here: a judge model's scores, of the model itself and never of its stand-in. A "
        "model of a board is the catalogue's only where it stands there under its hub id. In brackets: 95 % intervals "
        f"over the board's questions. {RULE}"
    ]
    return build("boards", "Where candidates stand on public boards", columns, [lines], notes)


def _standing(on: Json) -> dict[str, Cell]:
    ends = [fixed(on[end], 2) for end in ("mean", "low", "high")]
    return {
        "board": text(on["board"]),
        "score": Cell(on["mean"], ends[0], None, on["low"], on["high"], *ends[1:]),
        "place": bare(on["place"], 0),
        "rank": text(f"{on['rank_low']}–{on['rank_high']} of {on['of']}"),
        "may_be_best": text("yes" if on["may_be_best"] else "no"),
    }
