from __future__ import annotations

import pytest
import torch

from sgnlib.training.pace import Timing, choose_pace, fastest, timing
from sgnlib.training.trainer import Pace
from tests.training.rows import TINY

CPU = torch.device("cpu")


def measured(**timings: tuple[float, float]) -> tuple[list[Pace], Pace, Pace]:
    """Which paces are tried for a long training, and what is chosen for it and for a short one."""
    tried: list[Pace] = []

    def measure(pace: Pace) -> Timing:
        tried.append(pace)
        return Timing(*timings[pace])

    return tried, fastest(measure, 30_000), fastest(lambda pace: Timing(*timings[pace]), 100)


def test_the_fastest_is_kept_where_it_repays_its_cost() -> None:
    tried, long, short = measured(eager=(0.0, 0.012), graphs=(2.0, 0.008), compiled=(60.0, 0.005))
    assert tried == ["eager", "graphs", "compiled"]
    assert (long, short) == ("compiled", "eager")


def test_a_gain_smaller_than_its_cost_is_left() -> None:
    _, long, _ = measured(eager=(0.0, 0.012), graphs=(2.0, 0.008), compiled=(100.0, 0.007))
    assert long == "graphs"


def test_what_cannot_repay_itself_is_not_tried() -> None:
    tried, long, _ = measured(eager=(0.0, 0.005), graphs=(2.0, 0.004), compiled=(0.0, 0.0))
    assert tried == ["eager", "graphs"] and long == "graphs"


def test_what_fails_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def measure(pace: Pace) -> Timing:
        if pace == "compiled":
            raise ImportError("no compiler")
        return Timing(0.0, 0.1)

    assert fastest(measure, 30_000) == "eager"
    assert "no compiler" in caplog.text


def test_a_cpu_runs_eagerly_unless_asked() -> None:
    assert choose_pace("auto", TINY, CPU, "float32", 10**6) == "eager"
    assert choose_pace("compiled", TINY, CPU, "float32", 1) == "compiled"
    with pytest.raises(ValueError, match="'fast'; there are auto, eager, graphs, compiled"):
        choose_pace("fast", TINY, CPU, "float32", 1)


@pytest.mark.usefixtures("waves")
def test_timing_counts_steps() -> None:
    took = timing(TINY, CPU, "float32", "eager")
    assert 0 < took.step < 10 and took.once >= 0
