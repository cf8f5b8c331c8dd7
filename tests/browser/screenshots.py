"""Takes the README's pictures of mixer and atlas: `python -m tests.browser.screenshots`.

They go to figures/screenshots. The photograph is the first of those that ship with scikit-learn.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from sgnlib import paths
from sgnlib.storage import atomic_write
from tests.browser.conftest import FLAGS, chromium
from tests.browser.test_live import field, mixing, opened, settled

FOLDER = paths.ROOT / "figures" / "screenshots"
WIDTH, HEIGHT = 1180, 800


def main() -> None:
    """Mixer and atlas."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        with mixing() as (_, address):
            take_mixer(browser, address)
        page = Path(folder) / "atlas.html"
        command = [sys.executable, "-m", "sgnlib.cli", "atlas", "model-1", "--out", str(page)]
        subprocess.run(command, check=True)
        take_atlas(browser, page)
        browser.close()


def take_mixer(browser: Browser, address: str) -> None:
    """The app at a mixture, with attention maps, light and dark."""
    for name, scheme in (("mixer", "light"), ("mixer-dark", "dark")):
        page = opened(browser.new_context(color_scheme=scheme), address)  # type: ignore[arg-type]
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        settled(page)
        page.locator(".sgn-corner image").first.wait_for()
        page.get_by_text("attention maps").click()
        at(page, 0.62, 0.7)
        keep(page, name)


def take_atlas(browser: Browser, file: Path) -> None:
    """The page that needs no kernel, light and dark."""
    for name, scheme in (("atlas", "light"), ("atlas-dark", "dark")):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.goto(file.as_uri())
        page.locator(".sgn-field svg").wait_for()
        at(page, 0.62, 0.7)
        keep(page, name)


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
