"""Measures Table 1's training: all models and seeds together against one after another.

    python -m benchmarks.toy          # about a minute; writes data/results/toy_speed.csv

Both ways do the same steps and come to the same networks, on one thread. The models one after
another run the plain loop of `sgnlib.toy.train`; a few of them are timed for a few hundred steps,
and scaled to all. The two are timed in turns, because a machine is not equally fast all the time,
and the medians are compared. The stack's time includes its set-up, draws and clean-up.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import pandas as pd

from sgnlib import paths
from sgnlib.storage import atomic_write
from sgnlib.toy import HYPER, S_IN, SYM, train
from sgnlib.training.toy import one_thread, train_together
from sgnlib.training.toy_runs import table_1_rows

ALONE = (SYM, HYPER[2], S_IN)
"""One of each kind; all kinds take the same steps."""


def main() -> None:
    """Measures, prints, and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="of Table 1 (default 10)")
    parser.add_argument("--rounds", type=int, default=7, help="turns of both (default 7)")
    given = parser.parse_args()
    print(measure(given.seeds, given.rounds).to_string(index=False))


def measure(seeds: int, rounds: int, epochs: int = 10, steps: int = 160) -> pd.DataFrame:
    """Times both ways in turns.

    Args:
        seeds: Of Table 1's seven models.
        rounds: Turns.
        epochs: That the stack trains in a turn.
        steps: That each model of ALONE trains in a turn.
    """
    rows = table_1_rows(range(seeds))
    protocol = rows[0].protocol
    total = protocol.epochs * protocol.epoch_steps
    stacked, alone = [], []
    with one_thread():
        train_together(rows, epochs=1)
        train(SYM, steps)
        for _ in range(rounds):
            seconds = _time(lambda: train_together(rows, epochs=epochs))
            stacked.append(seconds / (epochs * protocol.epoch_steps))
            seconds = _time(lambda: [train(row, steps) for row in ALONE])
            alone.append(seconds / (len(ALONE) * steps))
    together, apart = (statistics.median(times) * total for times in (stacked, alone))
    table = pd.DataFrame(
        {
            "models": [len(rows)],
            "steps": [total],
            "one after another, s": [round(apart * len(rows))],
            "together, s": [round(together, 1)],
            "times faster": [round(apart * len(rows) / together, 1)],
        }
    )
    target = paths.ROOT / "data" / "results" / "toy_speed.csv"
    atomic_write(target, table.to_csv(index=False, lineterminator="\n").encode())
    return table


def _time(work: Callable[[], object]) -> float:
    """Seconds of CPU time, which a neighbour on the same core does not lengthen."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    main()
