"""The task code: an instruction that asks for a Python function, what is written for it, and tests that nobody sees.

Rows have Alpaca's columns, and `tests` and `entry_point` besides; HumanEval's layout is read too (`rows.humaneval`).
Rows may have labels: their `category`, their educational `value` (0 to 5), and what is wrong with them (`noise`).
The instruction, or the input, may be the function's head with its docstring: then what is written may be its body.
"""

from kotune.rows.task import Asked, Task
from kotune.rows.tried import ENTRY, EXAMPLES, TESTS, tried

TASK = Task(
    asked=(Asked("instruction", "instruction"), Asked("input", "input", optional=True)),
    gold="output",
    together="instruction",
    unit="instruction",
    labels=(EXAMPLES, "category", "value", "noise", ENTRY, TESTS),
    apart=("input",),
    tried=tried,
)
