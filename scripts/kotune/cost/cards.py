"""Cards: the most that a GPU can do, and how much of it a rehearsal may count on.

Reads entries of config/cards.yaml; writes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kotune.core.storage import Json


@dataclass(frozen=True)
class Card:
    """A card: what it holds (GiB), what it reaches (FLOP/s, bytes/s), what a share of its peak is counted against."""

    name: str
    gib: float
    flops: float
    bandwidth: float
    peak: float
    bf16: bool
    measured: bool


def title_of(name: str, cards: Json) -> str | None:
    """Return what `cards` of config/cards.yaml calls the card that torch calls ``name``; None for one it does not hold.

    A card's words are whole words of the name: neither "A10G" nor "A100" is an A10. A laptop's card is another card.
    """
    words = set(re.findall(r"[A-Za-z0-9]+", name))
    found = (title for title, card in cards.items() if words.issuperset(card["match"]) and "Laptop" not in words)
    return next(found, None)


def card_named(name: str, catalogue: Json) -> Card | None:
    """Return the card of config/cards.yaml that torch calls ``name``; None for one that it does not hold."""
    title = title_of(name, catalogue["cards"])
    return None if title is None else cards_of(catalogue)[title]


def cards_of(catalogue: Json) -> dict[str, Card]:
    """Return config/cards.yaml's cards; what was not measured reaches the shares that the measured card reaches."""
    known = next(card for card in catalogue["cards"].values() if "practical" in card)
    shares = {key: known["practical"][key] / known[key] for key in ("tflops", "bandwidth")}
    cards = {}
    for name, card in sorted(catalogue["cards"].items(), key=lambda one: (one[1]["memory_gib"], one[1]["tflops"])):
        reached = card.get("practical") or {key: card[key] * share for key, share in shares.items()}
        cards[name] = Card(
            name=name,
            gib=card["memory_gib"] * card["usable"],
            flops=reached["tflops"] * 1e12,
            bandwidth=reached["bandwidth"] * 1e12,
            peak=card.get("mfu_tflops", card["tflops"]) * 1e12,
            bf16=card["bf16"],
            measured=card["source"] == "measured",
        )
    return cards
