"""A headless Chromium, and a plain page on which a widget's view runs without a kernel."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sgnlib.live.assets import PAD_SCRIPT, PAD_STYLE, STAGE_SCRIPT, STAGE_STYLE

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

Show = Callable[..., Page]
"""Shows a widget: `show("pad", sym=[...], ...)` gives the page; its `model` remembers messages."""

BENCH = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<style>body {{ margin: 24px; }} {style}</style><div id="el"></div><script type="module">
const widgets = {{ pad: {pad}, stage: {stage} }};
class Model {{
  heard = {{}}; saved = []; sent = [];
  constructor(values) {{ this.values = values; }}
  get(name) {{ return this.values[name]; }}
  set(name, value) {{ this.values[name] = value; this.fire(`change:${{name}}`); }}
  on(event, callback) {{ (this.heard[event] ??= []).push(callback); }}
  fire(event, ...about) {{ (this.heard[event] ?? []).forEach((callback) => callback(...about)); }}
  save_changes() {{ this.saved.push(structuredClone(this.values)); }}
  send(content, _, buffers) {{ this.sent.push([content, buffers?.[0]?.byteLength]); }}
}}
window.frames_shown = [];
document.addEventListener("sgn:frame", ({{ detail }}) => window.frames_shown.push(detail));
window.open_urls = new Set();
const [make, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
URL.createObjectURL = (blob) => {{ const url = make(blob); open_urls.add(url); return url; }};
URL.revokeObjectURL = (url) => {{ open_urls.delete(url); revoke(url); }};
window.painted = async (colour, type) => {{
  const canvas = Object.assign(document.createElement("canvas"), {{ width: 48, height: 32 }});
  const context = canvas.getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 48, 32);
  return new Promise((done) => canvas.toBlob(async (b) => done(await b.arrayBuffer()), type));
}};
window.show = (name, values) => {{
  window.model = new Model(values);
  window.close_view = widgets[name].render({{ model, el: document.getElementById("el") }});
}};
</script>"""


def chromium() -> str | None:
    """The browser's program, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


def lacking(words: str) -> NoReturn:
    """Fails in CI, skips elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    program = chromium()
    if not program:
        lacking("the browser tests need Chromium: on Debian and Ubuntu, apt install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page; an error in one of its scripts fails the test."""
    # Waiting for a condition is a script of ours, which the atlas's security policy would forbid.
    opened = browser.new_page(viewport={"width": 1180, "height": 860}, bypass_csp=True)
    opened.set_default_timeout(10_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    opened.close()
    assert not errors


@pytest.fixture
def show(page: Page, tmp_path: Path) -> Show:
    """See `Show`."""
    scripts = {
        name: f"(() => {{ {script.replace('export default', 'return')} }})()"
        for name, script in (("pad", PAD_SCRIPT), ("stage", STAGE_SCRIPT))
    }
    bench = tmp_path / "bench.html"
    bench.write_text(BENCH.format(style=PAD_STYLE + STAGE_STYLE, **scripts))

    def shown(name: str, **values: Any) -> Page:
        page.goto(bench.as_uri())
        page.evaluate("([name, values]) => show(name, values)", [name, values])
        return page

    return shown
