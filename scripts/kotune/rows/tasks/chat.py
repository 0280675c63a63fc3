"""The task chat: an instruction, with an input or after earlier turns, and what the assistant answers.

Rows come in Alpaca's columns, as `messages`, or in ShareGPT's layout (`rows.chats`). A prompt set's rows may have no
answer, and may say of what kind and category they are.
"""

from kotune.rows.chats import HISTORY, SYSTEM
from kotune.rows.task import Asked, Task

TASK = Task(
    asked=(
        Asked("instruction", "instruction"),
        Asked("input", "input", optional=True),
        Asked(SYSTEM, "system text", optional=True),
        Asked(HISTORY, "earlier turns", optional=True, turns=True),
    ),
    gold="output",
    together="instruction",
    unit="instruction",
    labels=("kind", "category"),
    unanswered=True,
    apart=("input", HISTORY),
)
