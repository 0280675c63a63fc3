"""An adapter's own configuration says whether it has a head that points."""

import json

import pytest

from kotune.models.heads import SPAN, head_of


@pytest.mark.parametrize(("task", "head"), [("QUESTION_ANS", SPAN), ("CAUSAL_LM", None), (None, None)])
def test_the_head_is_that_of_the_task(tmp_path, task, head):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"task_type": task}))
    assert head_of(tmp_path) == head


def test_without_an_adapter_the_base_answers(tmp_path):
    assert head_of(None) is None and head_of(tmp_path) is None
