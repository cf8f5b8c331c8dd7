"""A photo under a generator while S moves: frames at once, exact pictures from a thread.

While S is dragged, a frame is a blend of pictures at lattice nodes (`preview`), made where the
caller stands. A single worker thread makes exact pictures, of the latest S only, and in the pauses
the nodes, nearest to S first. Where exact pictures are quick, every frame is exact.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from sgnlib.live.backends import Backend, Picture, TorchBackend, fastest
from sgnlib.live.preview import FINEST, Preview, coarse_nodes
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images
from sgnlib.sym import centre

QUICK = 0.015
"""Seconds; an exact picture that takes less is shown while dragging too."""

REST = 0.15
"""Seconds; where the pointer rests so long in the middle of a drag, the exact picture is made."""

Sym = tuple[float, ...]


@dataclass(frozen=True)
class Frame:
    """A picture to show.

    Attributes:
        picture: The translation.
        sym: Where.
        exact: Computed by the network; otherwise a blend.
        seconds: What it took.
        lasting: S rests: it stays on the screen, while others are gone in a moment.
    """

    picture: Picture
    sym: Sym
    exact: bool
    seconds: float
    lasting: bool


class Session:
    """Frames of one photo at a time.

    Args:
        generator: Trained.
        photo: A batch of one in [-1, 1], sides divisible by 4.
        show: Called with every frame, from the caller's or the worker's thread.
        fail: Called with an exception's words; the worker goes on afterwards.
        ready: Called when the preview of a photo has all its coarse nodes.
        backend: How to compute; None measures what is best here, in the background.

    Attributes:
        backend: How pictures are computed at present.
        seconds: What the last exact picture took; infinite before the first.
    """

    def __init__(
        self,
        generator: Generator,
        photo: Images,
        *,
        show: Callable[[Frame], None],
        fail: Callable[[str], None],
        ready: Callable[[], None] = lambda: None,
        backend: Backend | None = None,
    ) -> None:
        self._generator, self._show, self._fail, self._ready = generator, show, fail, ready
        self._coarse = len(coarse_nodes(generator.domains))
        self._choose = backend is None
        self.backend: Backend = backend or TorchBackend(generator)
        self.seconds = float("inf")
        self.preview = Preview(generator.domains)
        self._photo = photo
        self._prepared: tuple[Backend, Images, object] | None = None
        self._sym: Sym = tuple(centre(generator.domains)[0].tolist())
        self._due = True
        self._dragging = False
        self._moved = 0.0
        self._made: Frame | None = None  # the last exact picture of this photo
        self._failed = False
        self._closed = False
        self._screen = threading.RLock()  # S and what is shown change together: no late blends
        self._wake = threading.Condition()
        self._worker = threading.Thread(target=self._work, daemon=True, name="sgn-live")
        self._worker.start()

    @property
    def sym(self) -> Sym:
        """The latest S."""
        return self._sym

    def move(self, sym: Sequence[float], *, dragging: bool = False) -> None:
        """Goes to an S. A blend is shown before this returns; the exact picture follows.

        Args:
            sym: The new S, which replaces all that wait.
            dragging: More moves are to be expected at once: no exact picture unless it is quick.
        """
        start = time.perf_counter()
        with self._screen:
            with self._wake:
                before, self._sym = self._sym, tuple(sym)
                rested = self._sym == before and not self._due and self._is_made()
                self._dragging, self._due = dragging, not rested
                self._moved, self._failed = time.monotonic(), False
                quick = self.seconds < QUICK
                blend = None if quick or rested else self.preview.blend(self._sym)
                self._wake.notify()
            if blend is not None:
                seconds = time.perf_counter() - start
                self._show(Frame(blend, self._sym, False, seconds, lasting=False))

    def load(self, photo: Images) -> None:
        """Takes another photo, at the same S."""
        with self._screen, self._wake:
            self._photo, self._due, self._failed, self._made = photo, True, False, None
            self.preview = Preview(self._generator.domains)
            self._wake.notify()

    def wait(self, seconds: float | int = 60, *, nodes: bool = False) -> bool:
        """Waits until the latest S is exact (and all nodes are there); says whether it is."""
        with self._wake:
            return self._wake.wait_for(
                lambda: not self._due and (not nodes or self.preview.complete), seconds
            )

    def close(self) -> None:
        """Ends the worker."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        if threading.current_thread() is not self._worker:
            self._worker.join(10)

    # ------------------------------------------------------------------------------ the worker

    def _work(self) -> None:
        while True:
            with self._wake:
                while not (self._closed or self._has_work()):
                    self._wake.wait(REST if self._due and self._dragging else None)
                if self._closed:
                    return
            try:
                self._work_once()
            except Exception as error:
                with self._wake:
                    self._due, self._failed = False, True
                    self._wake.notify_all()
                self._fail(f"{type(error).__name__}: {error}")

    def _has_work(self) -> bool:
        if self._due and self._wants_exact():
            return True
        if self._dragging or self._failed:
            return False
        missing = self.preview.next_node(self._sym) is not None
        return self._choose or missing or self.preview.next_cell() is not None

    def _is_made(self) -> bool:
        return self._made is not None and self._made.sym == self._sym

    def _rests(self) -> bool:
        return not self._dragging or time.monotonic() - self._moved > REST

    def _wants_exact(self) -> bool:
        """A blend will do while S is dragged, if there is one."""
        if self._rests():
            return True
        if self._is_made():
            return False  # and shown in passing
        return self.seconds < QUICK or self.preview.blend(self._sym) is None

    def _work_once(self) -> None:
        with self._wake:
            sym, photo, preview = self._sym, self._photo, self.preview
            due = self._due and self._wants_exact()
        if not self._is_prepared(photo):
            self._prepared = self.backend, photo, self.backend.prepare(photo)
        if due:
            self._make_exact(sym, photo)
        elif self._choose:
            self._choose = False
            chosen = fastest(self._generator, photo)
            self.backend, self.seconds = chosen.backend, chosen.seconds
        elif (node := preview.next_node(sym)) is not None:
            preview.add(node, self._picture(preview.place(node)))
            with self._wake:
                self._wake.notify_all()
            if preview is self.preview and len(preview) == self._coarse:
                self._ready()
        elif (cell := preview.next_cell()) is not None:
            centroid = np.mean(cell, axis=0) / FINEST
            preview.check(cell, self._picture(centroid.tolist()))

    def _is_prepared(self, photo: Images) -> bool:
        if self._prepared is None:
            return False
        backend, prepared_photo, _ = self._prepared
        return backend is self.backend and prepared_photo is photo

    def _make_exact(self, sym: Sym, photo: Images) -> None:
        frame = self._made
        if frame is None or frame.sym != sym:
            start = time.perf_counter()
            picture = self._picture(sym)
            self.seconds = time.perf_counter() - start
            frame = Frame(picture, sym, True, self.seconds, lasting=False)
        with self._screen:
            if photo is not self._photo:
                return
            latest, rests = sym == self._sym, self._rests()
            if latest or (self._dragging and self.preview.blend(self._sym) is None):
                self._show(replace(frame, lasting=latest and rests))
            with self._wake:
                self._made = frame
                self._due = self._due and not (latest and rests)
                self._wake.notify_all()

    def _picture(self, sym: Sequence[float]) -> Picture:
        assert self._prepared is not None
        return self.backend.picture(self._prepared[2], torch.tensor([list(sym)]).float())
