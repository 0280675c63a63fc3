"""Padded batches through transformers' own generate: fixed before the start, and each answer ends at its stop token."""

import pytest
from tiny_model import make_tokenizer

from kotune.answering import padded
from kotune.core.errors import UserError
from kotune.models import loading
from kotune.prompts import encoding

GENERATION = {"max_new_tokens": 6, "batch_size": 4, "do_sample": False}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    make_tokenizer(folder)
    return loading.load_tokenizer({"path": str(folder), "pad": "<pad>", "stop": ["<end_of_turn>"]})


class Order:
    cleanup = {}


class Scripted:
    """A model that has its answers ready."""

    device = "cpu"

    def __init__(self, answers):
        self.answers = answers

    def generate(self, input_ids, attention_mask, generation_config):
        import torch

        self.seen = input_ids, attention_mask
        return torch.cat([input_ids, torch.tensor(self.answers)], dim=1)


def test_stop_token_ends_an_answer_and_other_special_tokens_stay_visible_in_raw(tokenizer):
    config = padded.generation_config(GENERATION, tokenizer, [4, 1])
    words = tokenizer("  금리\n물가", add_special_tokens=False)["input_ids"]
    width = len(words) + 3
    rows = [[*words, 4, 0, 0], [3, *words, 1, 0], [*words, 3, 3, 3]]
    model = Scripted([row[:width] for row in rows])
    batch = [encoding.Prompt(0, "test", str(place), (7,) * (place + 1), False) for place in range(3)]
    lines = padded.answer_batch(model, tokenizer, batch, config, {"cut_at": ["\n", "물"]})
    assert [line["answer"] for line in lines] == ["금리"] * 3
    assert [line["cut"] for line in lines] == ["\n"] * 3
    raw = "  금리\n물가"
    assert [line["raw"] for line in lines] == [raw, f"<start_of_turn>{raw}", raw + "<start_of_turn>" * 3]
    assert [line["finish_reason"] for line in lines] == ["stop", "stop", "length"]
    assert [line["new_tokens"] for line in lines] == [len(words) + 1, len(words) + 2, len(words) + 3]
    assert model.seen[0].tolist() == [[0, 0, 7], [0, 7, 7], [7, 7, 7]]
    assert model.seen[1].tolist() == [[0, 0, 1], [0, 1, 1], [1, 1, 1]]


def test_the_longest_prompts_come_first_and_excluded_ones_not_at_all():
    lengths = (3, 9, 1, 5, 7)
    prompts = [
        encoding.Prompt(place, "test", str(place), (7,) * count, place == 1) for place, count in enumerate(lengths)
    ]
    batches = padded.batches_of(prompts, 3)
    assert [[len(prompt.tokens) for prompt in batch] for batch in batches] == [[7, 5, 3], [1]]
    # at most eight tokens, padding counted; a prompt that is longer is a batch of its own
    batches = padded.batches_of(prompts, 3, 6)
    assert [[len(prompt.tokens) for prompt in batch] for batch in batches] == [[7], [5], [3, 1]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_new_token": 6}, "generation: unknown key 'max_new_token'; did you mean 'max_new_tokens'"),
        ({"batch_size": 0}, "generation.batch_size: 0 is not a whole number above 0"),
    ],
)
def test_settings_that_cannot_be(tokenizer, settings, message):
    with pytest.raises(UserError, match=message):
        padded.generation_config({**GENERATION, **settings}, tokenizer, [4])


def test_a_model_whose_steps_cannot_be_recorded_is_left_to_generate(tokenizer, monkeypatch):
    engine = padded.Padded.__new__(padded.Padded)
    engine.model, engine.tokenizer, engine.order = Scripted([[7, 4]]), tokenizer, Order()
    engine.graphs, engine.notes = True, []

    def fails(*given):
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(padded.graphed, "answer", fails)
    config = padded.generation_config(GENERATION, tokenizer, [4])
    batch = [encoding.Prompt(0, "test", "a", (7, 8), False)]
    assert [line["finish_reason"] for line in engine._lines(batch, config, padded.line_of)] == ["stop"]
    assert engine.notes == ["no CUDA graphs: operation not permitted when stream is capturing"]
    assert not engine.graphs
