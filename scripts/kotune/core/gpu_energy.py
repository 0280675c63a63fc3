"""A GPU's energy, by NVIDIA's own package nvidia-ml-py; where that is not there, it is said and nothing is measured.

Reads the driver's counters; writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable


class Energy:
    """The energy counter of one GPU. ``joules()`` gives its state, or None; ``why`` then says why."""

    def __init__(self, counter: Callable[[], float] | None, why: str | None = None) -> None:
        self._counter, self.why = counter, why
        self.joules()  # a card without a counter says so now

    def joules(self) -> float | None:
        """Return the joules that the card has used since the driver was loaded."""
        if self._counter is None or self.why:
            return None
        try:
            return self._counter()
        except Exception as error:  # whatever the driver says, a measurement without energy is one
            self.why = f"NVML gives an error: {error}"
            return None


def energy_of(uuid: str | None = None) -> Energy:
    """Return the counter of a GPU by what NVML calls it; without a name, that of the first."""
    try:
        import pynvml
    except ImportError:
        return Energy(None, "the package nvidia-ml-py is not installed")
    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(uuid) if uuid else pynvml.nvmlDeviceGetHandleByIndex(0)
    except pynvml.NVMLError as error:
        return Energy(None, f"NVML gives an error: {error}")
    return Energy(lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000)
