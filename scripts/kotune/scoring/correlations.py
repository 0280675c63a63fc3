"""How far a metric agrees with people: its correlation with their judgement of pairs of sentences.

Takes pairs and numbers; reads and writes nothing. A correlation over rows of several sources also says how the sources
differ, which a metric gets for nothing: it is told inside each source as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kotune.core.errors import UserError
from kotune.core.storage import Json

ALL = "all"


def correlation(found: Sequence[float], judged: Sequence[float]) -> Json:
    """Return Pearson's and Spearman's correlation times 100, and the count; None where one side never changes."""
    from scipy.stats import pearsonr, spearmanr

    if len(found) != len(judged) or len(found) < 3:
        raise UserError(f"{len(found)} values and {len(judged)} judgements: a correlation needs three pairs at least")
    if len(set(found)) == 1 or len(set(judged)) == 1:
        return {"n": len(found), "pearson": None, "spearman": None}
    pearson, spearman = pearsonr(found, judged).statistic, spearmanr(found, judged).statistic
    return {"n": len(found), "pearson": round(100 * float(pearson), 1), "spearman": round(100 * float(spearman), 1)}


def correlations(values: Mapping[str, Sequence[float]], judged: Sequence[float], sources: Sequence[str]) -> Json:
    """Return ``{metric: {"all": …, source: …}}`` of `correlation`; ``values``: of each metric, one a pair."""
    places = {ALL: list(range(len(judged)))}
    for place, source in enumerate(sources):
        places.setdefault(source, []).append(place)
    return {
        metric: {
            of: correlation([found[place] for place in chosen], [judged[place] for place in chosen])
            for of, chosen in places.items()
        }
        for metric, found in values.items()
    }


def ngram_similarities(pairs: Sequence[tuple[str, str]], size: int) -> list[float]:
    """Return the cosine of the TF-IDF vectors of character n-grams of each pair; weights come from these sentences."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    first, second = zip(*pairs, strict=True)
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(size, size)).fit_transform([*first, *second])
    one, other = vectors[: len(pairs)], vectors[len(pairs) :]
    return np.asarray(one.multiply(other).sum(axis=1)).ravel().tolist()
