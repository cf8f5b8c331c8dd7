"""The pad in a browser: pointer, fingers, keys; S stays where it may be; few messages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sgnlib.live.pad import nearest
from tests.browser.conftest import Show

THREE = {
    "names": ["photo", "Van Gogh", "Udnie"],
    "colours": ["#0072B2", "#E69F00", "#CC79A7"],
    "shown": [0, 1, 2],
    "thumbnails": [],
    "extrapolate": False,
    "dragging": False,
    "sym": [0.2, 0.3, 0.5],
}
FOUR = THREE | {
    "names": [*THREE["names"], "Monet"],
    "colours": [*THREE["colours"], "#882255"],
    "sym": [0.1, 0.2, 0.3, 0.4],
}


def sym(page: Page) -> list[float]:
    return page.evaluate("model.get('sym')")


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the drawing, 400 wide, lies on the page."""
    box = page.locator(".sgn-field svg").bounding_box()
    assert box
    scale = box["width"] / 400
    return box["x"] + x * scale, box["y"] + y * scale


def drag(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*at(page, *point), steps=4)
    page.mouse.up()


TOP, RIGHT, LEFT = (200, 84), (338.56, 324), (61.44, 324)


def test_the_knob_follows_the_pointer_and_says_that_it_is_held(show: Show) -> None:
    page = show("pad", **THREE)
    page.mouse.move(*at(page, 200, 244))
    page.mouse.down()
    assert sym(page) == pytest.approx([1 / 3] * 3, abs=2e-3)
    assert page.evaluate("model.get('dragging')")
    page.mouse.move(*at(page, (TOP[0] + RIGHT[0]) / 2, (TOP[1] + RIGHT[1]) / 2), steps=5)
    assert sym(page) == pytest.approx([0.5, 0.5, 0.0], abs=4e-3)
    page.mouse.up()
    last = page.evaluate("model.saved.at(-1)")
    assert last["dragging"] is False
    assert last["sym"] == sym(page)
    expect(page.locator(".sgn-share")).to_have_text(["50 %", "50 %", "0 %"])


def test_taking_hold_of_the_knob_beside_its_centre_does_not_move_it(show: Show) -> None:
    page = show("pad", **THREE)
    x = 200 + 138.56 * (0.3 - 0.5)
    y = 244 + 160 * (-0.2 + 0.5 * 0.3 + 0.5 * 0.5)
    drag(page, (x + 9, y + 7), (x + 9, y + 7.001))
    assert sym(page) == pytest.approx(THREE["sym"], abs=1e-3)


@pytest.mark.parametrize(
    "point", [(200, 10), (395, 200), (200, 390), (20, 120), (120, 260)], ids=str
)
def test_outside_it_goes_to_the_nearest_point(show: Show, point: tuple[float, float]) -> None:
    page = show("pad", **THREE)
    drag(page, (200, 244), point)
    dx, dy = (point[0] - 200) / 160, (point[1] - 244) / 160
    free = [(1 + 2 * (dx * ax + dy * ay)) / 3 for ax, ay in ((0, -1), (0.866, 0.5), (-0.866, 0.5))]
    assert sym(page) == pytest.approx(nearest(free), abs=5e-3)
    assert sum(sym(page)) == pytest.approx(1, abs=3e-6)


def test_many_moves_within_a_frame_are_one_message(show: Show) -> None:
    page = show("pad", **THREE)
    page.mouse.move(*at(page, 200, 244))
    page.mouse.down()
    sent, moved = page.evaluate(
        """async () => {
          const field = document.querySelector(".sgn-field");
          const box = field.getBoundingClientRect();
          const frame = () => new Promise(requestAnimationFrame);
          await frame(); await frame();
          const before = model.saved.length;
          let moved = 0;
          model.on("change:sym", () => moved++);
          for (let n = 0; n < 100; n++) field.dispatchEvent(new PointerEvent("pointermove", {
            clientX: box.x + 150 + n, clientY: box.y + 250, pointerId: 1 }));
          await frame(); await frame();
          return [model.saved.length - before, moved];
        }"""
    )
    page.mouse.up()
    assert moved == 100
    assert sent == 1


def test_keys(show: Show) -> None:
    page = show("pad", **THREE)
    page.keyboard.press("Tab")
    for keys, expected in (
        (["ArrowRight"], [0.2, 0.32, 0.48]),
        (["Shift+ArrowLeft"], [0.2, 0.22, 0.58]),
        (["ArrowUp", "ArrowUp", "ArrowDown"], [0.22, 0.21, 0.57]),
        (["Digit2"], [0, 1, 0]),
        (["ArrowRight"], [0, 1, 0]),
        (["Digit3"], [0, 0, 1]),
        (["Digit4"], [0, 0, 1]),
        (["Home"], [1 / 3] * 3),
        (["Digit1", "Digit0"], [1 / 3] * 3),
    ):
        for key in keys:
            page.keyboard.press(key)
        assert sym(page) == pytest.approx(expected, abs=2e-6)
    field = page.locator(".sgn-field")
    assert field.evaluate("field => getComputedStyle(field.querySelector('.sgn-halo')).stroke") != (
        "none"
    )
    page.wait_for_timeout(50)
    assert page.evaluate("model.saved.at(-1).sym") == sym(page)


