"""What preference or classification data can show: the annotators' agreement, a plain classifier, and the power.

The ceiling is how far annotators agree. The floor is a logistic regression on bags of character bigrams, held out by
question and by topic: what it gets right, a model may have got from words alone, and what it gets right only while a
topic's rows stand on both sides, from the topic. The power is known before anything is trained. Topics are clusters of
prompts by average linkage, two joined while the mean cosine of their bigrams' TF-IDF is `ALIKE` and more. Reads and
writes nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import permutations

import numpy as np

from kotune.core.errors import UserError
from kotune.core.storage import Json
from kotune.prompts.retrieval import bigrams
from kotune.scoring.intervals import wilson
from kotune.scoring.resampling import RESAMPLES, generator_for, intervals_of, make_units, mean_estimate

ALIKE = 0.08  # on SQuARe's pairs it makes the topics that a reader sees: 63 and 20 pairs of 107, for 64 and 20
MOST = 4000  # different prompts of which topics are made
FOLDS = 5
LEAST = 10  # pairs or texts of which a floor is made
ALPHA, POWER = 0.05, 0.8


def annotators(ratings: Iterable[Sequence[Hashable]]) -> Json:
    """Return how far annotators agree on nominal labels: ``{"items", "ratings", "pairwise", "alpha"}``.

    ``ratings``: the labels that each item got; items with fewer than two say nothing. ``pairwise``: of two annotators
    of an item, how often they say the same. ``alpha``: Krippendorff's (2004), None where all say one label.
    """
    several = [list(one) for one in ratings if len(one) > 1]
    if not several:
        raise UserError("agreement needs items with two labels at least; there is none")
    together: dict[tuple[Hashable, Hashable], float] = {}
    for labels in several:
        for pair in permutations(labels, 2):
            together[pair] = together.get(pair, 0.0) + 1 / (len(labels) - 1)
    count = sum(together.values())
    apart = sum(weight for (one, other), weight in together.items() if one != other) / count
    of_label: dict[Hashable, float] = {}
    for (one, _), weight in together.items():
        of_label[one] = of_label.get(one, 0.0) + weight
    chance = 1 - sum(weight * (weight - 1) for weight in of_label.values()) / (count * (count - 1))
    return {
        "items": len(several),
        "ratings": sum(map(len, several)),
        "pairwise": 1 - apart,
        "alpha": None if chance <= 0 else 1 - apart / chance,
    }


def detectable(pairs: int) -> float | None:
    """Return the accuracy that so many independent pairs tell from a half with 80 % power (exact, two-sided 5 %).

    None where no number of right pairs would be significant.
    """
    from scipy.stats import beta, binom

    least = int(binom.isf(ALPHA / 2, pairs, 0.5)) + 1  # the fewest right that chance has in 2.5 % of cases at most
    return None if least > pairs else float(beta.ppf(POWER, least, pairs - least + 1))


def topics_of(texts: Sequence[str]) -> list[int] | None:
    """Return each text's topic as a number; None of more different texts than are held against one another."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform
    from sklearn.feature_extraction.text import TfidfVectorizer

    distinct = list(dict.fromkeys(texts))
    if not 1 < len(distinct) <= MOST:
        return [0] * len(texts) if distinct[1:] == [] else None
    # with spaces: without them, pieces that reach over two words make one topic of less
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True).fit_transform(distinct)
    apart = np.clip(1 - (vectors @ vectors.T).toarray(), 0, None)
    apart[np.diag_indices_from(apart)] = 0
    merged = linkage(squareform((apart + apart.T) / 2, checks=False), "average")
    number = dict(zip(distinct, fcluster(merged, 1 - ALIKE, "distance").tolist(), strict=True))
    return [number[text] for text in texts]


