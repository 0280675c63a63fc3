"""A GPU's energy is the driver's count; where there is none, that is said and nothing is guessed."""

import subprocess
import sys

from checkout import ROOT

from kotune.core.gpu_energy import Energy

WITHOUT_DRIVER = """
import ctypes, sys
sys.path.insert(0, {scripts!r})
def refuse(name, *rest):
    raise OSError(name)
ctypes.CDLL = refuse
from kotune.core.gpu_energy import Energy
energy = Energy("GPU-1")
print(energy.joules(), "|", energy.why)
"""


def test_without_a_driver_there_is_no_figure_but_a_reason():
    code = WITHOUT_DRIVER.format(scripts=str(ROOT / "scripts"))
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.startswith("None | ") and "libnvidia-ml" in said


def test_there_is_either_a_figure_that_grows_or_a_reason_why_there_is_none():
    energy = Energy(None)
    first, second = energy.joules(), energy.joules()
    if energy.why is None:
        assert 0 <= first <= second
    else:
        assert first is None and second is None
