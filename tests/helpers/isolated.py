"""Whether programs can be isolated on this machine; where KOTUNE_ISOLATION is `required` (.ci/run), no test is skipped."""

import os

import pytest

from kotune.sandbox import running

WHY_NOT = running.refusal()
isolated = pytest.mark.skipif(
    WHY_NOT is not None and os.environ.get("KOTUNE_ISOLATION") != "required", reason=f"no isolation: {WHY_NOT}"
)
