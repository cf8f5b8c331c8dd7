"""A photo under a moving S: the latest S wins, nothing queues, errors are words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from sgnlib.live.session import Frame, Session
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images


class Slow:
    """A backend that takes a while and paints S itself."""

    name = "slow"

    def __init__(self, seconds: float = 0.03) -> None:
        self.seconds = seconds
        self.drawn: list[tuple[float, ...]] = []
        self.broken = False

    def prepare(self, photo: Images) -> float:
        return float(photo.mean())

    def picture(self, prepared: Any, sym: torch.Tensor) -> np.ndarray:
        time.sleep(self.seconds)
        if self.broken:
            raise RuntimeError("out of paint")
        self.drawn.append(tuple(sym[0].tolist()))
        colour = (255 * sym[0].clamp(0, 1)).round().numpy().astype(np.uint8)
        return np.broadcast_to(colour, (4, 4, 3)).copy()


class Screen:
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.words: list[str] = []

    @property
    def last(self) -> Frame:
        return self.frames[-1]


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def session(screen: Screen, slow: Slow) -> Iterator[Session]:
    made = Session(
        Generator(3, ngf=4, n_blocks=1),
        torch.zeros(1, 3, 16, 16),
        show=screen.frames.append,
        fail=screen.words.append,
        backend=slow,
    )
    yield made
    made.close()


def test_the_first_picture_comes_by_itself_and_nodes_follow(
    session: Session, screen: Screen, slow: Slow
) -> None:
    assert session.wait(5, nodes=True)
    assert screen.frames[0].exact and screen.frames[0].sym == pytest.approx((1 / 3,) * 3)
    assert len(session.preview) == 15
    assert len(set(slow.drawn)) == len(slow.drawn), "no S is computed twice"


def test_500_rapid_moves_leave_no_backlog(session: Session, screen: Screen, slow: Slow) -> None:
    session.wait(5, nodes=True)
    drawn = len(slow.drawn)
    shares = np.random.default_rng(0).dirichlet((1, 1, 1), size=500).tolist()
    for sym in shares:
        session.move(sym, dragging=True)
    session.move(shares[-1])
    assert session.wait(5)
    assert len(slow.drawn) - drawn <= 4
    assert screen.last.exact and screen.last.sym == pytest.approx(shares[-1])
    assert sum(not frame.exact for frame in screen.frames) == 501, "every move had its blend"


def test_a_blend_is_made_at_once_and_says_so(session: Session, screen: Screen) -> None:
    session.wait(5, nodes=True)
    session.move((0.3, 0.2, 0.5), dragging=True)
    assert not screen.last.exact
    np.testing.assert_allclose(screen.last.picture[0, 0], [76.5, 51, 127.5], atol=1.5)


def test_outside_the_simplex_every_picture_is_exact(session: Session, screen: Screen) -> None:
    session.wait(5, nodes=True)
    session.move((0.0, 1.5, 0.0), dragging=True)
    assert session.wait(5)
    assert screen.last.exact and screen.last.sym == (0.0, 1.5, 0.0)


def test_a_pointer_at_rest_gets_the_exact_picture(session: Session, screen: Screen) -> None:
    session.wait(5, nodes=True)
    session.move((0.3, 0.2, 0.5), dragging=True)
    assert session.wait(5)
    assert screen.last.exact and screen.last.sym == (0.3, 0.2, 0.5)


def test_only_the_picture_at_rest_lasts_and_it_is_made_once(
    session: Session, screen: Screen, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgnlib.live.session.REST", 1.0)
    session.wait(5, nodes=True)
    assert screen.last.lasting
    seen = len(screen.frames)
    session.seconds = 0.0  # so quick that S has an exact picture in passing
    session.move((0.3, 0.2, 0.5), dragging=True)
    assert session.wait(5)
    shown = [(frame.exact, frame.lasting) for frame in screen.frames[seen:]]
    assert shown == [(True, False), (True, True)]
    session.move((0.3, 0.2, 0.5))  # the pointer is released where it has rested
    assert session.wait(5) and len(screen.frames) == seen + 2
    assert sum(sym == pytest.approx((0.3, 0.2, 0.5)) for sym in slow.drawn) == 1


def test_the_nodes_nearest_to_the_pointer_come_first(session: Session, slow: Slow) -> None:
    session.move((0.0, 0.0, 1.0))
    session.wait(5, nodes=True)
    order = [sym for sym in slow.drawn[2:] if sym[2] in (0, 1)]
    assert order[0] == (0.0, 0.0, 1.0)


def test_another_photo_starts_anew_at_the_same_place(session: Session, screen: Screen) -> None:
    session.move((0.0, 1.0, 0.0))
    session.wait(5, nodes=True)
    session.load(torch.ones(1, 3, 16, 16))
    assert len(session.preview) < 15
    assert session.wait(5, nodes=True)
    assert screen.last.sym == (0.0, 1.0, 0.0)


def test_an_exception_is_told_once_and_the_next_move_tries_again(
    session: Session, screen: Screen, slow: Slow
) -> None:
    session.wait(5, nodes=True)
    slow.broken = True
    session.move((1.0, 0.0, 0.0))
    session.wait(5)
    time.sleep(0.2)
    assert screen.words == ["RuntimeError: out of paint"]
    slow.broken = False
    session.move((0.5, 0.5, 0.0))
    assert session.wait(5)
    assert screen.last.exact and screen.last.sym == (0.5, 0.5, 0.0)


def test_close_ends_the_thread(session: Session) -> None:
    session.close()
    assert not any(thread is session._worker for thread in threading.enumerate())
