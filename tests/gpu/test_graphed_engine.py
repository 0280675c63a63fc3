"""On a GPU, answers by CUDA graphs are the tokens of transformers' generate."""

import pytest
from random_answers import batch_of, config_of, model_of

from kotune.answering import graphed


@pytest.mark.parametrize(("kind", "attention"), [("gemma3_text", "sdpa"), ("gemma2", "eager"), ("llama", "sdpa")])
def test_graphs_make_the_tokens_of_generate(kind, attention):
    model = model_of(kind, attention).cuda()
    ids, mask = (one.cuda() for one in batch_of([60, 31, 7, 18, 2, 44]))
    config = config_of(max_new_tokens=24)
    expected = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)[:, ids.shape[1] :]
    assert graphed.answer(model, ids, mask, config) == expected.tolist()
