"""The mixer in a real JupyterLab and as an app: the browser shows what the network makes."""

from __future__ import annotations

import base64
import io
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FloatRect, Page, TimeoutError, expect

from sgnlib.evaluation.models import find_model
from sgnlib.live.backends import LEAST_PSNR, TorchBackend, psnr
from sgnlib.live.mixer import SIDE
from sgnlib.live.photos import shipped_photos
from sgnlib.nn.generator import Generator
from sgnlib.storage import write_hashed

PATIENCE = 90
"""Seconds for a server or a kernel on a busy machine."""

CELL = """from sgnlib.evaluation.models import find_model
from sgnlib.live.mixer import Mixer

Mixer(find_model({weights!r}, None).generator)"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained generator whose pictures depend on S clearly."""
    import safetensors.torch

    torch.manual_seed(3)
    generator = Generator(3, ngf=8, n_blocks=1)
    for gate in generator.gates:
        torch.nn.init.normal_(gate.excite.weight, std=3.0)
    file = tmp_path_factory.mktemp("weights") / "generator.safetensors"
    write_hashed(file, safetensors.torch.save(generator.state_dict()))
    return file


@contextmanager
def running(command: list[str], folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A server with nothing of the user's: settings, runtime files and history lie in a folder."""
    own = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR", "HOME")
    environment = os.environ | {name: str(folder / name.lower()) for name in own} | more
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True
        )
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def answers(url: str) -> None:
    """Waits until a server does."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=PATIENCE).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


@contextmanager
def mixing(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`sgn mix` with these arguments, and its address, which answers."""
    command = [sys.executable, "-m", "sgnlib.cli", "mix", "--no-browser", *arguments]
    with tempfile.TemporaryDirectory() as folder, running(command, Path(folder)) as server:
        assert server.stdout
        found = re.search(r"http\S+", server.stdout.readline())
        assert found, (Path(folder) / "log").read_text()
        answers(found[0].split("?")[0])
        yield server, found[0]


@pytest.fixture(scope="module")
def app(weights: Path) -> Iterator[str]:
    """The address of `sgn mix`."""
    with mixing("--model", str(weights)) as (_, address):
        yield address


@pytest.fixture(scope="module")
def lab(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a notebook of one cell in JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    code = nbformat.v4.new_code_cell(CELL.format(weights=str(weights)))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[code], metadata=kernel), folder / "live.ipynb")
    token = secrets.token_hex(8)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *(f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"),
        "--ServerApp.kernel_websocket_connection_class=sgnlib.live.sockets.Undelayed",
    ]
    with running(command, folder):
        answers(f"http://127.0.0.1:{port}/api")
        yield f"http://127.0.0.1:{port}/lab/tree/live.ipynb?token={token}"


LISTEN = """
window.frames = [];
document.addEventListener('sgn:frame', (e) => frames.push(e.detail));
window.urls = new Set();
const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
URL.createObjectURL = (blob) => { const url = make(blob); urls.add(url); return url; };
URL.revokeObjectURL = (url) => { urls.delete(url); revoke(url); };
"""


def opened(context: Browser | BrowserContext, url: str) -> Page:
    """A page that remembers the frames that have come to its screen."""
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE * 1000)
    page.add_init_script(LISTEN)
    page.goto(url)
    return page


def run_cell(page: Page) -> None:
    """Runs the first cell. A notebook that is still being opened swallows keys: tries again."""
    slow = page.locator("dialog.jp-Dialog").get_by_role("button", name="Keep Waiting")
    page.add_locator_handler(slow, lambda button: button.click())  # a busy machine is asked this
    idle = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
    page.locator(idle).wait_for(state="attached")
    for _ in range(3):
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        with suppress(TimeoutError):
            page.wait_for_function("frames.length", timeout=PATIENCE / 3 * 1000)
            return


