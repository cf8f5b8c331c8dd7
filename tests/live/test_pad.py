"""The pad's traits: S stays where it may be; what does not fit is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sgnlib.live.pad import SimplexPad, nearest, simplex_pad
from sgnlib.plots.style import COLOURS


def test_a_pad_starts_at_the_centre_with_names_and_colours() -> None:
    pad = simplex_pad(["photo", "vangogh", "monet", "udnie"])
    assert pad.names == ["photo", "Van Gogh", "Monet", "Udnie"]
    assert pad.colours == [COLOURS[name] for name in ("photo", "vangogh", "monet", "udnie")]
    assert pad.sym == [0.25] * 4
    assert pad.shown == [0, 1, 2]
    assert simplex_pad(["photo", "udnie"]).shown == [0, 1]


def test_its_state_is_what_the_browser_gets() -> None:
    state = simplex_pad(["photo", "udnie"], [b"one", b"two"]).get_state()
    assert state["sym"] == [0.5, 0.5]
    assert state["thumbnails"] == [b"one", b"two"]
    assert "export default { render }" in state["_esm"]
    assert ".sgn-pad" in state["_css"]
    assert "http://www.w3.org" not in state["_css"]


def test_s_outside_the_simplex_needs_leave() -> None:
    pad = simplex_pad(["photo", "vangogh", "udnie"])
    with pytest.raises(ValueError, match="not be negative"):
        pad.sym = [-0.5, 1.5, 0.0]
    with pytest.raises(ValueError, match="3 values"):
        pad.sym = [0.5, 0.5]
    pad.extrapolate = True
    pad.sym = [-0.5, 1.4, 0.1]
    pad.extrapolate = False
    assert pad.sym == pytest.approx([0.0, 1.0, 0.0])


def test_two_or_three_different_domains_are_on_the_pad() -> None:
    pad = simplex_pad(["photo", "vangogh", "udnie", "monet"])
    pad.shown = [3, 1]
    for wrong in ([0], [0, 1, 2, 3], [1, 1], [0, 4], [-1, 0]):
        with pytest.raises(ValueError, match="two or three different domains out of 0 to 3"):
            pad.shown = wrong
    assert pad.shown == [3, 1]
    with pytest.raises(ValueError, match="two or three"):
        simplex_pad(["photo"])


def test_lists_need_a_value_per_domain() -> None:
    pad = simplex_pad(["photo", "vangogh", "udnie"])
    with pytest.raises(ValueError, match="thumbnails needs one value per domain, 3; got 1"):
        pad.thumbnails = [b"one"]
    pad.thumbnails = []
    with pytest.raises(ValueError, match="colours needs one value per domain, 2; got 0"):
        SimplexPad(names=["photo", "udnie"], shown=[0, 1], colours=[])


def test_the_nearest_point_of_the_simplex() -> None:
    assert nearest([0.2, 0.3, 0.5]) == pytest.approx([0.2, 0.3, 0.5])
    assert nearest([1.5, -0.5, 0.0]) == pytest.approx([1.0, 0.0, 0.0])
    assert nearest([0.8, 0.6, -0.4]) == pytest.approx([0.6, 0.4, 0.0])
    rng = np.random.default_rng(0)
    for outside in rng.normal(0.3, 0.8, (50, 4)):
        found = np.array(nearest(outside.tolist()))
        others = rng.dirichlet([0.5] * 4, 300)
        assert np.linalg.norm(found - outside) <= np.linalg.norm(others - outside, axis=1).min()
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1)
