"""A GPU's energy, by NVIDIA's own package nvidia-ml-py; where that is not there, it is said and nothing is measured.

Reads the driver's counters; writes nothing.
"""

from __future__ import annotations

from kotune.core.gpu_pool import jobs_a_card


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


def of_torch(device: str, place: int = 0) -> NoEnergy:
    """Return the counter of the GPU that torch calls by the number ``place``; one that counts nothing on a CPU.

    Nor where jobs share a card: its counter is the card's, not a job's.
    """
    if device != "cuda":
        return NoEnergy("no GPU")
    if jobs_a_card() > 1:
        return NoEnergy(f"{jobs_a_card()} jobs share the card")
    import torch

    uuid = getattr(torch.cuda.get_device_properties(place), "uuid", None)
    return Energy(f"GPU-{uuid}" if uuid else None)
