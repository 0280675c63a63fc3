"""A GPU's energy, by NVIDIA's own package nvidia-ml-py; where that is not there, it is said and nothing is measured.

Reads the driver's counters; writes nothing.
"""

from __future__ import annotations


class NoEnergy:
    """A counter that counts nothing; ``why`` says why."""

    def __init__(self, why: str) -> None:
        self.why: str | None = why

    def joules(self) -> float | None:
        """Return None: nothing is known."""
        return None


class Energy(NoEnergy):
    """The energy counter of one GPU. ``joules()`` gives its state, or None; ``why`` then says why."""

    def __init__(self, uuid: str | None) -> None:
        """Find a GPU by what NVML calls it; without a name, the first."""
        self.why = None
        try:
            import pynvml
        except ImportError:
            self.why = "the package nvidia-ml-py is not installed"
            return
        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            self._handle = pynvml.nvmlDeviceGetHandleByUUID(uuid) if uuid else pynvml.nvmlDeviceGetHandleByIndex(0)
        except pynvml.NVMLError_LibraryNotFound:
            self.why = "the driver's libnvidia-ml.so.1 is not there"
        except pynvml.NVMLError as error:
            self.why = f"NVML gives an error: {error}"
        self.joules()  # a card without a counter says so now

    def joules(self) -> float | None:
        """Return the joules that the card has used since the driver was loaded."""
        if self.why:
            return None
        try:
            return self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle) / 1000
        except self._nvml.NVMLError as error:
            self.why = f"NVML gives an error: {error}"
            return None
