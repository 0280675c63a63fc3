"""A GPU's energy is read where the package and the card's counter are there; else it is said why it is not."""

import sys
from types import ModuleType

import pytest

from kotune.core.gpu_energy import Energy, NoEnergy


class NVMLError(Exception):
    pass


class NVMLError_LibraryNotFound(NVMLError):
    pass


@pytest.fixture
def nvml(monkeypatch):
    """A stand-in for nvidia-ml-py on a machine with two cards."""
    module = ModuleType("pynvml")
    module.NVMLError, module.NVMLError_LibraryNotFound = NVMLError, NVMLError_LibraryNotFound
    module.nvmlInit = lambda: None
    module.nvmlDeviceGetHandleByIndex = lambda index: f"card {index}"
    module.nvmlDeviceGetHandleByUUID = lambda uuid: {"GPU-b": "card 1"}[uuid]
    module.nvmlDeviceGetTotalEnergyConsumption = lambda card: {"card 0": 5000, "card 1": 7500}[card]
    monkeypatch.setitem(sys.modules, "pynvml", module)
    return module


def test_joules_are_those_of_the_card_that_is_named(nvml):
    assert Energy(None).joules() == 5.0
    assert Energy("GPU-b").joules() == 7.5
    assert Energy("GPU-b").why is None


def test_a_card_without_a_counter_says_so_at_once(nvml):
    def unsupported(card):
        raise NVMLError("Not Supported")

    nvml.nvmlDeviceGetTotalEnergyConsumption = unsupported
    counter = Energy(None)
    assert counter.why == "NVML gives an error: Not Supported"
    assert counter.joules() is None


def test_a_machine_without_a_driver_or_without_the_package(nvml, monkeypatch):
    def missing():
        raise NVMLError_LibraryNotFound

    nvml.nvmlInit = missing
    assert Energy(None).why == "the driver's libnvidia-ml.so.1 is not there"
    monkeypatch.setitem(sys.modules, "pynvml", None)
    counter = Energy(None)
    assert counter.why == "the package nvidia-ml-py is not installed" and counter.joules() is None


def test_where_nothing_is_measured_it_is_said_why():
    assert NoEnergy("no GPU").joules() is None


def test_on_this_machine_there_is_either_a_figure_that_grows_or_a_reason_why_there_is_none():
    energy = Energy(None)
    first, second = energy.joules(), energy.joules()
    if energy.why is None:
        assert 0 <= first <= second
    else:
        assert first is None and second is None
