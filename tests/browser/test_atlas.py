"""The atlas in a browser, opened as a file: it mixes without a kernel and without a network."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from sgnlib.experiments import EXPERIMENTS, MODEL_1, smoke
from sgnlib.live.assets import joined
from sgnlib.live.atlas import write_atlas
from sgnlib.live.lattice import surrounding
from tests.live.test_lattice import points
from tests.live.untrained import untrained_run, waves

FOUR = next(row for row in EXPERIMENTS if len(row.domains) == 4)
Picture = NDArray[np.int64]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An atlas of three domains and two photos."""
    folder = tmp_path_factory.mktemp("atlas")
    run = untrained_run(folder, replace(smoke(MODEL_1), image_size=32))
    return write_atlas(folder / "atlas.html", run, waves(2, 32))


@pytest.fixture
def atlas(page: Page, three: Path) -> Page:
    return opened(page, three)


def opened(page: Page, file: Path) -> Page:
    """The page once its first picture is shown; what is shown is told to `shown`."""
    page.add_init_script(
        "window.shown = [];"
        "document.addEventListener('sgn:frame', (event) => shown.push(event.detail));"
    )
    page.goto(file.as_uri())
    page.wait_for_function("shown.length > 0")
    return page


def held(file: Path) -> dict[str, Any]:
    found = re.search(r'id="atlas">(.*?)</script>', file.read_text(), re.DOTALL)
    assert found
    return json.loads(found[1])


def result(page: Page) -> Picture:
    """The pixels of the result as it is shown."""
    return decoded(page.evaluate("document.querySelector('.sgn-result canvas').toDataURL()"))


def decoded(encoded: str) -> Picture:
    """The pixels of a picture in base64, with or without the head of a data URL."""
    content = base64.b64decode(encoded.split(",")[-1])
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(np.int64)


def pictures(file: Path, photo: int = 0) -> dict[tuple[int, ...], Picture]:
    """The stored pictures by node, as Python decodes them."""
    atlas = held(file)
    return {
        tuple(node): decoded(one)
        for node, one in zip(atlas["nodes"], atlas["photos"][photo]["pictures"], strict=True)
    }


def blended(file: Path, sym: Sequence[float], photo: int = 0) -> Picture:
    """What Python makes of the pictures around S."""
    there = pictures(file, photo)
    nodes, weights = surrounding(sym, 4)
    mean = sum(w * there[node] for node, w in zip(nodes, weights, strict=True))
    return np.asarray(mean).round().astype(np.int64)


def in_browser(page: Page, encoded: str) -> Picture:
    """A stored picture as the browser decodes it."""
    return decoded(
        page.evaluate(
            """async (encoded) => {
              const src = `data:image/webp;base64,${encoded}`;
              const image = Object.assign(new Image(), { src });
              await image.decode();
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [image.width, image.height];
              canvas.getContext("2d").drawImage(image, 0, 0);
              return canvas.toDataURL();
            }""",
            encoded,
        )
    )


def place(page: Page, sym: Sequence[float]) -> tuple[float, float]:
    """Where S lies on the screen."""
    box = page.locator(".sgn-field svg").bounding_box()
    assert box
    scale = box["width"] / 400
    x = 200 + 160 * 0.8660254 * (sym[1] - sym[2])
    y = 244 + 160 * (0.5 * sym[1] + 0.5 * sym[2] - sym[0])
    return box["x"] + x * scale, box["y"] + y * scale


def shown_sym(page: Page, near: Sequence[float]) -> list[float]:
    """The S of the picture that is shown, once it is the one wanted, to a pixel of the screen."""
    page.wait_for_function(
        "near => shown.at(-1).sym.every((s, k) => Math.abs(s - near[k]) < 0.004)", arg=list(near)
    )
    return page.evaluate("shown.at(-1).sym")


WALK = [(0.6, 0.3, 0.1), (0.1, 0.7, 0.2), (0.2, 0.13, 0.67), (0.37, 0.35, 0.28)]


def test_along_a_path_the_picture_changes_and_is_pythons_blend(atlas: Page, three: Path) -> None:
    atlas.mouse.move(*place(atlas, (1 / 3, 1 / 3, 1 / 3)))
    atlas.mouse.down()
    before = result(atlas)
    for sym in WALK:
        atlas.mouse.move(*place(atlas, sym), steps=6)
        exact = shown_sym(atlas, sym)
        now = result(atlas)
        assert np.abs(now - blended(three, exact)).max() <= 2
        assert np.abs(now - before).max() > 2
        before = now
    atlas.mouse.up()
    expect(atlas.locator(".sgn-badge")).to_have_text("blend of 3 pictures")


