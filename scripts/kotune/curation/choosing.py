"""Choose rows: filter by ratings and features, then take so many by a method; smaller choices lie within larger ones.

Takes rows' ids, ratings and vectors; reads and writes nothing. Every method makes one order of the rows, of which the
first so many are taken.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kotune.core.errors import UserError
from kotune.core.lots import by_lot
from kotune.core.storage import Json
from kotune.curation.educational import HIGHEST, LOWEST, class_of

if TYPE_CHECKING:
    import numpy as np

CHOSEN, TOPIC = "chosen", "topic"  # tell these draws from others by the same seed and ids


def failing(line: Json, given: Json) -> list[str]:
    """Return why a row does not pass a filter, all reasons; [] where it stays. ``line``: of the ratings."""
    found = []
    if "at_least" in given and class_of(line["rating"]) < given["at_least"]:
        found.append("rating")
    return found + [name for name in given.get("without", ()) if line[name]]


def over_share(ids: Sequence[str], topics: Sequence[str], share: float, seed: int) -> set[int]:
    """Return the places of rows to leave out, so that no topic has more than a share of the rows that stay.

    As few as can be: each topic keeps at most the same number of rows, the first by lot. UserError where there are too
    few topics for such a share.
    """
    sizes = Counter(topics)
    if share * len(sizes) < 1 - 1e-9:
        raise UserError(
            f"filter.topic_share: of {len(sizes):,} topics the largest has {1 / len(sizes):.4g} of the rows at least, "
            f"and no more than {share:g} is asked for; raise it"
        )

    def over(most: int) -> bool:
        return most > share * sum(min(size, most) for size in sizes.values()) + 1e-9

    most = bisect_right(range(1, max(sizes.values()) + 1), False, key=over)
    kept: Counter[str] = Counter()
    left: set[int] = set()
    for place in by_lot(ids, seed, TOPIC):
        kept[topics[place]] += 1
        if kept[topics[place]] > most:
            left.add(place)
    return left


def at_random(ids: Sequence[str], seed: int) -> list[int]:
    """Return the places of rows as a lot by the seed and each id takes them."""
    return by_lot(ids, seed, CHOSEN)


def by_quality(ids: Sequence[str], values: Sequence[float], seed: int) -> list[int]:
    """Return the places of rows, the highest value first, equal ones by lot."""
    return sorted(at_random(ids, seed), key=lambda place: -values[place])


def by_diversity(ids: Sequence[str], vectors: np.ndarray, clusters: int, seed: int) -> list[int]:
    """Return the places of rows: one of each cluster in turn, the larger clusters first, each row nearest its centre.

    ``vectors`` (rows, dimension) are parted by k-means once, whatever is taken, so that small choices lie within large.
    """
    import numpy as np
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=min(clusters, len(ids)), n_init=4, random_state=seed).fit(vectors.astype(np.float64))
    away = np.linalg.norm(vectors - model.cluster_centers_[model.labels_], axis=1).round(6)
    groups: dict[int, list[int]] = {}
    for place in at_random(ids, seed):
        groups.setdefault(int(model.labels_[place]), []).append(place)
    ordered = [sorted(group, key=lambda place: away[place]) for group in groups.values()]
    ordered.sort(key=lambda group: (-len(group), group[0]))
    return [group[turn] for turn in range(max(map(len, ordered))) for group in ordered if turn < len(group)]


def by_deita(
    ids: Sequence[str],
    complexities: Sequence[float],
    values: Sequence[float],
    vectors: np.ndarray,
    most_alike: float,
    seed: int,
) -> list[int]:
    """Return the places of rows that are kept, the highest product of complexity and rating first.

    A row whose cosine to a row kept is above ``most_alike`` is passed over (hkust-nlp/deita, `combined_filter.py`).
    Ratings outside 0 to 5 count as the nearer end. ``vectors`` (rows, dimension) have length 1.
    """
    import numpy as np

    scores = [one * min(HIGHEST, max(LOWEST, value)) for one, value in zip(complexities, values, strict=True)]
    kept: list[int] = []
    held = np.empty((0, vectors.shape[1]), dtype=vectors.dtype)
    for place in by_quality(ids, scores, seed):
        if len(kept) and float((held @ vectors[place]).max()) > most_alike:
            continue
        kept.append(place)
        held = np.concatenate([held, vectors[place][None]])
    return kept


def order_of(given: Json, lines: Sequence[Json], vectors: Callable[[], np.ndarray], seed: int) -> list[int]:
    """Return the places of rows in the order in which a method takes them.

    ``given``: {"by", "clusters", "most_alike", "complexity": the lines' column of it}; ``lines``: of the rows, with
    ratings where the method needs them; ``vectors``: makes the rows' vectors, where it needs those.
    """
    ids = [line["id"] for line in lines]
    if given["by"] == "random":
        return at_random(ids, seed)
    if given["by"] == "diversity":
        return by_diversity(ids, vectors(), given["clusters"], seed)
    ratings = [line["rating"] for line in lines]
    if given["by"] == "quality":
        return by_quality(ids, ratings, seed)
    complexities = [line[given["complexity"]] for line in lines]
    return by_deita(ids, complexities, ratings, vectors(), given["most_alike"], seed)


def taken(order: Sequence[int], count: int, given: Json, left: int) -> set[int]:
    """Return the places of the first ``count`` rows; UserError where there are fewer. ``left``: rows to choose from."""
    if count > left:
        raise UserError(
            f"choose.rows: {count:,} is more than the {left:,} rows that there are to choose from; lower it"
        )
    if count > len(order):
        raise UserError(
            f"choose.rows: of {left:,} rows only {len(order):,} are not more alike than most_alike "
            f"({given['most_alike']:g}), and {count:,} are asked for; lower it, or raise most_alike"
        )
    return set(order[:count])
