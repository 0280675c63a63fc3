"""Answers by a repeated step over a fixed cache: the tokens of transformers' generate."""

import pytest
from random_answers import batch_of, config_of, model_of

from kotune.answering import graphed, sampling
from kotune.answering.draws import Draws
from kotune.answering.samples import Sample


@pytest.mark.parametrize(
    ("kind", "attention"),
    [
        ("llama", "sdpa"),
        ("llama", "eager"),
        ("qwen2", "sdpa"),
        ("gemma2", "eager"),
        ("gemma3_text", "sdpa"),
        ("gemma3_text", "eager"),
    ],
)
def test_tokens_are_those_of_generate(kind, attention):
    model, (ids, mask) = model_of(kind, attention), batch_of([11, 3, 7, 1])
    free = model.generate(input_ids=ids, attention_mask=mask, generation_config=config_of())[:, ids.shape[1] :]
    assert graphed.answer(model, ids, mask, config_of(), graphed.run_once) == free.tolist()
    # ended by a token that some rows write soon, others late or never
    config = config_of(eos_token_id=sorted({int(free[0, 1]), int(free[2, 4])}))
    cut = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)[:, ids.shape[1] :].tolist()
    made = graphed.answer(model, ids, mask, config, graphed.run_once)
    assert [row[: len(cut[0])] for row in made] == cut
    assert all(token == 0 for row in made for token in row[len(cut[0]) :])


@pytest.mark.parametrize("kind", ["llama", "gemma3_text"])
def test_drawn_tokens_are_those_of_generate(kind):
    model, lengths = model_of(kind), [11, 11, 3, 1]
    ids, mask = batch_of(lengths)
    rows = [tuple(row[len(row) - n :]) for row, n in zip(ids.tolist(), lengths, strict=True)]
    batch = [Sample(place, "test", str(place), row, False, 1) for place, row in enumerate(rows)]
    config = config_of(do_sample=True, temperature=5.0, top_p=0.95, top_k=0)
    first, second = Draws.of(config, 42), Draws.of(config, 42)
    drawn = graphed.answer(model, ids, mask, config, graphed.run_once, (first, first.keys(batch, "cpu")))
    assert drawn == sampling.generate(model, batch, ids, mask, config, second)
    assert first.drawn == second.drawn > 12 and first.near == second.near
    assert drawn != graphed.answer(model, ids, mask, config_of(), graphed.run_once)


def test_steps_end_when_all_have_ended():
    model, (ids, mask) = model_of("llama"), batch_of([5, 4])
    steps = []

    def counted(step):
        def once():
            steps.append(1)
            step()

        once()
        return once

    graphed.answer(model, ids, mask, config_of(max_new_tokens=40, eos_token_id=list(range(97))), counted)
    assert steps == []
    graphed.answer(model, ids, mask, config_of(max_new_tokens=9), counted)
    assert len(steps) == 8


@pytest.mark.parametrize(
    ("kind", "device", "given", "why"),
    [
        ("llama", "cpu", {}, "no GPU"),
        ("llama", "cuda", {"do_sample": True, "temperature": 0.5, "top_k": 0}, None),
        ("llama", "cuda", {"do_sample": True, "min_p": 0.5}, "min_p"),
        ("llama", "cuda", {"repetition_penalty": 1.2}, "repetition_penalty"),
        ("gemma3_text", "cuda", {}, None),
        ("gemma2", "cuda", {}, None),
    ],
)
def test_what_is_left_to_generate(kind, device, given, why):
    said = graphed.refusal(config_of(**given), model_of(kind, "eager"), device)
    assert said is None if why is None else why in said


def test_other_models_are_left_to_generate():
    model = model_of("llama")
    model.config.model_type = "mamba"
    assert "mamba" in graphed.refusal(config_of(), model, "cuda")
