"""Where a training step's time goes: the kernels that take most of it."""

from __future__ import annotations

import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks.contenders import random_images, variants
from benchmarks.timing import about, now
from sgnlib.experiments import Experiment
from sgnlib.training.runtime import repeatable

TOP = 10
WARM, STEPS = 5, 3


def kernels(setting: str, row: Experiment, name: str, device: torch.device) -> pd.DataFrame:
    """The kernels (on the CPU: operators) with the most time of their own, in one variant."""
    on_gpu = device.type == "cuda"
    activity = ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU
    with random_images(), repeatable(row, device):
        trainer = variants(row, device)[name]()
        for number in range(WARM):
            trainer.step(number)
        with profile(activities=[activity]) as profiler:
            for number in range(WARM, WARM + STEPS):
                trainer.step(number)
            now(device)
    times = {
        event.key: (event.self_device_time_total if on_gpu else event.self_cpu_time_total) / 1000
        for event in profiler.key_averages()
    }
    return _table(times, about(setting, device) | {"variant": name})


def _table(milliseconds: dict[str, float], columns: dict[str, object]) -> pd.DataFrame:
    total = sum(milliseconds.values())
    top = sorted(milliseconds.items(), key=lambda item: -item[1])[:TOP]
    rows = [
        columns | {"kernel": key[:90], "ms": spent / STEPS, "share": spent / total}
        for key, spent in top
    ]
    rest = total - sum(spent for _, spent in top)
    rows.append(columns | {"kernel": "all others", "ms": rest / STEPS, "share": rest / total})
    return pd.DataFrame(rows)
