"""A model's chat template, applied by lm-evaluation-harness's own function.

Reads a model folder's tokenizer; writes nothing. A template that writes today's date would give other requests
tomorrow: the clock that templates ask (``strftime_now``) stands still here, at the date that the templates of Llama
take where there is none.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from kotune.core.errors import UserError
from kotune.core.protocols import NO_TEMPLATE

DATE = datetime.datetime(2024, 7, 26)  # what the templates of Llama 3.1 and 3.2 write without a clock
CLOCK = "strftime_now"
_FORMATS = re.compile(r"%[^'\"]*(?=['\"])")


def still(template: str) -> tuple[str, dict[str, str]]:
    """Return a template whose clock stands still, and the dates that it needs by the format that it asks for."""
    if CLOCK not in template:
        return template, {}
    dates = {asked: DATE.strftime(asked) for asked in _FORMATS.findall(template)}
    return f"{{% set {CLOCK} = kotune_dates.get %}}\n{template}", dates  # the line's end belongs to the block


def chat_template(folder: str | Path) -> Callable[..., str]:
    """Return lm-eval's function that renders a dialogue by a model's template; UserError where the model has none."""
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    if not tokenizer.chat_template:
        raise UserError(f"{folder}: the model has no chat template; ask it with template: {NO_TEMPLATE}")
    if isinstance(tokenizer.chat_template, dict):  # as lm-eval chooses among several
        tokenizer.chat_template = tokenizer.chat_template["default"]
    tokenizer.chat_template, dates = still(tokenizer.chat_template)
    # the function reads two things of the model that it belongs to; loading the model itself would take minutes
    model = SimpleNamespace(tokenizer=tokenizer, chat_template_args={"kotune_dates": dates} if dates else {})
    return lambda history, add_generation_prompt=True: HFLM.apply_chat_template(model, history, add_generation_prompt)