def _folds(groups: Sequence[Hashable]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (learned, held out) places of each fold; a group is never on both sides. None of fewer than two groups."""
    from sklearn.model_selection import GroupKFold

    count = len(set(groups))
    if count < 2:
        return []
    places = np.arange(len(groups))
    return list(GroupKFold(min(FOLDS, count)).split(places, groups=np.array(list(map(str, groups)))))


def _fitted(features, labels: Sequence[int], intercept: bool):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, fit_intercept=intercept, solver="liblinear", random_state=0).fit(features, labels)


def pairs_right(chosen: Sequence[str], rejected: Sequence[str], groups: Sequence[Hashable]) -> np.ndarray | None:
    """Return of each held-out pair whether the classifier sets the chosen side higher (1, 0, or .5 where equal).

    None where there are too few pairs, or one group alone.
    """
    from scipy.sparse import vstack
    from sklearn.feature_extraction.text import CountVectorizer

    folds = _folds(groups) if len(groups) >= LEAST else []
    if not folds:
        return None
    right = np.empty(len(groups))
    for learned, held in folds:
        counter = CountVectorizer(analyzer=bigrams, binary=True)
        counter.fit([texts[place] for texts in (chosen, rejected) for place in learned])
        better, worse = (counter.transform(texts).astype(float) for texts in (chosen, rejected))
        apart = better - worse
        known = vstack([apart[learned], -apart[learned]])
        lead = _fitted(known, [1] * len(learned) + [0] * len(learned), False).decision_function(apart[held])
        right[held] = np.where(np.abs(lead) < 1e-12, 0.5, lead > 0)
    return right


def label_auc(texts: Sequence[str], labels: Sequence[int], groups: Sequence[Hashable]) -> float | None:
    """Return the area under the ROC curve of the classifier's held-out scores (the mean over folds with both labels).

    None where there are too few texts, one group or one label alone.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.metrics import roc_auc_score

    said, found = np.array(labels), []
    for learned, held in _folds(groups) if len(groups) >= LEAST else []:
        if len(set(said[learned])) < 2 or len(set(said[held])) < 2:
            continue
        counter = CountVectorizer(analyzer=bigrams, binary=True)
        known = counter.fit_transform([texts[place] for place in learned]).astype(float)
        asked = counter.transform([texts[place] for place in held]).astype(float)
        found.append(roc_auc_score(said[held], _fitted(known, said[learned], True).decision_function(asked)))
    return float(np.mean(found)) if found else None


def _share(right: np.ndarray | None, prompts: Sequence[str]) -> Json | None:
    """Return the mean of what is right with its 95 % interval over prompts; Wilson's where all is alike."""
    if right is None:
        return None
    units = make_units(len(prompts), prompts, "the pairs")
    mean = float(right.mean())
    if right.min() == right.max():  # nothing to resample
        low, high = wilson(mean, units.count)
        return {"mean": mean, "low": low, "high": high}
    ((low, high),) = intervals_of([mean_estimate(right, units)], units, generator_for(0, "floors"), RESAMPLES)
    return {"mean": mean, "low": low, "high": high}


def of_pairs(prompts: Sequence[str], chosen: Sequence[str], rejected: Sequence[str]) -> Json:
    """Return what pairs can show: how many, of how many prompts and topics, the floors, and what they could detect.

    ``largest``: the pairs of the two largest topics; none where no topics were made. ``by_question``, ``by_topic``: the
    floor held out by each, as mean, low and high; None where it cannot be made.
    """
    topics = topics_of(prompts) if len(prompts) >= LEAST else None
    sizes = sorted(np.unique(topics, return_counts=True)[1], reverse=True) if topics else []
    return {
        "pairs": len(prompts),
        "prompts": len(set(prompts)),
        "topics": len(sizes) or None,
        "largest": [int(size) for size in sizes[:2]],
        "by_question": _share(pairs_right(chosen, rejected, prompts), prompts),
        "by_topic": _share(pairs_right(chosen, rejected, topics), prompts) if topics else None,
        "detectable": detectable(len(prompts)),
    }
