"""A model's chat template as requests use it: the same text on every day, and an error where there is none."""

import pytest
import small_template

from kotune.core.errors import UserError
from kotune.harness.chat import chat_template

pytest.importorskip("lm_eval")
DATED = (
    "{%- if strftime_now is defined %}{%- set date = strftime_now('%d %b %Y') %}{%- else %}{%- set date = '?' %}{%- endif %}"
    "{{ date }}{% for message in messages %}|{{ message['role'] }}: {{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}|assistant:{% endif %}"
)
NO_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turn') }}{% endif %}" + DATED
ASKED = [{"role": "system", "content": "가"}, {"role": "user", "content": "나 "}]


def test_a_template_that_writes_today_s_date_writes_the_same_one_every_day(tmp_path):
    small_template.write(tmp_path, DATED)
    assert chat_template(tmp_path)(ASKED) == "26 Jul 2024|system: 가|user: 나 |assistant:"


def test_other_formats_and_templates_that_begin_with_a_line_are_kept(tmp_path):
    small_template.write(
        tmp_path, "\n{% macro day() %}{{ strftime_now('%Y-%m-%d') }}{% endmacro %}{{ day() }}|{{ messages[1].content }}"
    )
    assert chat_template(tmp_path)(ASKED) == "\n2024-07-26|나 "


def test_a_system_turn_that_a_template_refuses_is_left_out_as_lm_eval_does(tmp_path):
    small_template.write(tmp_path, NO_SYSTEM)
    assert chat_template(tmp_path)(ASKED) == "26 Jul 2024|user: 나 |assistant:"


def test_a_model_without_a_template_is_refused(tmp_path):
    small_template.write(tmp_path, None)
    with pytest.raises(UserError, match="no chat template; ask it with template: none"):
        chat_template(tmp_path)
