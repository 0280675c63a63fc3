"""Educational value: a regressor on embeddings that learned labels, 0 to 5, and how far it may be believed.

FineWeb-Edu's way with scikit-learn: the embedder stays as it is, a linear model (ridge regression, its strength by
leave-one-out) is put on it, and a rating counts as the class, 0 to 5, that it rounds to. Takes vectors and labels;
reads and writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.core.lots import by_lot
from kotune.core.storage import Json

if TYPE_CHECKING:
    import numpy as np

LOWEST, HIGHEST = 0, 5
CLASSES = range(LOWEST, HIGHEST + 1)
STRENGTHS = [10.0**power for power in range(-3, 4)]  # of ridge regression
DIGITS = 4  # of a rating: digits beyond these are noise of the processor
RESAMPLES = 2000
REMOVED_AT = (2, 3, 4)
HELD_OUT = "held out"  # tells this draw from others by the same seed and ids


def checked_labels(values: Mapping[str, Any], ids: Sequence[str], where: str) -> dict[str, float]:
    """Return id → label of the rows that have one; an empty value is none.

    Raises UserError for a label that is no number from 0 to 5, for labels of no row, and where all are of one class.
    """
    known, found = set(ids), {}
    for name, value in values.items():
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not LOWEST <= number <= HIGHEST:
            raise UserError(f"{where}: the label of '{name}' is {value!r}; it must be a number from 0 to 5")
        found[name] = number
    stray = [name for name in found if name not in known]
    if stray and len(stray) == len(found):
        raise UserError(f"{where}: none of its {len(found):,} labels is of a row, the first is of '{stray[0]}'")
    found = {name: number for name, number in found.items() if name in known}
    if not found:
        raise UserError(f"{where}: there are no labels; give some rows a value from 0 to 5")
    classes = {class_of(number) for number in found.values()}
    if len(classes) == 1:
        raise UserError(f"{where}: all {len(found):,} labels are of one class, {classes.pop()}; label other rows, too")
    return found


def held_out(labels: Mapping[str, float], units: Mapping[str, str], share: float, seed: int) -> set[str]:
    """Return the ids of labelled rows that validate: the share of each class, drawn by lot, whole units together.

    ``units``: of each id; rows of one text would else stand on both sides.
    """
    by_class: dict[int, list[str]] = {}
    for name, value in labels.items():
        by_class.setdefault(class_of(value), []).append(name)
    taken: set[str] = set()
    for names in (by_class[one] for one in sorted(by_class)):
        quota = round(share * len(names))
        for place in by_lot([units[name] for name in names], seed, HELD_OUT):
            if sum(units[name] in taken for name in names) >= quota:
                break
            taken.add(units[names[place]])
    found = {name for name in labels if units[name] in taken}
    if not found or len(found) == len(labels):
        raise UserError(
            f"quality.held_out: {share:g} of {len(labels):,} labels leaves {len(found):,} to validate and "
            f"{len(labels) - len(found):,} to learn from; label more rows, or change the share"
        )
    if len({class_of(value) for name, value in labels.items() if name not in found}) == 1:
        raise UserError("quality.labels: without those that validate all labels are of one class; label more rows")
    return found


def ratings(vectors: np.ndarray, learned: Sequence[int], values: Sequence[float]) -> tuple[list[float], float]:
    """Return the rating of each row, as the model says it, and the strength that leave-one-out chose.

    ``vectors`` (rows, dimension); ``learned``: places of the rows that are learned from, ``values``: their labels.
    """
    import numpy as np
    from sklearn.linear_model import RidgeCV

    model = RidgeCV(alphas=STRENGTHS).fit(vectors[list(learned)].astype(np.float64), np.asarray(values))
    found = model.predict(vectors.astype(np.float64))
    return [round(float(one), DIGITS) for one in found], float(model.alpha_)


def class_of(rating: float) -> int:
    """Return the class that a rating rounds to, 0 to 5; halves go up."""
    return min(HIGHEST, max(LOWEST, int(rating + 0.5) if rating > 0 else 0))


def binary_f1(labels: Sequence[int], found: Sequence[int], threshold: int) -> float:
    """Return the F1 of telling rows of at least the threshold from others; 0 where nothing is right."""
    pairs = [(label >= threshold, one >= threshold) for label, one in zip(labels, found, strict=True)]
    both = sum(label and one for label, one in pairs)
    either = sum(label for label, _ in pairs) + sum(one for _, one in pairs)
    return 2 * both / either if either else 0.0


def macro_f1(labels: Sequence[int], found: Sequence[int]) -> float:
    """Return the mean F1 of the classes that occur among labels or ratings, as scikit-learn counts, but much faster."""
    right = Counter(label for label, one in zip(labels, found, strict=True) if label == one)
    of_labels, of_found = Counter(labels), Counter(found)
    classes = sorted({*of_labels, *of_found})
    return sum(2 * right[one] / (of_labels[one] + of_found[one]) for one in classes) / len(classes)


def interval(
    statistic: Callable[[Sequence[int]], float], units: Sequence[str], seed: int, resamples: int = RESAMPLES
) -> list[float]:
    """Return the 95 % percentile interval of a statistic of rows' places, by a bootstrap of whole units."""
    import numpy as np

    places: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        places.setdefault(unit, []).append(place)
    groups = list(places.values())
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        chosen = generator.integers(len(groups), size=len(groups))
        drawn.append(statistic([place for group in chosen for place in groups[group]]))
    finite = [one for one in drawn if one == one]
    return [round(float(end), DIGITS) for end in np.percentile(finite, [2.5, 97.5])] if finite else []


def validation(
    labels: Sequence[float], found: Sequence[float], units: Sequence[str], threshold: int, seed: int
) -> Json:
    """Return how far ratings of held-out rows agree with their labels, each number with its 95 % interval."""
    true, said = [class_of(one) for one in labels], [class_of(one) for one in found]

    def of(places: Sequence[int], count: Callable[[list[int], list[int]], float]) -> float:
        return count([true[place] for place in places], [said[place] for place in places])

    def told(count: Callable[[list[int], list[int]], float]) -> Json:
        ends = interval(lambda places: of(places, count), units, seed)
        return {"value": round(count(true, said), DIGITS), "interval": ends}

    return {
        "rows": len(true),
        "positive": sum(one >= threshold for one in true),
        "classes": len({*true, *said}),
        "binary_f1": told(lambda one, other: binary_f1(one, other, threshold)),
        "macro_f1": told(macro_f1),
        "always": round(binary_f1(true, [HIGHEST] * len(true), threshold), DIGITS),
    }


def calibration(labels: Sequence[float], found: Sequence[float]) -> list[Json]:
    """Return for each class of ratings: rows, the mean rating, and the mean label with its standard error."""
    made = []
    for one in CLASSES:
        pairs = [(label, rating) for label, rating in zip(labels, found, strict=True) if class_of(rating) == one]
        if not pairs:
            continue
        count, mean = len(pairs), sum(label for label, _ in pairs) / len(pairs)
        spread = sum((label - mean) ** 2 for label, _ in pairs) / (count - 1) if count > 1 else None
        error = None if spread is None else round((spread / count) ** 0.5, DIGITS)
        rating = round(sum(rating for _, rating in pairs) / count, DIGITS)
        made.append({"class": one, "rows": count, "rating": rating, "label": round(mean, DIGITS), "se": error})
    return made


def removed(found: Sequence[float]) -> dict[str, int]:
    """Return how many rows a filter removes at each of the thresholds that are published."""
    return {str(one): sum(class_of(rating) < one for rating in found) for one in REMOVED_AT}
