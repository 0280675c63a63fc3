"""How fast, in how much memory: kept measurements and the limits of the card, as data and figure of the appendix.

Reads config/speed/benchmarks/*.json (`speed.files`), config/benchmarks.yaml, models.yaml, cards.yaml and
cost-model.yaml; `draw_speed.py` writes speed.json and the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.storage import Json, read_json
from kotune.cost import model as cost_model
from kotune.cost import row_lengths
from kotune.cost.answering import packed_answering
from kotune.cost.cards import Card, card_named
from kotune.cost.shapes import Plan, Shape, shape_of
from kotune.printing.figure_style import BLUE, GREY, INK, ORANGE, WIDTH
from kotune.speed.files import OWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def training_limit(shape: Shape, asked: Json, card: Card) -> float:
    """Return the tokens a second at which the counted FLOPs take the whole of the card's matrix speed."""
    lora = asked["lora"]
    plan = Plan("packed", True, lora["r"], tuple(lora["target_modules"]))
    rows = row_lengths.of_law(asked["rows"], asked["rows"]["count"], asked["rows"]["seed"])
    return card.peak / cost_model.flops_per_token(shape, plan, rows)


def answering_limit(shape: Shape, asked: Json, card: Card, constants: Json) -> float:
    """Return the prompts a second where reading prompts takes the card's whole matrix speed, and each new token of all
    prompts side by side the reading of weights and caches, and nothing else takes time."""
    law = asked["prompts"]
    lengths = row_lengths.of_law(law, law["count"], law["seed"])
    ideal = {**constants["answering"]["packed"], "reached": 1.0, "step_ms": 0.0}
    bound = {**constants, "answering": {**constants["answering"], "packed": ideal}}
    plan = Plan("packed", False, asked["lora"]["r"], tuple(asked["lora"]["target_modules"]))
    prompts = [prompt for prompt, _ in lengths]
    said = packed_answering(shape, plan, prompts, lengths[0][1], replace(card, flops=card.peak), bound, adapter=False)
    return said["prompts_per_second"]


def document(files: Sequence[Path], asked: Json, models: Json, catalogue: Json, constants: Json) -> Json:
    """Return what the appendix shows: each card's measurements, with its limits and the share of them."""
    shape = shape_of(models[asked["model"]], f"config/models.yaml, model '{asked['model']}'")
    shown = []
    for path in sorted(files):
        kept = read_json(path)
        if kept.get("model") != asked["model"]:
            raise UserError(
                f"{path}: was measured on '{kept.get('model')}', and config/benchmarks.yaml is about "
                f"'{asked['model']}'; measure again, or take the file away"
            )
        card = card_named(kept["card"], catalogue)
        if card is None:
            raise UserError(f"{path}: its card '{kept['card']}' matches none of config/cards.yaml; add the card there")
        limits = {
            "tokens_per_second": round(training_limit(shape, asked, card)),
            "prompts_per_second": round(answering_limit(shape, asked, card, constants), 1),
        }
        shown.append({**kept, "limits": limits, "peak_tflops": round(card.peak / 1e12)})
    return {"model": asked["model"], "rows": asked["rows"], "prompts": asked["prompts"], "cards": shown}


def points_of(card: Json, model: str) -> list[Json]:
    """Return the trainings of the benchmark's own model that reach the memory and speed of a figure."""
    return [one for one in card["training"] if one.get("model", model) == model and not one["name"].startswith("long-")]


def draw(shown: Json) -> Figure:
    """Return the figure: speed against memory, a panel a card, the limit as a line."""
    from matplotlib.figure import Figure

    cards = [card for card in shown["cards"] if points_of(card, shown["model"])]
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots(1, max(1, len(cards)), sharey=True, squeeze=False)[0]
    for axis, card in zip(axes, cards, strict=False):
        _panel(axis, card, shown["model"])
    axes[0].set_ylabel("tokens/s (thousands)")
    return figure


def _panel(axis: Any, card: Json, model: str) -> None:
    limit = card["limits"]["tokens_per_second"] / 1000
    axis.set_title(card["card"])
    axis.axhline(limit, color=GREY, linewidth=0.8, linestyle="--")
    points = points_of(card, model)
    widest = max(one["gib"] for one in points)
    axis.text(widest * 1.25, limit * 0.98, f"limit {limit:.1f}", ha="right", va="top", color=GREY, fontsize=7)
    above: list[tuple[float, float]] = []
    for one in sorted(points, key=lambda one: one["gib"]):
        own = one["by"] == OWN
        colour = (BLUE if one.get("way") == "fused" else INK) if own else ORANGE
        at = one["gib"], one["tokens_per_second"] / 1000
        axis.plot(*at, "o" if own else "D", color=colour, markersize=4.5)
        crowded = any(abs(at[1] - speed) < 3 and at[0] - gib < widest / 3 for gib, speed in above)
        if not crowded:
            above.append(at)
        label = {"textcoords": "offset points", "fontsize": 6.5, "color": colour}
        axis.annotate(one["name"], at, (4, -9 if crowded else 4), **label)
    axis.set_xlim(0, widest * 1.3)
    axis.set_ylim(0, limit * 1.08)
    axis.set_xlabel("GiB, peak reserved")
    axis.grid(axis="both")
