"""The toy problem's slider: the picture follows S, the text stays the same."""

from __future__ import annotations

from sgnlib.live.toy import ToySlider
from sgnlib.toy import ToyNetwork


def test_moving_it_redraws_the_picture() -> None:
    shown = ToySlider({"Sym": ToyNetwork(4, 0)})
    before = shown.picture.value
    shown.slider.value = 0.8
    after = shown.picture.value
    assert before != after
    shown.slider.value = 0.5
    assert shown.picture.value == before


def test_its_text_does_not_hold_the_picture() -> None:
    bundle = ToySlider({})._repr_mimebundle_()
    assert bundle["text/plain"] == "a slider for s_c"
    assert "application/vnd.jupyter.widget-view+json" in bundle
