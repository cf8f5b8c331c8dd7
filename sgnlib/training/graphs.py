"""A whole training step as one CUDA graph: recorded once, then replayed on other decisions.

A GPU works through a narrow or bfloat16 step faster than Python can ask for it. A graph asks once.
Everything a step needs from the host is in its `Draws`; replaying copies new ones over those that
were recorded. A step computes other things where other domains are active (rows that draw corners),
so there is a graph per kind of step; they share memory, as no replay needs another one's.

Not run so far: `CudaRecorder`, for want of a GPU. What is around it is tested with a stand-in.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import torch
from torch import Tensor

from sgnlib.training.draws import Draws, Kind

log = logging.getLogger(__name__)

WARM_UP = 3
"""Steps of a kind that run eagerly before it is recorded: torch asks for some, so that libraries
choose their algorithms and Adam makes its moments before. They are steps of the training."""

Named: TypeAlias = tuple[list[str], Tensor]
"""Names of losses and their values, in one tensor."""


@runtime_checkable
class Recorder(Protocol):
    """Runs work beside the main stream, and records it."""

    def aside(self, work: Callable[[], Named]) -> Named:
        """Does the work now."""

    def record(self, work: Callable[[], Named]) -> tuple[Callable[[], None], Named]:
        """Records the work without doing it; returns what does it, and where the results will be.

        Raises:
            RuntimeError: It cannot be recorded.
        """


@dataclass(frozen=True)
class _Graph:
    inputs: Draws
    replay: Callable[[], None]
    results: Named


class Graphs:
    """A training step that replays what it has recorded.

    Where recording fails, the log says why, and all steps run eagerly.

    Args:
        update: The step; all its inputs are in its argument, or stay in place.
        recorder: Who records.
    """

    def __init__(self, update: Callable[[Draws], dict[str, Tensor]], recorder: Recorder) -> None:
        self._update = update
        self._recorder = recorder
        self._graphs: dict[Kind, _Graph] = {}
        self._seen: Counter[Kind] = Counter()
        self._failed = False

    def __call__(self, draws: Draws) -> dict[str, Tensor]:
        """The step's losses by name; they stay as they are when further steps follow."""
        if draws.kind not in self._graphs:
            self._seen[draws.kind] += 1
            if self._seen[draws.kind] <= WARM_UP or not self._record(draws):
                names, values = self._recorder.aside(lambda: self._work(draws))
                return dict(zip(names, values, strict=True))
        graph = self._graphs[draws.kind]
        graph.inputs.copy_(draws)
        graph.replay()
        names, values = graph.results
        return dict(zip(names, values.clone(), strict=True))

    def _record(self, draws: Draws) -> bool:
        """Records a step whose inputs are these tensors; later steps are copied into them."""
        if self._failed:
            return False
        try:
            replay, results = self._recorder.record(lambda: self._work(draws))
        except RuntimeError as error:
            log.warning("steps run without CUDA graphs, because recording failed: %s", error)
            self._failed = True
            return False
        self._graphs[draws.kind] = _Graph(draws, replay, results)
        return True

    def _work(self, draws: Draws) -> Named:
        losses = self._update(draws)
        return list(losses), torch.stack(list(losses.values()))


class CudaRecorder:
    """Records on a GPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        with torch.cuda.device(device):
            self._side = torch.cuda.Stream()
            self._memory = torch.cuda.graph_pool_handle()

    def aside(self, work: Callable[[], Named]) -> Named:
        """Does the work on a stream of its own, as torch asks for a warm-up."""
        with torch.cuda.device(self._device), warnings.catch_warnings():
            # Adam is made for recording, and is right to be surprised here.
            warnings.filterwarnings("ignore", message=".*capturable=True")
            main = torch.cuda.current_stream()
            self._side.wait_stream(main)
            with torch.cuda.stream(self._side):
                names, values = work()
            main.wait_stream(self._side)
            return names, values.clone()

    def record(self, work: Callable[[], Named]) -> tuple[Callable[[], None], Named]:
        """Records the work in a graph; its memory is shared with the other graphs'.

        Gradients are None before (`zero_grad` in the work), so that they lie in that memory.
        """
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(self._device), torch.cuda.graph(graph, pool=self._memory):
            results = work()
        return graph.replay, results
