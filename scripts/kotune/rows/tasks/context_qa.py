"""The task context-qa: a question on a context, and a short answer that the context holds."""

from kotune.rows.task import Asked, Task

TASK = Task(
    asked=(Asked("context", "article", long=True), Asked("question", "question")),
    gold="answer",
    reasoning="cot_answer",
    together="context",
    unit="article",
)
