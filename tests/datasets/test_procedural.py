from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from sgnlib.datasets import procedural
from sgnlib.datasets.procedural import DOMAINS, STYLE_IMAGES, draw_scene, paint, paint_style
from sgnlib.datasets.procedural.colour import ramp, rgb, shrink
from sgnlib.datasets.procedural.noise import fractal, smoothstep
from sgnlib.datasets.procedural.scene import Scene, river_width, scale_at
from sgnlib.datasets.procedural.strokes import Brush, lay
from sgnlib.datasets.procedural.things import stand
from sgnlib.datasets.procedural.view import Material, View, land_and_sky


def scene_of(seed: int) -> Scene:
    return draw_scene(np.random.default_rng(seed))


def reduced(image: NDArray[np.uint8], to: int) -> NDArray[np.float64]:
    """Averages blocks of pixels; (3, to, to)."""
    block = image.shape[1] // to
    return image.reshape(3, to, block, to, block).mean((2, 4))


# ------------------------------------------------------------------------------- all the domains

DIGEST = """
import hashlib
from sgnlib.datasets.procedural import DOMAINS, STYLE_IMAGES, paint_images, paint_style
digest = hashlib.sha256()
for domain in DOMAINS:
    digest.update(paint_images(domain, "train", 2, 40).tobytes())
for name in STYLE_IMAGES:
    digest.update(paint_style(name, 40).tobytes())
print(digest.hexdigest())
"""


def test_two_processes_paint_the_same_bytes() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    digest = hashlib.sha256()
    for domain in DOMAINS:
        digest.update(procedural.paint_images(domain, "train", 2, 40).tobytes())
    for name in STYLE_IMAGES:
        digest.update(paint_style(name, 40).tobytes())
    assert runs == [digest.hexdigest() + "\n"] * 2


def test_no_scene_is_in_two_domains_or_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Scene] = []

    def remember(domain: str, scene: Scene, size: int) -> NDArray[np.uint8]:
        drawn.append(scene)
        return np.zeros((3, size, size), dtype=np.uint8)

    monkeypatch.setattr(procedural.painters, "paint", remember)
    for domain, split in itertools.product(DOMAINS, ("train", "test")):
        procedural.paint_images(domain, split, 100, 32)
    assert len({scene.seed for scene in drawn}) == len(set(drawn)) == 1200


def test_more_images_leave_the_first_ones_as_they_are() -> None:
    few, more = (procedural.paint_images("ukiyoe", "test", count, 32) for count in (2, 4))
    assert np.array_equal(few, more[:2])


@pytest.mark.parametrize("size", [32, 45, 72, 256])
def test_any_size(size: int) -> None:
    for domain in DOMAINS:
        image = paint(domain, scene_of(3), size)
        assert image.shape == (3, size, size)
        assert image.dtype == np.uint8
        assert image.std() > 15
    for name in STYLE_IMAGES:
        assert paint_style(name, size).shape == (1, 3, size, size)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_scene_looks_alike_at_every_size(domain: str) -> None:
    for seed in (1, 2, 3):
        small, large = (reduced(paint(domain, scene_of(seed), size), 16) for size in (64, 256))
        other = reduced(paint(domain, scene_of(seed + 10), 64), 16)
        assert np.abs(small - large).mean() < 12
        assert np.abs(small - large).mean() < 0.4 * np.abs(small - other).mean()


@pytest.mark.parametrize("name", STYLE_IMAGES)
def test_a_style_image_looks_alike_at_every_size(name: str) -> None:
    small, large = (reduced(paint_style(name, size)[0], 16) for size in (64, 256))
    assert np.abs(small - large).mean() < 14


def test_winter_is_paler_and_summer_is_greener_than_a_photo() -> None:
    def means(domain: str) -> NDArray[np.float64]:
        images = [paint(domain, scene_of(seed), 32) for seed in range(12)]
        return np.stack([image.mean((1, 2)) for image in images])

    photo, summer, winter = means("photo"), means("summer"), means("winter")
    assert (winter.mean(1) > photo.mean(1)).mean() > 0.9
    assert ((summer[:, 1] - summer[:, 0]) > (photo[:, 1] - photo[:, 0])).all()


def test_an_unknown_style_image_is_refused() -> None:
    with pytest.raises(KeyError, match="starry-night"):
        paint_style("starry-night", 32)


# ------------------------------------------------------------------------------------ the grammar


def test_whatever_stands_has_land_under_it() -> None:
    kinds = set()
    for seed in range(300):
        scene = scene_of(seed)
        water = scene.water
        kinds.add(water.kind)
        for thing in (*scene.trees, *scene.houses):
            assert thing.y > scene.horizon + 0.02
            if water.kind == "sea":
                assert thing.y > water.bottom + 0.02 or thing.y > 0.93
            elif water.kind == "lake":
                assert not water.top < thing.y < water.bottom
            elif water.kind == "river":
                near = np.array([scale_at(thing.y, scene.horizon)])
                middle = thing.x + getattr(thing, "width", 0) / 2
                assert abs(middle - water.bend.at(near)) > 0.5 * river_width(near)
        for boat in scene.boats:
            assert water.top < boat.y < water.bottom
    assert kinds == {"none", "lake", "river", "sea"}


