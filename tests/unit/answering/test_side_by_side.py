"""Answers that are made side by side: those that are held are not made again, and each goes to its own prompt."""

from types import SimpleNamespace

import pytest
import torch

from kotune.answering.engines import Pass
from kotune.answering.side_by_side import WRITTEN, Made, SideBySide
from kotune.core.errors import UserError
from kotune.prompts.encoding import Prompt

ORDER = SimpleNamespace(label="tiny/base/seed42", cleanup={})


class Backwards(SideBySide):
    """Ends the last prompt first; each answer is the length of its prompt."""

    def made(self, prompts, limit):
        self.asked = prompts, limit
        for place in reversed(range(len(prompts))):
            yield Made(place, [len(prompts[place])], True)


def read(prompt, tokens, stopped, tokenizer, cleanup):
    return {"id": prompt.id, "split": prompt.split, "answer": tokens[0]}


def prompts(count):
    return [Prompt(place, "test", str(place), (7,) * (place + 1), place == 2) for place in range(count)]


def test_every_answer_goes_to_its_own_prompt_and_excluded_ones_are_not_asked():
    engine = Backwards(ORDER, None)
    made = [line for lines in engine.answer(Pass(prompts(5), 6, read), []) for line in lines]
    assert {line["id"]: line["answer"] for line in made} == {"0": 1, "1": 2, "3": 4, "4": 5}
    assert engine.asked[1] == 6


def test_what_is_held_is_not_made_again():
    engine = Backwards(ORDER, None)
    held = [[{"id": "4", "split": "test", "answer": 5}], [{"id": "0", "split": "valid", "answer": 1}]]
    made = [line["id"] for lines in engine.answer(Pass(prompts(5), 6, read), held) for line in lines]
    assert made == ["3", "1", "0"], "the other split's row 0 is another one"
    held.append([{"id": "1", "split": "test", "reasoning": ""}])
    second = Pass(prompts(5), 6, read, second=True)
    assert "1" not in [line["id"] for lines in engine.answer(second, held) for line in lines]
    assert "4" in [line["id"] for lines in engine.answer(second, held) for line in lines], "of the first pass"


def test_lines_come_in_groups_so_that_a_killed_run_loses_few():
    sizes = [len(lines) for lines in Backwards(ORDER, None).answer(Pass(prompts(2 * WRITTEN + 3), 6, read), [])]
    assert sizes == [WRITTEN, WRITTEN, 2]


def test_a_full_memory_says_what_to_do():
    class Full(SideBySide):
        def made(self, prompts, limit):
            raise torch.cuda.OutOfMemoryError

    with pytest.raises(UserError, match="memory is full: set generation.engine to padded and a small batch_size"):
        list(Full(ORDER, None).answer(Pass(prompts(1), 6, read), []))
