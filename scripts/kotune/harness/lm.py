"""The engine as a model of lm-evaluation-harness: its evaluator asks, `harness.likelihoods` scores.

Reads and writes nothing. Log-likelihoods of continuations alone. `lm_eval` is imported when a model is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kotune.core.errors import UserError
from kotune.harness import token_ids
from kotune.harness.likelihoods import Scorer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def scored(
    scorer: Scorer, tokenizer: PreTrainedTokenizerBase, pairs: Sequence[tuple[str, str]], exact: bool
) -> list[tuple[float, bool]]:
    """Return (log-likelihood, whether each token was the likeliest) of (context, continuation) pairs, in their order.

    Pairs with the same context go through the model as one request.
    """
    places: dict[str, list[int]] = {}
    for place, (context, _) in enumerate(pairs):
        places.setdefault(context, []).append(place)
    wanted = list(places.values())
    requests = [(pairs[group[0]][0], [pairs[place][1] for place in group]) for group in wanted]
    asked = token_ids.asked(tokenizer, requests, token_ids.longest(scorer.base.config, tokenizer))
    answers: list[tuple[float, bool]] = [(0.0, False)] * len(pairs)
    for made in scorer.score(scorer.passes(asked), exact):
        for one in made:
            number, place = one.owner
            answers[wanted[number][place]] = one.sum, one.greedy
    return answers


def lm_of(scorer: Scorer, tokenizer: PreTrainedTokenizerBase, exact: bool = False) -> Any:
    """Return the engine as an `lm_eval` model; ``exact``: log-softmax and sums in float32."""
    from lm_eval.api.model import LM

    class Kotune(LM):
        """Log-likelihoods by kotune; what writes text is asked elsewhere."""

        def loglikelihood(self, requests: list, disable_tqdm: bool = False) -> list[tuple[float, bool]]:
            return scored(scorer, tokenizer, [request.args for request in requests], exact)

        def loglikelihood_rolling(self, requests: list, disable_tqdm: bool = False) -> list[float]:
            raise UserError("lm-evaluation-harness asks for the perplexity of texts, which kotune does not score")

        def generate_until(self, requests: list, disable_tqdm: bool = False) -> list[str]:
            raise UserError("lm-evaluation-harness asks for answers that are written, which kotune does not score")

    return Kotune()
