"""On a GPU, answers by CUDA graphs are the tokens of transformers' generate, or those that are drawn on a CPU."""

import pytest
from random_answers import batch_of, config_of, model_of

from kotune.answering import graphed, sampling
from kotune.answering.draws import Draws, key_of, uniforms
from kotune.answering.samples import Sample


@pytest.mark.parametrize(("kind", "attention"), [("gemma3_text", "sdpa"), ("gemma2", "eager"), ("llama", "sdpa")])
def test_graphs_make_the_tokens_of_generate(kind, attention):
    model = model_of(kind, attention).cuda()
    ids, mask = (one.cuda() for one in batch_of([60, 31, 7, 18, 2, 44]))
    config = config_of(max_new_tokens=24)
    expected = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)[:, ids.shape[1] :]
    assert graphed.answer(model, ids, mask, config) == expected.tolist()


def test_draws_on_a_gpu_are_those_of_a_cpu():
    import torch

    keys = torch.tensor([key_of(42, "a", number) for number in range(3)])
    assert uniforms(keys.cuda(), 5, 1000).tolist() == uniforms(keys, 5, 1000).tolist()
    model, lengths = model_of("gemma3_text"), [60, 31, 7, 18]
    ids, mask = batch_of(lengths)
    rows = [tuple(row[len(row) - n :]) for row, n in zip(ids.tolist(), lengths, strict=True)]
    batch = [Sample(place, "test", str(place), row, False, 1) for place, row in enumerate(rows)]
    config = config_of(do_sample=True, temperature=5.0, top_p=0.95, top_k=0)
    expected = sampling.generate(model, batch, ids, mask, config, Draws.of(config, 42))
    draws = Draws.of(config, 42)
    made = graphed.answer(model.cuda(), ids.cuda(), mask.cuda(), config, draws=(draws, draws.keys(batch, "cuda")))
    assert draws.drawn > 4
    same = sum(one == other for one, other in zip(made, expected, strict=True))
    assert same >= len(batch) - draws.near, "they differ in near ties alone"
