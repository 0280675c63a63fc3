"""A meter counts from where the training begins, and says why where it cannot."""

import pytest

from kotune.core.gpu_energy import NoEnergy
from kotune.training.counts import Counts
from kotune.training.meter import Meter


class Counter(NoEnergy):
    """A counter that goes up by ten joules whenever it is asked."""

    def __init__(self):
        self.why, self.state = None, 500.0

    def joules(self):
        self.state += 10
        return self.state


def test_on_a_cpu_there_is_memory_and_no_card():
    cost = Meter.begun("cpu", 0.0).cost()
    assert cost["start_memory_gib"] > 0
    assert (cost["card_memory_gib"], cost["joules"], cost["energy"]) == (None, None, "no GPU")


def test_joules_are_those_of_all_runs_of_a_training():
    meter = Meter(Counter(), 1.0, 80.0, charged=500.0, before=25.0)
    assert meter.joules() == 35.0
    assert meter.cost() == {
        "start_memory_gib": 1.0, "card_memory_gib": 80.0, "joules": 45.0, "energy": "NVML, the whole card",
    }  # fmt: skip


def test_energy_is_unknown_where_that_of_a_run_before_is():
    meter = Meter(Counter(), 1.0, 80.0, charged=500.0, before=None)
    assert meter.cost()["joules"] is None
    assert meter.cost()["energy"] == "energy of the runs before is not known"


@pytest.mark.parametrize("kept", [None, 35.0])
def test_a_checkpoint_keeps_what_was_used_so_far(kept):
    meter = None if kept is None else Meter(Counter(), 1.0, 80.0, charged=500.0, before=25.0)
    again = Counts()
    again.restore(Counts(meter=meter, joules_before=kept).state())
    assert again.joules_before == kept
