"""How soon an atlas translates its reader's own photo: the network in the page, on one core.

    python -m benchmarks.page --write      a minute or two; into the README and data/results

The page chooses the size of the photo by the time that the network takes.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path
from statistics import median
from unittest import mock

import pandas as pd
import torch
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks import results
from benchmarks.timing import machine
from sgnlib.evaluation.models import Model, shipped_model
from sgnlib.evaluation.photos import save_photo
from sgnlib.evaluation.report import markdown_table
from sgnlib.live import onnx
from sgnlib.live.atlas import write_atlas
from sgnlib.live.backends import to_picture
from sgnlib.live.photos import shipped_photos
from sgnlib.nn.generator import Generator
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_atlas import opened

RESULT = results.RESULTS / "page.csv"
PATIENCE = 120_000
"""Milliseconds for loading and for all pictures of the lattice."""

MOVES = ("ArrowUp", "ArrowLeft") * 4
"""Keys from the centre on: to no node of the lattice, whose pictures are there already."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--write", action="store_true", help="into the README and data/results")
    given = parser.parse_args()
    torch.set_num_threads(1)  # as many as the page has
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        photo = shipped_photos(32)["astronaut"]  # the page's own pictures are not what counts
        rows = []
        for name, model, wide in models():
            with mock.patch.object(onnx, "WIDE", wide):
                page = write_atlas(Path(folder) / "atlas.html", model, photo, network=True)
            rows.append(
                {"model": name}
                | measured(opened(browser.new_page(bypass_csp=True), page), Path(folder))
            )
        browser.close()
    frame = pd.DataFrame(rows)
    frame.insert(0, "machine", machine(torch.device("cpu")))
    print(markdown_table(frame))
    if given.write:
        results.show("page", markdown_table(results.merge(frame, RESULT, ("machine",))))


def models() -> list[tuple[str, Model, float]]:
    """Name, model, and from how many channels on its convolutions are Winograd's."""
    torch.manual_seed(0)
    shipped = [(profile, shipped_model("model-1", profile)) for profile in ("quick", "laptop")]
    generator = Generator(3).eval().requires_grad_(False)
    wide = Model(generator, shipped[0][1].domains, "the paper's size", "random weights")
    return [
        *((profile, model, onnx.WIDE) for profile, model in shipped),
        ("the paper's size", wide, onnx.WIDE),
        ("the paper's size, plain convolutions", wide, float("inf")),
    ]


def measured(page: Page, folder: Path) -> dict[str, object]:
    """Side and milliseconds of the exact pictures of one's own photo."""
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    picture = to_picture(shipped_photos(512)["astronaut"])
    page.set_input_files("#chooser", save_photo(Image.fromarray(picture), folder / "mine.png"))
    expect(page.locator("#progress")).to_contain_text("does not leave your computer")
    times = []
    page.locator(".sgn-field").press("0")
    for key in MOVES:
        page.evaluate("shown.length = 0")
        page.locator(".sgn-field").press(key)
        page.wait_for_function("shown.at(-1)?.exact")
        times.append(int(re.findall(r"\d+", page.locator(".sgn-badge").inner_text())[0]))
    side = page.evaluate("document.querySelector('.sgn-original canvas').width")
    page.close()
    return {"photo, px": side, "picture, ms": median(times)}


if __name__ == "__main__":
    main()
