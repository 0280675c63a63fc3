"""The task preference: a prompt, an answer that is preferred, and one that is rejected."""

from functools import partial

from kotune.rows.pairs import REJECTED, checked
from kotune.rows.task import Asked, Task

TASK = Task(
    asked=(Asked("prompt", "prompt"),),
    gold="chosen",
    together="prompt",
    unit="prompt",
    labels=(REJECTED,),
    alike=("prompt", REJECTED),
    tried=partial(checked, "chosen"),
)