def test_a_screen_reader_hears_the_mix(show: Show) -> None:
    page = show("pad", **THREE)
    field = page.get_by_role("slider")
    expect(field).to_have_attribute("aria-valuetext", "20 % photo, 30 % Van Gogh, 50 % Udnie")
    assert "arrow keys" in (field.get_attribute("aria-label") or "")
    page.evaluate("model.set('sym', [0, 0.25, 0.75])")
    expect(page.locator("[aria-live]")).to_have_text("25 % Van Gogh, 75 % Udnie")


def test_percents_sum_to_a_hundred(show: Show) -> None:
    page = show("pad", **(THREE | {"sym": [0.675, 0.004, 0.321]}))
    expect(page.locator(".sgn-share")).to_have_text(["68 %", "0 %", "32 %"])
    page.evaluate("model.set('sym', [1 / 3, 1 / 3, 1 / 3])")
    expect(page.locator(".sgn-share")).to_have_text(["34 %", "33 %", "33 %"])


def test_corners_are_told_apart_without_colour(show: Show) -> None:
    page = show("pad", **THREE)
    shapes = page.locator(".sgn-corner > .sgn-marker:first-child").evaluate_all(
        "all => all.map(path => path.getAttribute('d').match(/[ML]/g).length)"
    )
    assert len(set(shapes)) == 3
    expect(page.locator(".sgn-corner text:not(.sgn-share)")).to_have_text(THREE["names"])


def test_a_click_on_a_name_and_a_double_click_go_to_the_corner(show: Show) -> None:
    page = show("pad", **THREE)
    page.get_by_text("Van Gogh").click()
    assert sym(page) == [0, 1, 0]
    page.mouse.dblclick(*at(page, TOP[0] + 3, TOP[1] + 22))
    assert sym(page) == [1, 0, 0]


def test_a_finger_moves_it(show: Show, browser: Browser) -> None:
    page = show("pad", **THREE)
    session = page.context.new_cdp_session(page)
    for kind, point in (("Start", (200, 244)), ("Move", (240, 280)), ("Move", RIGHT)):
        x, y = at(page, *point)
        session.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [{"x": x, "y": y}]}
        )
    assert page.evaluate("model.get('dragging')")
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("!model.get('dragging')")
    assert sym(page) == pytest.approx([0, 1, 0], abs=5e-3)


def test_two_domains_are_a_line(show: Show) -> None:
    two = {key: value[:2] for key, value in THREE.items() if isinstance(value, list)}
    page = show("pad", **(THREE | two | {"sym": [0.5, 0.5]}))
    drag(page, (200, 36), (280, 60))
    assert sym(page) == pytest.approx([0.25, 0.75], abs=4e-3)
    page.keyboard.press("ArrowUp")
    assert sym(page) == pytest.approx([0.23, 0.77], abs=4e-3)
    page.keyboard.press("1")
    assert sym(page) == [1, 0]


def test_with_extrapolation_the_knob_leaves_the_triangle_up_to_a_limit(show: Show) -> None:
    page = show("pad", **(THREE | {"extrapolate": True}))
    drag(page, (200, 219), (200, 219 - 84 * 1.3))
    assert sym(page) == pytest.approx([1.2, -0.1, -0.1], abs=6e-3)
    drag(page, (200, 219 - 84 * 1.3), (200, 0))
    assert sym(page) == pytest.approx([1.5, -0.25, -0.25], abs=6e-3)
    drag(page, (200, 219), (200, 390))
    assert min(sym(page)) == pytest.approx(-0.5, abs=1e-6)
    assert sum(sym(page)) == pytest.approx(1, abs=3e-6)
    expect(page.locator(".sgn-share").first).to_have_text("\u221250 %")


def test_of_four_domains_three_share_what_the_fourth_leaves(show: Show) -> None:
    page = show("pad", **FOUR)
    page.keyboard.press("Tab")
    page.keyboard.press("2")
    assert sym(page) == pytest.approx([0, 0.6, 0, 0.4])
    page.evaluate("model.set('sym', [0, 0, 0, 1])")
    assert page.locator(".sgn-idle").count() == 1
    page.keyboard.press("1")
    assert sym(page) == [1, 0, 0, 0]


def test_a_domain_comes_onto_the_pad_for_the_one_with_the_least_weight(show: Show) -> None:
    page = show("pad", **FOUR)
    page.get_by_role("button", name="Monet 40 %").click()
    assert page.evaluate("model.get('shown')") == [3, 1, 2]
    assert sym(page) == FOUR["sym"]
    expect(page.locator(".sgn-others button")).to_have_text(["photo10 %"])
    page.keyboard.press("1")
    assert sym(page) == pytest.approx([0.1, 0, 0, 0.9])


def test_it_follows_jupyterlabs_theme_or_the_systems(show: Show) -> None:
    page = show("pad", **THREE)

    def ink() -> Any:
        return page.locator(".sgn-pad").evaluate("pad => getComputedStyle(pad).color")

    page.emulate_media(color_scheme="light")
    light = ink()
    page.emulate_media(color_scheme="dark")
    assert ink() != light
    page.evaluate("document.body.style.setProperty('--jp-ui-font-color1', 'rgb(1, 2, 3)')")
    assert ink() == "rgb(1, 2, 3)"


def test_thumbnails_are_given_back(show: Show) -> None:
    page = show("pad", **THREE)
    page.evaluate(
        """async () => {
          for (const colour of ["red", "lime", "blue", "teal"]) {
            const one = await painted(colour, "image/png");
            model.set("thumbnails", [one, one, one]);
          }
        }"""
    )
    assert page.locator(".sgn-corner image").count() == 3
    assert page.evaluate("open_urls.size") == 3
    page.evaluate("close_view()")
    assert page.evaluate("open_urls.size") == 0
