"""Both ways of scoring give what one text at a time gives."""

import pytest
import torch
from tuned_layers import tuned

from kotune.core.names import ROOT
from kotune.harness.likelihoods import Scorer, batches_of, pick
from kotune.harness.token_ids import Asked


def asked() -> list[Asked]:
    generator = torch.Generator().manual_seed(5)

    def ids(count: int) -> list[int]:
        return torch.randint(6, 97, (count,), generator=generator).tolist()

    shots = ids(40)
    made = []
    for number in range(9):
        context = [*shots, *ids(3 + number)] if number % 2 else ids(1 + number)
        made.append(Asked(context, [ids(1), ids(3), ids(2 + number)], [(number, place) for place in range(3)]))
    return made


def expected(model) -> dict:
    made = {}
    for one in asked():
        for owner, back in zip(one.owners, one.continuations, strict=True):
            text = torch.tensor([[*one.context, *back]])
            with torch.no_grad():
                chances = model(input_ids=text).logits[0].log_softmax(-1)[len(one.context) - 1 : -1]
            picked = chances.gather(1, torch.tensor(back)[:, None])
            made[owner] = (float(picked.sum()), len(back), chances.argmax(-1).tolist() == back)
    return made


@pytest.fixture(params=["Llama", "Qwen2"])
def model(request):
    made = tuned(request.param)
    made.eval()
    return made


@pytest.mark.parametrize("way, tokens", [("branched", 10_000), ("branched", 60), ("padded", 10_000), ("padded", 1)])
def test_sums_are_those_of_each_text_alone(model, way, tokens):
    wanted = expected(model)  # before the scorer: from then on the model attends its way
    scorer = Scorer(model, way, tokens)
    passes = scorer.passes(asked())
    made = {one.owner: one for some in scorer.score(passes, exact=True) for one in some}
    assert made.keys() == wanted.keys()
    for owner, (total, count, greedy) in wanted.items():
        assert made[owner].sum == pytest.approx(total, abs=1e-4)
        assert (made[owner].tokens, made[owner].greedy) == (count, greedy)
    assert (len(passes) == 1) == (tokens == 10_000)


def test_an_adapter_that_is_switched_off_is_not_seen(model):
    with model.disable_adapter():
        wanted = expected(model)
    scorer = Scorer(model)
    passes = scorer.passes(asked())
    tuned_sums = [one.sum for some in scorer.score(passes, True) for one in some]
    with model.disable_adapter():
        base_sums = [one.sum for some in scorer.score(passes, True) for one in some]
    assert base_sums != tuned_sums
    owners = [one.owner for some in scorer.score(passes, True) for one in some]
    assert base_sums == pytest.approx([wanted[owner][0] for owner in owners], abs=1e-4)


def test_capped_and_windowed_attention_is_kept():
    from transformers import AutoModelForCausalLM

    folder = ROOT / "resources/mini/models/tiny-gemma2"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    wanted = expected(model)
    scorer = Scorer(model, "branched", 200)
    for some in scorer.score(scorer.passes(asked()), exact=True):
        for one in some:
            assert one.sum == pytest.approx(wanted[one.owner][0], abs=1e-4)


def test_in_the_models_own_type_numbers_are_as_coarse_as_it():
    logits = torch.randn(3, 50, generator=torch.Generator().manual_seed(1)).to(torch.bfloat16)
    coarse, _ = pick(logits, [(0, 3), (2, 7)], exact=False)
    exact, hits = pick(logits, [(0, 3), (2, int(logits[2].argmax()))], exact=True)
    assert (coarse.dtype, exact.dtype) == (torch.bfloat16, torch.float32)
    assert torch.equal(coarse[:1], logits.log_softmax(-1)[0, 3:4])
    assert hits.tolist() == [False, True]


def test_logits_are_taken_in_chunks(monkeypatch):
    logits = torch.randn(7, 20, generator=torch.Generator().manual_seed(1))
    targets = [(6, 1), (0, 2), (3, 3), (3, 4)]
    whole = pick(logits, targets, True)
    monkeypatch.setattr("kotune.harness.likelihoods.CHUNK", 40)
    for one, other in zip(pick(logits, targets, True), whole, strict=True):
        assert torch.equal(one, other)


def test_padded_batches_keep_to_their_tokens_and_places():
    for batch in batches_of(asked(), 100, 30):
        width = max(len(row.ids) for row in batch) - 1
        assert len(batch) == 1 or len(batch) * width <= 100
        assert len(batch) == 1 or len(batch) * (width - min(row.begin for row in batch)) <= 30
