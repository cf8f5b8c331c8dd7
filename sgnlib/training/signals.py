"""Ctrl-C and a cluster's signals: a training ends between two steps; other work at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""Signals at which a training writes a checkpoint and ends."""


@contextmanager
def interrupts() -> Iterator[threading.Event]:
    """Turns signals into an event, so that no step is cut in two; a second Ctrl-C stops at once.

    Slurm sends SIGTERM before it ends a job, and at a time of one's choice SIGUSR1; torchrun passes
    on what it gets, so that a process may get it twice.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked  # Python delivers signals to the main thread alone
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, note) for number in STOPS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


@contextmanager
def noting_interrupts(stopped: threading.Event) -> Iterator[None]:
    """Sets an event at Ctrl-C, which then goes on as KeyboardInterrupt."""
    usual = signal.default_int_handler
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not usual  # a script's background job ignores it
    ):
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        stopped.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
