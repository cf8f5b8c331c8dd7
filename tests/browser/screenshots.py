"""Takes the README's pictures of mixer and atlas: `python -m tests.browser.screenshots`.

They go to figures/screenshots. The photograph is the first of those that ship with scikit-learn.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from sgnlib import paths
from sgnlib.storage import atomic_write
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_live import answers, field, opened, running, settled

FOLDER = paths.ROOT / "figures" / "screenshots"
WIDTH, HEIGHT = 1180, 760


def main() -> None:
    """Light and dark mixer, and the atlas."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        command = [sys.executable, "-m", "sgnlib.cli", "mix", "--no-browser"]
        with running(command, Path(folder)) as server:
            assert server.stdout
            found = re.search(r"http\S+", server.stdout.readline())
            assert found
            answers(found[0].split("?")[0])
            take_mixer(browser, found[0])
        page = Path(folder) / "atlas.html"
        command = [sys.executable, "-m", "sgnlib.cli", "atlas", "model-1", "--out", str(page)]
        subprocess.run(command, check=True)
        take_atlas(browser, page)
        browser.close()


def take_mixer(browser: Browser, address: str) -> None:
    """The app at a mixture, with attention maps, in both themes."""
    for name, theme in (("mixer", "light"), ("mixer-dark", "dark")):
        page = opened(browser, f"{address}&voila-theme={theme}")
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        settled(page)
        page.locator(".sgn-ring + image, .sgn-corner image").first.wait_for()
        page.get_by_text("attention maps").click()
        at(page, 0.5, 0.62)
        keep(page, name)


def take_atlas(browser: Browser, file: Path) -> None:
    """The page that needs no kernel."""
    page = opened(browser, file.as_uri())
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.locator(".sgn-field svg").wait_for()
    at(page, 0.5, 0.62)
    keep(page, "atlas")


def at(page: Page, x: float, y: float) -> None:
    """Drags the knob to a place of the pad, in shares of its drawing."""
    box = field(page)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 244 / 400 * box["width"])
    page.mouse.down()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["width"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(2500)


def keep(page: Page, name: str) -> None:
    """Writes what the page shows."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(atomic_write(FOLDER / f"{name}.png", page.screenshot()))
    page.close()


if __name__ == "__main__":
    main()