def test_every_material_is_seen_somewhere() -> None:
    seen: set[int] = set()
    for seed in range(40):
        scene, view = scene_of(seed), View(64)
        land_and_sky(view, scene, np.random.default_rng(0))
        stand(view, scene, np.random.default_rng(0), bare=False)
        seen |= set(np.unique(view.material).tolist())
        for field in (view.light, view.depth, view.rise, view.cloud, view.cloud_light):
            assert field.min() >= -1e-6
            assert field.max() <= 1 + 1e-6
    assert seen == set(Material)


# -------------------------------------------------------------------------------------- the tools


def test_noise_is_the_same_field_at_every_size() -> None:
    small, large = (fractal(np.random.default_rng(5), size, (3, 5), 3) for size in (60, 240))
    assert np.abs(large.reshape(60, 4, 60, 4).mean((1, 3)) - small).max() < 0.01


def test_noise_without_gain_is_its_first_octave() -> None:
    """Subdivision must not change the spline."""
    plain = fractal(np.random.default_rng(5), 50, (3, 5), octaves=1)
    refined = fractal(np.random.default_rng(5), 50, (3, 5), octaves=3, gain=0.0)
    assert np.allclose(plain, refined, atol=1e-5)


def test_noise_has_mean_0_and_variance_1() -> None:
    fields = np.stack([fractal(np.random.default_rng(s), 32, (6, 3), 3, 0.6) for s in range(200)])
    assert abs(fields.mean()) < 0.05
    assert 0.85 < fields.var() < 1.15


def test_smoothstep_rises_and_falls() -> None:
    at = np.array([0.0, 0.2, 0.3, 0.4, 1.0], dtype=np.float32)
    assert np.allclose(smoothstep(0.2, 0.4, at), [0, 0, 0.5, 1, 1])
    assert np.allclose(smoothstep(0.4, 0.2, at), [1, 1, 0.5, 0, 0], atol=1e-6)


def test_colours_and_ramps() -> None:
    stops = rgb("000000 ff8000 ffffff")
    assert np.allclose(stops[1], [1, 128 / 255, 0])
    at = np.array([0.0, 0.25, 0.5, 1.0, 7.0], dtype=np.float32)
    assert np.allclose(ramp(stops, at)[:, 0], [0, 0.5, 1, 1, 1])
    assert np.allclose(ramp(stops, at)[:, 2], [0, 0, 0, 1, 1])


def test_shrinking_averages_blocks() -> None:
    image = np.zeros((4, 4, 3), dtype=np.float32)
    image[0, 0], image[2:, :2, 1] = 0.4, 2.0
    small = shrink(image, 2)
    assert small.tolist() == [[[26, 0], [0, 0]], [[26, 0], [255, 0]], [[26, 0], [0, 0]]]


BRUSH = Brush(length=0.2, width=0.05, spacing=0.04)
STILL = np.zeros((1, 3), dtype=np.float32)


def halves(size: int = 60) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """A picture of two colours, and which is where."""
    things = np.zeros((size, size), dtype=np.int16)
    things[:, size // 3 :] = 1
    image = np.where(things[..., None] == 1, np.float32(0.75), np.float32(0.25))
    return np.repeat(image, 3, axis=2).astype(np.float32), things


def test_strokes_take_the_colour_below_their_middle() -> None:
    image, things = halves()
    angle = np.full(things.shape, 0.7, dtype=np.float32)
    kept = lay(image, BRUSH, angle, STILL, np.random.default_rng(0), inside=things)
    assert np.array_equal(kept, image)
    free = lay(image, BRUSH, angle, STILL, np.random.default_rng(0))
    assert not np.array_equal(free, image)
    assert set(np.unique(free).tolist()) == {0.25, 0.75}


def test_strokes_run_along_the_flow() -> None:
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (80, 80, 3)).astype(np.float32)
    level = np.zeros((80, 80), dtype=np.float32)
    across = lay(image, BRUSH, level, STILL, np.random.default_rng(1))
    down = lay(image, BRUSH, level + np.float32(np.pi / 2), STILL, np.random.default_rng(1))
    for painted, along, athwart in ((across, 1, 0), (down, 0, 1)):
        change = [np.abs(np.diff(painted, axis=axis)).mean() for axis in (along, athwart)]
        assert change[0] < 0.6 * change[1]


def test_strokes_stay_away_from_where_they_are_not_wanted() -> None:
    image, things = halves()
    angle = np.zeros(things.shape, dtype=np.float32)
    red = np.array([[0.2, 0, 0]], dtype=np.float32)
    rng = np.random.default_rng(0)
    painted = lay(image, BRUSH, angle, red, rng, inside=things, only=things == 1)
    assert np.array_equal(painted[things == 0], image[things == 0])
    assert (painted[things == 1][:, 0] > 0.9).mean() > 0.9
    nowhere = np.zeros(things.shape, dtype=bool)
    assert np.array_equal(lay(image, BRUSH, angle, red, rng, only=nowhere), image)
