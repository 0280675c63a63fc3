"""What a study takes on a processor, without a GPU: seconds for each token and parameter, and bytes.

Reads and writes nothing. A processor is slow enough for nothing but the matrix products to matter, so that time goes
with tokens and parameters (config/cost-model.yaml, `cpu`).
"""

from __future__ import annotations

from kotune.core.storage import Json
from kotune.cost.fit import Job

BYTES_A_PARAMETER = 4  # float32; weights of 4 bits are unpacked to it


def seconds(job: Job, parameters: int, constants: Json, examples: int = 0) -> float:
    """Return the seconds of a job's training and answers, these as long as they may be.

    ``examples``: how many worked ones stand in each prompt, each as long as a row.
    """
    learned = job.rows_learned * _mean([sum(row) for row in job.rows]) if job.tuned else 0
    read = job.prompt_count * _mean(job.prompts) * (1 + examples)
    written = job.answer_count * job.new_tokens
    if job.tuned:
        looked = learned * job.plan.looks
        read += looked
        written += job.rows_learned * job.plan.drawn if job.plan.drawn else 0
    spent = learned * constants["learned"] + read * constants["read"] + written * constants["written"]
    return spent * parameters / 1e9


def gigabytes(parameters: int) -> float:
    """Return the memory of a model's weights alone."""
    return parameters * BYTES_A_PARAMETER / 1e9


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)
