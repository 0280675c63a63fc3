"""The task benchmark-item: what a benchmark asks, word for word as it asks it, and the right one of its answers.

White space counts: an answer begins with whatever parts it from the text, as the benchmark's own scoring has it.
"""

from kotune.rows.task import Asked, Task

TASK = Task(asked=(Asked("text", "text"),), gold="answer", together="text", unit="item", labels=("kind",))
