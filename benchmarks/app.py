"""How soon a user of `sgn mix` sees what: after the start, while dragging, with another photo.

    python -m benchmarks.app --write             a minute or two; into the README and data/results
    python -m benchmarks.app --model NAME        another model than the one it starts with

Chromium, headless, is there before the server starts, as a user's browser is.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from statistics import median

import numpy as np
import pandas as pd
import psutil
import torch
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import results
from benchmarks.timing import machine
from sgnlib.evaluation.models import find_model
from sgnlib.evaluation.report import markdown_table
from sgnlib.live.mixer import SIDE
from sgnlib.live.photos import shipped_photos
from sgnlib.live.session import Frame, Session
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_live import corner, mixing, opened, settled, take_the_knob

RESULT = results.RESULTS / "app.csv"
MODEL = "model-1"
MOVES = 120
APART = 0.01
"""A frame shows a move whose S is so near, summed over the components; moves lie 0.02 apart."""

DRAG = """async (places) => {
  const target = document.querySelector('.sgn-field'), moves = [];
  for (const [clientX, clientY] of places) {
    await new Promise(requestAnimationFrame);
    moves.push(performance.now());
    const at = { clientX, clientY, pointerId: 1, bubbles: true, isPrimary: true };
    target.dispatchEvent(new PointerEvent('pointermove', at));
  }
  return moves;
}"""


def main() -> None:
    parser = _parser()
    given = parser.parse_args()
    if given.write and given.model != MODEL:
        parser.error(f"--write keeps the numbers of {MODEL}; got {given.model}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        starts = [started(browser, given.model) for _ in range(given.rounds)]
        with mixing("--model", given.model) as (server, address):
            page = opened(browser, address)
            settled(page)
            page.wait_for_timeout(15_000)  # the backend is chosen, the nodes are made and refined
            dragged(page)  # the first one warms both sides up
            delays = [delay for _ in range(given.rounds) for delay in dragged(page)]
            memory = resident(server)
        browser.close()
    first, nodes = zip(*(loaded(given.model) for _ in range(given.rounds)), strict=True)
    frame = pd.DataFrame(
        [
            ("start of `sgn mix` to the first picture", median(starts), "s"),
            ("pointer move to changed pixels, median", median(delays), "ms"),
            ("the same, 95th percentile", float(np.percentile(delays, 95)), "ms"),
            ("photo loaded to its first picture", median(first), "s"),
            ("photo loaded to all 15 nodes", median(nodes), "s"),
            ("memory of the page's kernel", memory, "GB"),
        ],
        columns=["from - to", "measured", "unit"],
    )
    frame.insert(0, "machine", machine(torch.device("cpu")))
    print(shown(frame))
    if given.write:
        results.show("app", shown(results.merge(frame, RESULT, ("machine",))))


def shown(frame: pd.DataFrame) -> str:
    """What readers see: a column per machine."""
    wide = frame.set_index(["from - to", "unit", "machine"])["measured"].unstack("machine")
    order = list(dict.fromkeys(zip(frame["from - to"], frame["unit"], strict=True)))
    return markdown_table(wide.loc[order].round(2).reset_index())


def started(browser: Browser, model: str) -> float:
    """Seconds from the command to the first exact picture on the screen."""
    start = time.perf_counter()
    with mixing("--model", model) as (_, address):
        page = opened(browser, address)
        page.wait_for_function("frames.length")
        seconds = time.perf_counter() - start
        page.close()
    return seconds


def dragged(page: Page) -> list[float]:
    """Milliseconds from each move of a drag to the first frame of its S, or of a later one's.

    A move per frame of the screen, once around the middle of the triangle.
    """
    corners = np.array([corner(page, position) for position in range(3)])
    angle = np.linspace(0, 2 * np.pi, MOVES, endpoint=False)  # no S comes twice
    shares = np.stack([1 + 0.8 * np.cos(angle - k * 2 * np.pi / 3) for k in range(3)], axis=1) / 3
    take_the_knob(page)
    seen = page.evaluate("frames.length")
    moves = page.evaluate(DRAG, (shares @ corners).tolist())
    page.wait_for_timeout(1000)
    frames = page.evaluate(f"frames.slice({seen})")
    page.mouse.up()
    delays, shown = [], 0
    for one in frames:
        apart = np.abs(shares - np.array(one["sym"])).sum(axis=1)
        latest = int(apart.argmin()) if apart.min() < APART else -1  # -1: from before the moves
        delays += [one["time"] - moves[move] for move in range(shown, latest + 1)]
        shown = max(shown, latest + 1)
    assert shown == MOVES, f"the picture stopped at move {shown}"
    return delays


def loaded(model: str) -> tuple[float, float]:
    """Seconds from a second photo's arrival to its first exact picture, and to all its nodes."""
    photos = list(shipped_photos(SIDE).values())
    frames: list[Frame] = []
    session = Session(find_model(model, None).generator, photos[0], show=frames.append, fail=print)
    session.wait(nodes=True)
    frames.clear()
    start = time.perf_counter()
    session.load(photos[1])
    session.wait()
    first = time.perf_counter() - start
    session.wait(nodes=True)
    everything = time.perf_counter() - start
    session.close()
    assert frames and frames[0].exact
    return first, everything


def resident(server: subprocess.Popen[str]) -> float:
    """GB that the largest of the server's kernels holds."""
    kernels = psutil.Process(server.pid).children(recursive=True)
    return max(kernel.memory_info().rss for kernel in kernels) / 2**30


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app")
    parser.add_argument("--model", default=MODEL, help=f"default {MODEL}")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--write", action="store_true", help="into the README and data/results")
    return parser


if __name__ == "__main__":
    main()
