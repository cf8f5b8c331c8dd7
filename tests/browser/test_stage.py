"""The stage in a browser: the newest frame is shown, memory does not grow, words for errors."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Show

EMPTY: dict[str, Any] = {
    "photo": None, "frame": None, "frame_sym": [1, 0], "exact": False, "note": "", "error": "",
    "wipe": False, "side": 240,
}  # fmt: skip


@pytest.fixture
def page(show: Show) -> Page:
    """A stage with a grey photo, not square."""
    shown = show("stage", **EMPTY)
    shown.evaluate("async () => model.set('photo', await painted('gray', 'image/png'))")
    shown.wait_for_selector(".sgn-original img")
    return shown


def show_frames(page: Page, colours: list[str], **about: Any) -> None:
    """Sets frames without waiting between them, then waits until the last one is shown."""
    page.evaluate(
        """async ([colours, about]) => {
          const kinds = await Promise.all(colours.map((colour) => painted(colour, "image/png")));
          for (const [n, frame] of kinds.entries()) {
            for (const [name, value] of Object.entries(about)) model.set(name, value);
            model.set("frame_sym", [n, 1 - n]);
            model.set("frame", frame);
            if (n % 7 === 6) await new Promise(requestAnimationFrame);
          }
        }""",
        [colours, about],
    )
    page.wait_for_function(f"frames_shown.at(-1)?.sym[0] === {len(colours) - 1}")


def colour(page: Page) -> list[int]:
    return page.evaluate(
        """() => {
          const context = document.createElement("canvas").getContext("2d");
          context.drawImage(document.querySelector(".sgn-result img"), 0, 0);
          return [...context.getImageData(5, 5, 1, 1).data].slice(0, 3);
        }"""
    )


def test_a_frame_is_shown_and_told(page: Page) -> None:
    show_frames(page, ["rgb(10, 20, 200)"], exact=True, note="exact, 12 ms")
    assert colour(page) == [10, 20, 200]
    told = page.evaluate("frames_shown")
    assert len(told) == 1
    assert told[0]["exact"] is True
    assert 0 < told[0]["time"] <= page.evaluate("performance.now()")
    expect(page.locator(".sgn-badge")).to_have_text("exact, 12 ms")
    expect(page.locator(".sgn-badge")).to_have_class("sgn-badge sgn-exact")
    show_frames(page, ["red"], exact=False, note="")
    expect(page.locator(".sgn-badge")).to_have_text("blend")
    assert page.evaluate("frames_shown.length") == 2  # however many traits have changed
    expect(page.get_by_role("img", name="the photo translated, S = (0.00, 1.00)")).to_be_visible()


def test_the_newest_of_many_frames_wins_and_memory_does_not_grow(page: Page) -> None:
    colours = [f"rgb({n % 256}, {n // 256}, 9)" for n in range(500)]
    show_frames(page, colours)
    assert colour(page) == [499 - 256, 1, 9]
    assert page.evaluate("open_urls.size") == 2  # photo and result
    assert page.locator(".sgn-result img").count() == 1
    order = [told["sym"][0] for told in page.evaluate("frames_shown")]
    assert order == sorted(order)
    page.evaluate("close_view()")
    assert page.evaluate("open_urls.size") == 0


def test_a_broken_frame_does_not_stop_the_next(page: Page) -> None:
    page.evaluate("model.set('frame', new TextEncoder().encode('no picture'))")
    show_frames(page, ["lime"])
    assert colour(page) == [0, 255, 0]
    assert page.evaluate("open_urls.size") == 2


def test_the_photos_shape_is_kept(page: Page) -> None:
    box = page.locator(".sgn-original .sgn-frame").bounding_box()
    assert box
    assert box["width"] == pytest.approx(240)
    assert box["height"] == pytest.approx(160)


def test_under_the_wipe_the_edge_is_dragged_and_moved_by_keys(page: Page) -> None:
    show_frames(page, ["red"])
    page.get_by_role("button", name="wipe").click()
    assert page.evaluate("model.saved.at(-1).wipe") is True
    left = page.locator(".sgn-original .sgn-frame").bounding_box()
    right = page.locator(".sgn-result .sgn-frame").bounding_box()
    assert left == right
    assert left
    handle = page.get_by_role("slider")
    middle = left["y"] + left["height"] / 2
    page.mouse.move(left["x"] + left["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(left["x"] + 0.25 * left["width"], middle, steps=3)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "25")
    page.mouse.move(left["x"] + 0.75 * left["width"], middle)
    handle.press("Shift+ArrowRight")
    handle.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", "33")
    handle.press("End")
    handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "100")
    under = "document.elementFromPoint({}, {}).closest('figure').className"
    assert "sgn-original" in page.evaluate(under.format(left["x"] + 20, left["y"] + 20))
    handle.press("Home")
    assert "sgn-result" in page.evaluate(under.format(left["x"] + 60, left["y"] + 20))


def test_an_error_is_said_in_words(page: Page) -> None:
    page.evaluate("model.set('error', 'this photo would need about 40 GB of memory')")
    expect(page.get_by_role("alert")).to_have_text("this photo would need about 40 GB of memory")
    page.evaluate("model.set('error', '')")
    expect(page.locator(".sgn-alert")).to_be_hidden()


DROP = """([name, type, size]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(size)], name, { type }));
  const about = { dataTransfer: data, bubbles: true, cancelable: true };
  const stage = document.querySelector(".sgn-frame");
  const taken = !stage.dispatchEvent(new DragEvent("dragover", about));
  stage.dispatchEvent(new DragEvent("drop", about));
  return taken;
}"""


def test_a_dropped_image_is_sent_and_others_are_refused_in_words(page: Page) -> None:
    assert page.evaluate("model.sent") == [[{"kind": "ready"}, None]]
    assert page.evaluate(DROP, ["lake.jpg", "image/jpeg", 1000])
    page.wait_for_function("model.sent.length === 2")
    assert page.evaluate("model.sent[1]") == [{"kind": "upload", "name": "lake.jpg"}, 1000]
    page.evaluate(DROP, ["big.png", "image/png", 20_500_000])
    expect(page.get_by_role("alert")).to_have_text(
        "big.png has 20.5 MB; at most 20 MB can be used."
    )
    page.evaluate(DROP, ["notes.txt", "text/plain", 10])
    expect(page.get_by_role("alert")).to_have_text("notes.txt is not an image.")
    assert page.evaluate("model.sent.length") == 2


def test_the_result_can_be_saved(page: Page) -> None:
    show_frames(page, ["blue"])
    with page.expect_download() as download:
        page.evaluate("model.fire('msg:custom', { kind: 'download', name: 'mix.png' }, [])")
    assert download.value.suggested_filename == "mix.png"
    assert download.value.path().read_bytes()[1:4] == b"PNG"
    with page.expect_download() as download:
        page.evaluate(
            "model.fire('msg:custom', { kind: 'download', name: 'tour.mp4' },"
            " [new DataView(new TextEncoder().encode('film').buffer)])"
        )
    assert download.value.path().read_bytes() == b"film"
