"""Simulate the statistics' own rules and fill docs/statistics.md with what comes out; `--check` only compares.

Seeded; takes about half a minute. Writes the marked tables of docs/statistics.md and docs/images/statistics.svg.
"""

from __future__ import annotations

import argparse

import numpy as np

import library  # noqa: F401
from kotune.choice.optimism import expected_maximum, luck_of_best
from kotune.core import console
from kotune.core.errors import UserError
from kotune.core.names import ROOT
from kotune.core.storage import write_text
from kotune.printing.figure_style import BLUE, ORANGE, house_style
from kotune.scoring import permutation, seeds, verdicts
from kotune.scoring.resampling import make_units, mean_estimate, percentiles, resamples_of
from kotune.speed.tables import fill

PAGE, FIGURE = ROOT / "docs/statistics.md", ROOT / "docs/images/statistics.svg"
FOUR = "| ---: | ---: | ---: | ---: |"
ARTICLES, RUNS, RESAMPLES, MARGIN, FALL = 20, 1000, 400, 0.05, 0.15


def _share(count: int, runs: int = RUNS) -> str:
    return f"{100 * count / runs:.0f} %"


def coverage(count: int, share: float) -> tuple[int, int]:
    """Return how often the seeds' interval, and one of articles alone, cover the truth, in RUNS simulations.

    ``share``: of the variance of a mean over ``ARTICLES`` articles that is the seeds', for one seed.
    """
    dice, units, ours, fixed = np.random.default_rng([count, int(10 * share)]), make_units(ARTICLES), 0, 0
    for _ in range(RUNS):
        effects = dice.normal(0, share**0.5, count)
        runs = effects[:, None] + dice.normal(0, (ARTICLES * (1 - share)) ** 0.5, ARTICLES)
        runs = runs + dice.normal(0, 0.3, (count, ARTICLES))
        estimates = [mean_estimate(run, units) for run in runs]
        articles = seeds.articles_part(estimates, units)
        fixed += abs(runs.mean()) <= seeds.half_width([articles])
        if count < seeds.BOOTSTRAP_FROM:
            ours += abs(runs.mean()) <= seeds.half_width([seeds.seeds_part(runs.mean(axis=1)), articles])
        else:
            drawn = resamples_of(estimates, units, dice, RESAMPLES)
            ((low, high),) = percentiles(seeds.two_way(drawn, dice)[None], seeds.expanded_tail(count))
            ours += low <= 0 <= high
    return ours, fixed


def seeds_table() -> tuple[str, dict[float, list[tuple[int, int, int]]]]:
    """Return the table of coverage by seeds, and its numbers by the seeds' share of the variance."""
    found = {share: [(n, *coverage(n, share)) for n in (2, 3, 5, 8, 10)] for share in (0.0, 0.5, 0.9)}
    lines = [
        "| the seeds' share of the variance | seeds | covers 95 % by | seeds held fixed |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for share, rows in found.items():
        lines += [f"| {share:.1f} | {n} | {_share(ours)} | {_share(fixed)} |" for n, ours, fixed in rows]
    return "\n".join(lines) + "\n", found


def words_table() -> str:
    """Return how often a family without any true difference gets a word, corrected and uncorrected."""
    lines = ["| articles | comparisons | a word by corrected p | by uncorrected p | by an interval without 0 |"]
    lines.append("| ---: | ---: | ---: | ---: | ---: |")
    for articles in (10, 30):
        for size in (4, 12):
            dice, units, corrected, plain, interval = (
                np.random.default_rng([articles, size]),
                make_units(articles),
                0,
                0,
                0,
            )
            for _ in range(RUNS):
                differences = dice.normal(0, 1, (size, articles)) + dice.normal(0, 1, articles)
                tests = permutation.sign_flip_tests(list(differences), units, dice, RESAMPLES)
                ps = [p for p, _ in tests]
                corrected += min(verdicts.holm(ps)) < verdicts.ALPHA
                plain += min(ps) < verdicts.ALPHA
                estimates = [mean_estimate(one, units) for one in differences]
                ends = percentiles(resamples_of(estimates, units, dice, RESAMPLES))
                interval += any(low > 0 or high < 0 for low, high in ends)
            lines.append(f"| {articles} | {size} | {_share(corrected)} | {_share(plain)} | {_share(interval)} |")
    return "\n".join(lines) + "\n"


def gaps_table() -> str:
    """Return how often a true fall is called "carries over", by the margin and by two intervals that touch."""
    lines = [
        "| articles a split | true fall | carries over by the margin | by intervals that touch |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for articles in (10, 40):
        for fall in (FALL, MARGIN, 0.0):
            dice, units, margin, touch = np.random.default_rng([articles, int(100 * fall)]), make_units(articles), 0, 0
            for _ in range(RUNS):
                seen, unseen = dice.normal(0.75, 0.22, articles), dice.normal(0.75 - fall, 0.22, articles)
                parts = [seeds.articles_part([mean_estimate(side, units)], units) for side in (seen, unseen)]
                margin += seen.mean() - unseen.mean() + seeds.half_width(parts) < MARGIN
                ends = [seeds.half_width([part]) for part in parts]
                touch += seen.mean() - ends[0] <= unseen.mean() + ends[1]
            lines.append(f"| {articles} | {fall:.2f} | {_share(margin)} | {_share(touch)} |")
    return "\n".join(lines) + "\n"


def luck_table() -> str:
    """Return how far luck lifts the best of equally good candidates: the formula, and resampling correlated scores."""
    lines = ["| candidates | m(k) | formula | simulated |", FOUR]
    for count in (2, 5, 10):
        dice = np.random.default_rng(count)
        errors = 0.03 * dice.normal(size=(20_000, 1)) + 0.02 * dice.normal(size=(20_000, count))
        formula, simulated = luck_of_best(count, 2 * 0.02**2), errors.max(axis=1).mean()
        lines.append(f"| {count} | {expected_maximum(count):.3f} | {formula:.4f} | {simulated:.4f} |")
    return "\n".join(lines) + "\n"


def draw(found: dict[float, list[tuple[int, int, int]]]) -> None:
    """Draw the coverage by seeds, where half of the variance is the seeds'."""
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(4.6, 2.6), layout="constrained")
        axis, rows = figure.subplots(), found[0.5]
        for place, label, colour, marker in (
            (1, "seeds and articles", BLUE, "o"),
            (2, "seeds held fixed", ORANGE, "s"),
        ):
            covered = [100 * row[place] / RUNS for row in rows]
            axis.plot([row[0] for row in rows], covered, color=colour, marker=marker, label=label)
        axis.axhline(95, color="black", linewidth=0.6)
        axis.set(xlabel="seeds", ylabel="% of intervals that cover", ylim=(0, 102))
        axis.legend()
        figure.savefig(FIGURE, metadata={"Date": None})


def main(argv: list[str] | None = None) -> None:
    """Fill or check the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args(argv)
    table, found = seeds_table()
    tables = {"seeds": table, "words": words_table(), "gaps": gaps_table(), "luck": luck_table()}
    text = PAGE.read_text(encoding="utf-8")
    filled = fill(text, tables, "docs/statistics.md")
    if args.check and filled != text:
        raise UserError("docs/statistics.md: its tables are not what is simulated; run tools/simulate_statistics.py")
    if not args.check:
        write_text(PAGE, filled)
        draw(found)
    console.say("docs/statistics.md: tables are true")


if __name__ == "__main__":
    console.run(main)
