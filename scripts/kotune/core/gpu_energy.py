"""A GPU's energy, by the driver's own library (NVML): no package is needed, and where it is not there that is said.

Reads the driver's counters; writes nothing.
"""

from __future__ import annotations

import ctypes


class Energy:
    """The energy counter of one GPU. ``joules()`` gives its state, or None; ``why`` then says why."""

    def __init__(self, uuid: str | None) -> None:
        self.why: str | None = None
        self._handle = ctypes.c_void_p()
        try:
            self._library = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            self.why = "the driver's libnvidia-ml.so.1 is not there"
            return
        self._check("nvmlInit_v2", self._library.nvmlInit_v2())
        if self.why is None and uuid:
            found = self._library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(self._handle))
            self._check("nvmlDeviceGetHandleByUUID", found)
        elif self.why is None:
            found = self._library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(self._handle))
            self._check("nvmlDeviceGetHandleByIndex", found)
        self.joules()  # a card without a counter says so now

    def _check(self, call: str, code: int) -> None:
        if code and self.why is None:
            self.why = f"{call} gives error {code}"

    def joules(self) -> float | None:
        """Return the joules that the card has used since the driver was loaded."""
        if self.why:
            return None
        counter = ctypes.c_ulonglong()
        code = self._library.nvmlDeviceGetTotalEnergyConsumption(self._handle, ctypes.byref(counter))
        self._check("nvmlDeviceGetTotalEnergyConsumption", code)
        return None if self.why else counter.value / 1000
