"""Each step has a kernel of the same name and arguments; where Triton is there, its interpreter proves the same numbers.

A CPU without Triton never asks for them: the plain steps do the work (`layers.steps`).
"""

import ast
import importlib.util
import os
import subprocess
import sys

import pytest
from checkout import ROOT

LAYERS = ROOT / "scripts/kotune/layers"
INTERPRETED = """
import sys
import torch
from kotune.layers import kernels, steps

torch.manual_seed(0)
draw = lambda *shape: torch.randn(*shape)
close = lambda found, true: torch.testing.assert_close(found, true, rtol=1e-5, atol=1e-5)
plain = lambda step: step.__wrapped__
for rows, width in ((5, 37), (3, 64), (0, 8)):
    x, weight, grad, residual = draw(rows, width), draw(width), draw(rows, width), draw(rows, width)
    y, inverse = plain(steps.norm)(x, weight, 1e-5)
    for found, true in zip(kernels.norm(x, weight, 1e-5), (y, inverse)):
        close(found, true)
    close(kernels.renorm(x, weight, inverse), y)
    close(kernels.norm_backward(grad, x, weight, inverse, residual), plain(steps.norm_backward)(grad, x, weight, inverse, residual))
for sign in (1.0, -1.0):
    heads, cos, sin = draw(4, 3, 10), draw(4, 5), draw(4, 5)
    found, true = heads.clone(), heads.clone()
    kernels.rotate(found, cos, sin, sign)
    plain(steps.rotate)(true, cos, sin, sign)
    close(found, true)
gate_up, grad = draw(4, 42), draw(4, 21)
close(kernels.swiglu(gate_up), plain(steps.swiglu)(gate_up))
found, true = (gate_up.clone(), grad.clone()), (gate_up.clone(), grad.clone())
kernels.swiglu_backward(*found)
plain(steps.swiglu_backward)(*true)
close(found[0], true[0]), close(found[1], true[1])

from bitsandbytes import functional
weight = draw(16, 128)
packed, state = functional.quantize_4bit(weight, blocksize=64, quant_type="nf4")
out = torch.empty_like(weight)
kernels.unpack(packed, state.absmax.float(), state.code.float(), out, 64)
assert torch.equal(out, functional.dequantize_4bit(packed, state)), "bit for bit"
print("same")
"""


def arguments(name: str) -> dict[str, list[str]]:
    """Return the names of the arguments of each public function of a module."""
    tree = ast.parse((LAYERS / f"{name}.py").read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.name.startswith("_")
        or isinstance(node, ast.FunctionDef) and "on_gpu" in map(ast.unparse, node.decorator_list)
    }  # fmt: skip


def test_each_step_that_a_gpu_takes_over_has_its_kernel():
    taken_over = {name for name in arguments("steps") if name not in ("has_triton", "on_gpu")}
    kernels, steps = arguments("kernels"), arguments("steps")
    assert taken_over >= {"norm", "swiglu"}
    assert {name: kernels.get(name) for name in taken_over} == {name: steps[name] for name in taken_over}


def test_a_cpu_never_asks_for_them():
    code = (
        "import sys, torch; from kotune.layers import steps;"
        "steps.norm(torch.ones(2, 4), torch.ones(4), 1e-5); steps.swiglu(torch.ones(2, 4));"
        "sys.exit('kotune.layers.kernels' in sys.modules or 'triton' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, timeout=120).returncode == 0


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_the_kernels_numbers_are_the_plain_steps():
    paths = os.pathsep.join([str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETED], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "same\n", done.stderr
