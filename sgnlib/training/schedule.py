"""The learning rate's course, supp. A.2."""

from __future__ import annotations


def rate(step: int, steps: int) -> float:
    """Share of the initial learning rate at a step: 1 in the first half, then linearly to zero.

    Differs: the authors' code lowers the rate once per epoch; here it falls with every step, so
    that short trainings decay too.

    Args:
        step: Updates made so far, from 0 to steps - 1; `steps` itself gives 0.
        steps: Updates in all.
    """
    half = steps // 2
    return 1.0 if step < half else (steps - step) / (steps - half)