def test_at_a_node_it_is_that_nodes_picture(atlas: Page, three: Path) -> None:
    data = held(three)
    atlas.locator(".sgn-field").focus()
    for key, node in (("1", [4, 0, 0]), ("2", [0, 4, 0]), ("3", [0, 0, 4])):
        atlas.keyboard.press(key)
        assert shown_sym(atlas, [n / 4 for n in node]) == [n / 4 for n in node]
        encoded = data["photos"][0]["pictures"][data["nodes"].index(node)]
        assert np.array_equal(result(atlas), in_browser(atlas, encoded))
        expect(atlas.locator(".sgn-badge")).to_have_class("sgn-badge sgn-exact")
    atlas.keyboard.press("1")
    for _ in range(10):  # along the edge, half way to the second corner
        atlas.keyboard.press("Shift+ArrowRight")
    shown_sym(atlas, (0.5, 0.5, 0.0))
    encoded = data["photos"][0]["pictures"][data["nodes"].index([2, 2, 0])]
    assert np.array_equal(result(atlas), in_browser(atlas, encoded))


def test_scripts_and_python_surround_s_with_the_same_nodes(page: Page) -> None:
    page.goto("about:blank")
    for domains in (2, 3, 4, 5):
        syms = points(domains, 200)
        found = page.evaluate(
            f"(syms) => {{ {joined('lattice.js')} return syms.map((s) => surrounding(s, 4)); }}",
            [list(sym) for sym in syms],
        )
        for sym, there in zip(syms, found, strict=True):
            nodes, weights = surrounding(sym, 4)
            assert [tuple(node) for node in there["nodes"]] == nodes
            assert there["weights"] == pytest.approx(weights, abs=1e-9)


def test_by_keyboard_alone(atlas: Page, three: Path) -> None:
    def focused(what: str) -> bool:
        return atlas.evaluate("what => document.activeElement.matches(what)", what)

    first = result(atlas)
    atlas.keyboard.press("Tab")
    assert focused("#photos input")
    atlas.keyboard.press("ArrowRight")
    atlas.wait_for_function("shown.length > 1")
    assert np.abs(result(atlas) - blended(three, [1 / 3] * 3, photo=1)).max() <= 2
    assert np.abs(result(atlas) - first).max() > 20
    atlas.keyboard.press("Tab")
    assert focused(".sgn-toggle")
    atlas.keyboard.press("Enter")
    atlas.keyboard.press("Tab")
    assert focused(".sgn-handle")
    atlas.keyboard.press("Home")
    expect(atlas.locator(".sgn-handle")).to_have_attribute("aria-valuenow", "0")
    atlas.keyboard.press("Tab")
    assert focused(".sgn-field")
    atlas.keyboard.press("2")
    shown_sym(atlas, (0, 1, 0))


def test_the_knob_stays_in_the_triangle(atlas: Page) -> None:
    atlas.mouse.move(*place(atlas, (0.4, 0.3, 0.3)))
    atlas.mouse.down()
    atlas.mouse.move(*place(atlas, (1.4, -0.2, -0.2)), steps=3)
    atlas.mouse.up()
    assert shown_sym(atlas, (1, 0, 0)) == [1, 0, 0]


def test_of_four_domains_any_three_can_be_mixed(page: Page, tmp_path: Path) -> None:
    run = untrained_run(tmp_path, replace(smoke(FOUR), image_size=16))
    file = write_atlas(tmp_path / "four.html", run, waves(1, 16))
    opened(page, file)
    page.locator(".sgn-others button").click()
    for key in ("1", "Shift+ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    page.wait_for_function("shown.at(-1).sym[3] > 0.5")
    page.wait_for_timeout(100)
    sym = page.evaluate("shown.at(-1).sym")
    assert np.abs(result(page) - blended(file, sym)).max() <= 2


def test_it_asks_for_nothing_but_itself(page: Page, three: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened(page, three)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [three.as_uri()]


def test_it_works_under_its_own_security_policy(browser: Browser, three: Path) -> None:
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(three.as_uri())
    expect(page.locator(".sgn-badge")).to_have_text("blend of 3 pictures")
    expect(page.locator(".sgn-corner image")).to_have_count(3)
    page.get_by_text("Van Gogh", exact=True).click()
    expect(page.locator(".sgn-badge")).to_have_text("exact")
    assert not refused
    assert not page.evaluate("fetch('data:,any').then(() => true, () => false)")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_drawn_in_both_colour_schemes(
    page: Page, three: Path, tmp_path: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    opened(page, three)
    file = tmp_path / f"{scheme}.png"
    page.screenshot(path=file)
    paper = np.asarray(Image.open(file).convert("RGB"))[5, 5].mean()
    assert paper > 240 if scheme == "light" else paper < 40


def test_it_fits_a_phone(page: Page, three: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    opened(page, three)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