@pytest.fixture(params=["app", "lab"])
def mixer(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page with the mixer at its first exact picture."""
    page = opened(browser, request.getfixturevalue(request.param))
    if request.param == "lab":
        run_cell(page)
    settled(page)
    yield page
    page.close()


@pytest.fixture
def in_app(app: str, browser: Browser) -> Iterator[Page]:
    page = opened(browser, app)
    settled(page)
    yield page
    page.close()


def settled(page: Page, wanted: Callable[[list[float]], bool] = lambda sym: True) -> list[float]:
    """The S of the exact picture that is shown once nothing moves any more."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        last = page.evaluate("frames.at(-1)")
        if last and last["exact"] and wanted(last["sym"]):
            page.wait_for_timeout(600)
            if page.evaluate("frames.at(-1).time") == last["time"]:
                return last["sym"]
        page.wait_for_timeout(50)
    pytest.fail(f"no exact picture; the last frames are {page.evaluate('frames.slice(-3)')}")


def near(*wanted: float) -> Callable[[list[float]], bool]:
    return lambda sym: bool(np.allclose(sym, wanted, atol=0.011))


def shown(page: Page) -> np.ndarray:
    """The result's pixels as the page shows them."""
    data = page.evaluate(
        """() => {
          const source = [...document.querySelectorAll('.sgn-stage canvas, .sgn-stage img')].at(-1);
          const canvas = document.createElement('canvas');
          canvas.width = source.naturalWidth ?? source.width;
          canvas.height = source.naturalHeight ?? source.height;
          canvas.getContext('2d').drawImage(source, 0, 0, canvas.width, canvas.height);
          return canvas.toDataURL('image/png');
        }"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))).convert("RGB"))


def expected(weights: Path, sym: list[float]) -> np.ndarray:
    """What the network makes of the first shipped photo."""
    backend = TorchBackend(find_model(str(weights), None).generator)
    photo = next(iter(shipped_photos(SIDE).values()))
    return backend.picture(backend.prepare(photo), torch.tensor([sym], dtype=torch.float32))


def choose(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="own photo").click()
    chooser.value.set_files(file)


def corner(page: Page, position: int) -> tuple[float, float]:
    """Where a corner of the triangle lies on the page."""
    box = field(page)
    x, y = ((200, 84), (338.56, 324), (61.44, 324))[position]
    return box["x"] + x * box["width"] / 400, box["y"] + y * box["width"] / 400


def field(page: Page) -> FloatRect:
    """Where the pad's drawing lies; it is drawn anew when thumbnails come."""
    while not (box := page.locator(".sgn-field svg").bounding_box()):
        page.wait_for_timeout(20)
    return box


def take_the_knob(page: Page) -> None:
    """Presses the mouse on the knob in the centre."""
    corners = [corner(page, position) for position in range(3)]
    page.mouse.move(*(sum(c) / 3 for c in zip(*corners, strict=True)))
    page.mouse.down()


def test_dragging_changes_the_picture_to_the_networks(mixer: Page, weights: Path) -> None:
    first = shown(mixer)
    take_the_knob(mixer)
    before = mixer.evaluate("frames.length")
    for position in (1, 2, 0, 1):
        leg = mixer.evaluate("frames.length")
        mixer.mouse.move(*corner(mixer, position), steps=12)
        mixer.wait_for_timeout(700)
        shares = mixer.evaluate(f"frames.slice({leg}).map(frame => frame.sym[{position}])")
        assert shares == sorted(shares), "S went back"
    mixer.mouse.up()
    sym = settled(mixer, near(0, 1, 0))
    assert mixer.evaluate("frames.length") - before >= 3, "it changed while the point moved"
    assert psnr(shown(mixer), expected(weights, sym)) >= LEAST_PSNR
    assert psnr(shown(mixer), first) < 30


def test_keyboard_alone_is_enough(mixer: Page, weights: Path) -> None:
    mixer.locator(".sgn-field").focus()
    mixer.keyboard.press("3")
    assert near(0, 0, 1)(settled(mixer, near(0, 0, 1)))
    mixer.keyboard.press("ArrowUp")
    sym = settled(mixer, lambda sym: sym[0] > 0.005)
    assert psnr(shown(mixer), expected(weights, sym)) >= LEAST_PSNR


def test_a_slider_moves_the_pad(mixer: Page) -> None:
    handle = mixer.locator(".widget-slider .noUi-handle").first
    handle.focus()
    mixer.keyboard.press("End")
    settled(mixer, near(1, 0, 0))
    expect(mixer.locator(".sgn-share").first).to_have_text("100 %")


def test_500_rapid_moves_leave_no_backlog(in_app: Page, weights: Path) -> None:
    take_the_knob(in_app)
    in_app.evaluate(
        """([box, last]) => {
          const target = document.querySelector('.sgn-field');
          for (let i = 0; i < 500; i++) {
            const [x, y] = i === 499 ? last
              : [box.x + box.width * Math.random(), box.y + box.height * Math.random()];
            const at = { clientX: x, clientY: y, pointerId: 1, bubbles: true, isPrimary: true };
            target.dispatchEvent(new PointerEvent('pointermove', at));
          }
        }""",
        [field(in_app), corner(in_app, 2)],
    )
    start = in_app.evaluate("frames.length")
    in_app.mouse.move(*corner(in_app, 2))
    in_app.mouse.up()
    sym = settled(in_app, near(0, 0, 1))
    assert in_app.evaluate("frames.length") - start < 60
    assert psnr(shown(in_app), expected(weights, sym)) >= LEAST_PSNR


def wander(page: Page, moves: int) -> None:
    """Moves the knob that is held about, once per painted frame."""
    page.evaluate(
        """async ([box, moves]) => {
          const target = document.querySelector('.sgn-field');
          for (let i = 0; i < moves; i++) {
            const [x, y] = [0.5 + 0.1 * Math.sin(i), 0.55 + 0.1 * Math.cos(0.7 * i)];
            const clientX = box.x + x * box.width, clientY = box.y + y * box.width;
            const at = { clientX, clientY, pointerId: 1, bubbles: true, isPrimary: true };
            target.dispatchEvent(new PointerEvent('pointermove', at));
            await new Promise(requestAnimationFrame);
          }
        }""",
        [field(page), moves],
    )
    page.wait_for_timeout(1000)


def heap(page: Page) -> float:
    """Bytes that the page's scripts hold after a garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")


def test_memory_does_not_grow_with_500_moves(in_app: Page) -> None:
    take_the_knob(in_app)
    wander(in_app, 100)
    before, urls = heap(in_app), in_app.evaluate("urls.size")
    frames = in_app.evaluate("frames.length")
    wander(in_app, 500)
    assert in_app.evaluate("frames.length") > frames, "pictures came"
    assert in_app.evaluate("urls.size") <= urls + 2, "a picture that is replaced is given back"
    assert heap(in_app) - before < 4e6, "a move leaves less than 8 kB behind"
    in_app.mouse.up()


def test_a_photo_is_uploaded_and_a_broken_file_is_told(in_app: Page, tmp_path: Path) -> None:
    before = in_app.evaluate("frames.length")
    broken, good = tmp_path / "broken.png", tmp_path / "stripes.png"
    broken.write_bytes(b"no picture")
    Image.effect_mandelbrot((200, 120), (-2, -1, 1, 1), 60).convert("RGB").save(good)
    choose(in_app, broken)
    expect(in_app.locator(".sgn-alert")).to_contain_text("broken.png cannot be read")
    assert in_app.evaluate("frames.length") == before
    choose(in_app, good)
    in_app.wait_for_function(f"frames.length > {before}")
    settled(in_app)
    assert shown(in_app).shape == (120, 200, 3)
    expect(in_app.locator(".sgn-alert")).to_be_empty()


def test_beyond_the_simplex(in_app: Page, weights: Path) -> None:
    in_app.get_by_text("beyond the simplex").click()
    in_app.locator("[aria-valuemax='1.5']").nth(2).wait_for()  # until then 1.5 is typed in vain
    readout = in_app.locator(".widget-slider .widget-readout").nth(1)
    readout.click()
    in_app.keyboard.press("Control+A")
    in_app.keyboard.type("1.5")
    in_app.keyboard.press("Enter")
    sym = settled(in_app, lambda sym: sym[1] > 1.4)
    assert psnr(shown(in_app), expected(weights, sym)) >= LEAST_PSNR


def test_two_browsers_do_not_disturb_each_other(app: str, browser: Browser) -> None:
    pages = [opened(browser.new_context(), app) for _ in range(2)]
    for page, key in zip(pages, ("1", "3"), strict=True):
        settled(page)
        page.locator(".sgn-field").focus()
        page.keyboard.press(key)
    assert near(1, 0, 0)(settled(pages[0], near(1, 0, 0)))
    assert near(0, 0, 1)(settled(pages[1], near(0, 0, 1)))
    for page in pages:
        page.context.close()


def test_the_app_is_closed_to_others(app: str) -> None:
    with urllib.request.urlopen(app.split("?")[0], timeout=PATIENCE) as refused:
        assert "/login" in refused.geturl(), "without the token nobody gets in"
    port = int(re.findall(r":(\d+)/", app)[0])
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    own = [line.split()[1] for line in listening if line.split()[1].endswith(f":{port:04X}")]
    assert own and all(address.startswith("0100007F:") for address in own)


def test_the_mixer_survives_a_kernels_restart(lab: str, browser: Browser, weights: Path) -> None:
    page = opened(browser, lab)
    run_cell(page)
    settled(page)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.keyboard.press("0")
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_timeout(1000)
    page.evaluate("frames.length = 0")
    run_cell(page)
    settled(page)
    page.locator(".sgn-field").last.focus()
    page.keyboard.press("2")
    sym = settled(page, near(0, 1, 0))
    assert psnr(shown(page), expected(weights, sym)) >= LEAST_PSNR
    page.close()
