"""The network in the page: a reader's own photo is translated in the browser, as torch does it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from sgnlib.datasets.sampling import to_images
from sgnlib.experiments import MODEL_1, smoke
from sgnlib.live.atlas import write_atlas
from sgnlib.live.backends import Picture, psnr, to_picture
from sgnlib.live.lattice import surrounding
from sgnlib.live.web_runtime import RuntimeMissing, WebRuntime, web_runtime
from sgnlib.nn.generator import Generator
from sgnlib.training.runs import Run
from tests.browser.conftest import lacking
from tests.browser.test_atlas import decoded, opened, place, result
from tests.live.untrained import untrained_run, waves

SIZE = (92, 60)
"""Width and height of the reader's photo: in fours, so that the page keeps them."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return untrained_run(tmp_path_factory.mktemp("runs"), replace(smoke(MODEL_1), image_size=32))


@pytest.fixture(scope="module")
def atlas(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with the network in it."""
    try:
        web_runtime()
    except RuntimeMissing as missing:
        lacking(str(missing))
    file = tmp_path_factory.mktemp("own") / "atlas.html"
    return write_atlas(file, run, waves(1, 32), network=True)


@pytest.fixture(scope="module")
def generator(run: Run) -> Generator:
    """The network, its weights rounded as in the page."""
    generator = run.generator().requires_grad_(False)
    for weight in generator.parameters():
        weight.copy_(weight.half())
    return generator


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that is not square."""
    pixels = ((waves(1, 92)[0, :, :60] + 1) * 127.5).byte().permute(1, 2, 0).numpy()
    file = tmp_path_factory.mktemp("photo") / "mine.png"
    Image.fromarray(pixels).save(file)
    return file


@pytest.fixture
def slow(page: Page) -> Iterator[Page]:
    """Loading a runtime of 14 MB takes its time on a busy machine."""
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield page
    expect.set_options(timeout=5_000)


@pytest.fixture
def server(atlas: Path) -> Iterator[str]:
    """The page's address at a plain server of files."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=atlas.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/{atlas.name}"
        serving.shutdown()


def translated(generator: Generator, photo: Path, sym: Sequence[float]) -> Picture:
    """What torch makes of the photo."""
    pixels = torch.from_numpy(np.asarray(Image.open(photo)).copy()).permute(2, 0, 1)
    image = generator(to_images(pixels[None]), torch.tensor([list(sym)]))
    return to_picture(image)


def chosen(page: Page, photo: Path) -> None:
    """Chooses a photo; all its pictures are there when this returns."""
    page.set_input_files("#chooser", photo)
    expect(page.locator("#photos input")).to_have_count(2)
    expect(page.locator("#progress")).to_contain_text("does not leave your computer")


def test_a_readers_photo_is_translated_as_torch_does(
    slow: Page, atlas: Path, photo: Path, generator: Generator
) -> None:
    opened(slow, atlas)
    chosen(slow, photo)
    original = slow.evaluate("document.querySelector('.sgn-original canvas').toDataURL()")
    assert np.array_equal(decoded(original), np.asarray(Image.open(photo)))
    expect(slow.locator(".sgn-corner image")).to_have_count(3)

    slow.mouse.move(*place(slow, (1 / 3, 1 / 3, 1 / 3)))
    slow.mouse.down()
    slow.evaluate("shown.length = 0")
    slow.mouse.move(*place(slow, (0.2, 0.55, 0.25)), steps=8)
    slow.wait_for_function("shown.at(-1)?.exact")  # the pointer rests, and is still held
    dragged = slow.evaluate("shown.filter(({ exact }) => !exact).length")
    assert dragged > 0
    slow.mouse.up()
    sym = slow.evaluate("shown.at(-1).sym")
    assert max(abs(s - near) for s, near in zip(sym, (0.2, 0.55, 0.25), strict=True)) < 0.01
    expect(slow.locator(".sgn-badge")).to_contain_text("exact, ")
    assert psnr(result(slow).astype(np.uint8), translated(generator, photo, sym)) > 50


def test_while_it_is_dragged_the_networks_own_pictures_are_blended(
    slow: Page, atlas: Path, photo: Path, generator: Generator
) -> None:
    opened(slow, atlas)
    chosen(slow, photo)
    slow.evaluate(
        """() => {
          window.blends = [];
          document.addEventListener("sgn:frame", ({ detail }) => {
            const url = document.querySelector(".sgn-result canvas").toDataURL();
            if (!detail.exact) blends.push([detail.sym, url]);
          });
        }"""
    )
    slow.mouse.move(*place(slow, (1 / 3, 1 / 3, 1 / 3)))
    slow.mouse.down()
    slow.mouse.move(*place(slow, (0.42, 0.35, 0.23)), steps=4)
    slow.wait_for_function("blends.length > 0")
    slow.mouse.up()
    sym, url = slow.evaluate("blends.at(-1)")
    nodes, weights = surrounding(sym, 4)
    made = [translated(generator, photo, [n / 4 for n in node]) for node in nodes]
    mean = sum(w * one for w, one in zip(weights, made, strict=True))
    assert np.abs(decoded(url) - np.asarray(mean)).max() <= 2


def test_under_its_own_security_policy_it_asks_for_nothing(
    browser: Browser, atlas: Path, server: str, photo: Path
) -> None:
    for address in (atlas.as_uri(), server):
        page = browser.new_page()
        asked: list[str] = []
        refused: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda message, refused=refused: refused.append(message.text))
        page.goto(address)
        page.set_input_files("#chooser", photo)
        expect(page.locator(".sgn-badge")).to_contain_text("exact, ", timeout=60_000)
        page.close()
        assert not refused
        outside = {url for url in asked if not url.startswith(("data:", "blob:"))}
        assert outside == {address}


def test_what_is_no_photo_is_refused_in_words(slow: Page, atlas: Path, tmp_path: Path) -> None:
    opened(slow, atlas)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    (tmp_path / "large.png").write_bytes(bytes(20_000_001))
    Image.new("RGB", (40, 20)).save(tmp_path / "tiny.png")
    for name, words in (
        ("notes.txt", "notes.txt is not an image."),
        ("broken.png", "broken.png is not an image that this browser can read."),
        ("large.png", "large.png has 20.0 MB; at most 20 MB can be used."),
        ("tiny.png", "tiny.png has 40 x 20 pixels; each side needs 32."),
    ):
        slow.set_input_files("#chooser", tmp_path / name)
        expect(slow.get_by_role("alert")).to_have_text(words)
    expect(slow.locator("#photos input")).to_have_count(1)


def test_where_the_network_does_not_run_the_page_says_so_and_goes_on(
    slow: Page, run: Run, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = WebRuntime("export const env = nothing;", b"")
    monkeypatch.setattr("sgnlib.live.network.web_runtime", lambda: broken)
    opened(slow, write_atlas(tmp_path / "atlas.html", run, waves(1, 32), network=True))
    for _ in range(2):
        slow.set_input_files("#chooser", photo)
        expect(slow.get_by_role("alert")).to_contain_text("does not run in this browser: nothing")
    slow.get_by_text("Van Gogh", exact=True).click()
    expect(slow.locator(".sgn-badge")).to_have_text("exact")


def test_a_photo_can_be_dropped_and_reached_by_keyboard(slow: Page, atlas: Path) -> None:
    opened(slow, atlas)
    slow.keyboard.press("Tab")
    slow.keyboard.press("Tab")
    assert slow.evaluate("document.activeElement.id") == "chooser"
    assert slow.get_by_label("your own photo").count() == 1
    slow.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
          const blob = await new Promise((done) => canvas.toBlob(done));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([blob], "dropped.png", { type: "image/png" }));
          const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer });
          document.querySelector(".sgn-frame").dispatchEvent(drop);
        }"""
    )
    expect(slow.locator(".sgn-badge")).to_contain_text("exact, ")
    expect(slow.get_by_role("radio", name="dropped.png")).to_be_checked()
    slow.keyboard.press("Shift+Tab")
    slow.keyboard.press("ArrowLeft")  # back to the photo that came with the page
    expect(slow.locator(".sgn-badge")).to_have_text("blend of 3 pictures")
