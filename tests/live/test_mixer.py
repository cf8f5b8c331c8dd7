"""The mixer without a browser: all its parts show the same S, and every input is checked."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sgnlib.evaluation.models import shipped_model
from sgnlib.evaluation.translate import translate
from sgnlib.live import controls
from sgnlib.live.backends import TorchBackend, to_picture
from sgnlib.live.controls import Sliders, rebalanced
from sgnlib.live.mixer import Mixer
from sgnlib.live.session import Frame
from sgnlib.live.still import still
from sgnlib.nn.generator import Generator
from sgnlib.shapes import Images

NAMES = ("photo", "vangogh", "udnie")


@pytest.fixture
def generator() -> Generator:
    torch.manual_seed(0)
    return Generator(3, ngf=4, n_blocks=1).eval().requires_grad_(False)


@pytest.fixture
def photo() -> Images:
    return torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def mixer(generator: Generator, photo: Images) -> Iterator[Mixer]:
    made = Mixer(generator, photo, domains=NAMES, backend=TorchBackend(generator))
    yield made
    made.close()


def shown(mixer: Mixer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(mixer.stage.frame)))


def png(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def test_others_keep_their_proportions() -> None:
    assert rebalanced((0.2, 0.6, 0.2), 2, 0.6) == pytest.approx((0.1, 0.3, 0.6))
    assert rebalanced((0.0, 0.0, 1.0, 0.0), 2, 0.4) == pytest.approx((0.2, 0.2, 0.4, 0.2))
    assert rebalanced((0.5, 0.5), 0, 1.3) == (1.0, 0.0)
    assert sum(rebalanced((0.11, 0.52, 0.37), 1, 0.83)) == pytest.approx(1)


def test_nothing_is_computed_before_a_browser_shows_it(mixer: Mixer) -> None:
    mixer.sym = (0.2, 0.3, 0.5)
    assert mixer.stage.frame == b""
    mixer.stage._handle_custom_msg({"kind": "ready"}, [])
    assert mixer.start().wait(10)
    assert mixer.stage.frame_sym == [0.2, 0.3, 0.5]


def test_the_picture_is_the_networks(mixer: Mixer, generator: Generator, photo: Images) -> None:
    session = mixer.start()
    for sym in ((0.2, 0.3, 0.5), (1.0, 0.0, 0.0)):
        mixer.sym = sym
        assert session.wait(10)
        wanted = to_picture(translate(generator, photo, torch.tensor([sym])))
        assert mixer.stage.exact and np.array_equal(shown(mixer), wanted)


def test_pad_and_sliders_follow_each_other(mixer: Mixer) -> None:
    mixer.sym = (0.2, 0.6, 0.2)
    mixer.sliders.boxes[2].value = 0.6
    assert mixer.sym == pytest.approx((0.1, 0.3, 0.6))
    assert mixer.pad.sym == pytest.approx([0.1, 0.3, 0.6])
    mixer.pad.sym = [0.5, 0.25, 0.25]
    assert [slider.value for slider in mixer.sliders.boxes] == [0.5, 0.25, 0.25]
    mixer.presets.value = (0.0, 0.5, 0.5)
    assert mixer.sym == (0.0, 0.5, 0.5) and mixer.pad.sym == [0.0, 0.5, 0.5]


def test_sliders_follow_a_drag_now_and_then_and_are_right_in_the_end(
    mixer: Mixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "FOLLOW", 1000.0)
    mixer.sym = (0.2, 0.6, 0.2)
    mixer.pad.dragging = True
    mixer.pad.sym = [0.5, 0.25, 0.25]
    assert mixer.sym == (0.5, 0.25, 0.25)
    assert [slider.value for slider in mixer.sliders.boxes] == [0.2, 0.6, 0.2]
    mixer.pad.dragging = False
    assert [slider.value for slider in mixer.sliders.boxes] == [0.5, 0.25, 0.25]
    assert mixer.sym == (0.5, 0.25, 0.25)


def test_a_user_is_heard_while_sliders_follow_in_another_thread() -> None:
    heard = []
    sliders = Sliders(["a", "b"], ["#000000", "#ffffff"], lambda *what: heard.append(what))

    def user(change: object) -> None:
        thread = threading.Thread(target=setattr, args=(sliders.boxes[1], "value", 0.9))
        thread.start()
        thread.join()

    sliders.boxes[0].observe(user, names="value")
    sliders.follow([0.3, 0.7], at_once=True)
    assert heard == [(1, 0.9)]


def test_sliders_are_told_what_they_need_not_round(mixer: Mixer) -> None:
    mixer.sym = (1 / 3, 0.29 + 1e-9, 1 - 1 / 3 - 0.29 - 1e-9)
    assert [slider.value for slider in mixer.sliders.boxes] == [0.33, 0.29, 0.38]
    assert mixer.sym[0] == 1 / 3


def test_a_sliders_rounding_does_not_move_anything(mixer: Mixer) -> None:
    mixer.sym = (1 / 3, 1 / 3, 1 / 3)
    mixer.sliders.boxes[0].value = 0.33
    assert mixer.sym == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_beyond_the_simplex_only_on_demand(mixer: Mixer) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        mixer.sym = (0.0, 1.5, 0.0)
    mixer.extrapolate.value = True
    mixer.sym = (0.0, 1.5, 0.0)
    mixer.sliders.boxes[0].value = -0.2
    assert mixer.sym == (-0.2, 1.5, 0.0)
    mixer.extrapolate.value = False
    assert mixer.sym == (0.0, 1.0, 0.0)
    assert [slider.max for slider in mixer.sliders.boxes] == [1, 1, 1]


def test_an_uploaded_photo_is_taken_in_its_proportions(mixer: Mixer) -> None:
    mixer.stage._handle_custom_msg({"kind": "upload", "name": "lake.png"}, [png(600, 300)])
    session = mixer.start()
    assert mixer.photo_choice.value == "lake.png" and mixer.stage.error == ""
    assert session.wait(20)
    assert shown(mixer).shape == (128, 256, 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no picture", "lake.png cannot be read as an image"),
        (png(600, 300)[:200], "lake.png"),
        (png(8, 300), "each side must have at least 32"),
        (b"\0" * 20_000_001, "lake.png has 20 MB; allowed are 20 MB"),
    ],
)
def test_a_bad_upload_is_told_in_words(mixer: Mixer, content: bytes, words: str) -> None:
    mixer.stage._handle_custom_msg({"kind": "upload", "name": "../lake.png"}, [content])
    assert words in mixer.stage.error
    assert not re.search(r"/tmp|\.\./", mixer.stage.error)
    assert "lake.png" not in mixer.photo_choice.options


def test_a_decompression_bomb_is_not_decoded(mixer: Mixer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sgnlib.datasets.folders.MAX_PIXELS", 10_000)
    mixer.stage._handle_custom_msg({"kind": "upload", "name": "bomb.png"}, [png(200, 200)])
    assert "too large" in mixer.stage.error


def test_thumbnails_are_the_corners_of_this_photo(mixer: Mixer) -> None:
    assert mixer.start().wait(10, nodes=True)
    until = time.monotonic() + 5
    while not mixer.pad.thumbnails and time.monotonic() < until:
        time.sleep(0.01)
    assert len(mixer.pad.thumbnails) == 3
    assert len(set(mixer.pad.thumbnails)) == 3


def test_attention_maps_follow(mixer: Mixer) -> None:
    session = mixer.start()
    mixer.attention.value = True
    mixer.sym = (1.0, 0.0, 0.0)
    session.wait(10)
    one = mixer.maps.value
    mixer.sym = (0.0, 0.0, 1.0)
    session.wait(10)
    assert one and mixer.maps.value != one
    corner = Image.open(io.BytesIO(one)).convert("RGBA").getpixel((0, 0))
    assert corner == (0, 0, 0, 0), "pages are light or dark"


def test_without_ccam_there_are_no_attention_maps(photo: Images) -> None:
    generator = Generator(3, ngf=4, n_blocks=1, injection="cbn").eval()
    mixer = Mixer(generator, photo, backend=TorchBackend(generator))
    mixer.attention.value = True
    assert "only CCAM" in mixer.stage.error and not mixer.attention.value


@pytest.mark.parametrize(("kind", "name"), [("MP4", "tour.mp4"), ("GIF", "tour.gif")])
def test_a_film_is_made_of_the_tour(
    mixer: Mixer, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    sent: dict[str, bytes] = {}
    monkeypatch.setattr(mixer.stage, "download", sent.__setitem__)
    mixer.tour, mixer.film_kind.value = mixer.tour[:8], kind
    mixer._record()
    assert mixer.stage.error == "" and list(sent) == [name]
    assert b"ftyp" in sent[name][:12] if kind == "MP4" else sent[name].startswith(b"GIF89a")


def test_readers_without_a_kernel_get_a_picture(
    mixer: Mixer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    displayed: list[object] = []
    monkeypatch.setattr("sgnlib.live.mixer.display", lambda data, **_: displayed.append(data))
    mixer._ipython_display_()
    picture, bundle = displayed
    assert picture.data.startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert isinstance(bundle, dict)
    assert bundle["text/plain"] == "live mixing of photo, vangogh, udnie"
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize("domains", [2, 4])
def test_any_number_of_domains(domains: int, photo: Images) -> None:
    generator = Generator(domains, ngf=4, n_blocks=1).eval().requires_grad_(False)
    mixer = Mixer(generator, photo, backend=TorchBackend(generator))
    assert mixer.start().wait(20)
    assert len(mixer.pad.shown) == min(domains, 3) and len(mixer.sliders.boxes) == domains
    assert still(generator, photo, mixer._domains).data
    mixer.close()


def test_models_and_their_names_will_do(photo: Images) -> None:
    model = shipped_model("model-1", "laptop")
    for one in (model, "model-1"):
        mixer = Mixer(one, photo)
        assert [box.description for box in mixer.sliders.boxes] == ["photo", "Van Gogh", "Udnie"]
        mixer.close()
    with pytest.raises(FileNotFoundError, match="neither a file nor a run nor a model"):
        Mixer("nobody", photo)


def test_wrong_names_and_photos_are_refused(
    generator: Generator, photo: Images, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="has 3 domains"):
        Mixer(generator, photo, domains=["photo"])
    with pytest.raises(ValueError, match="shape"):
        Mixer(generator, photo.expand(2, -1, -1, -1))
    with pytest.raises(FileNotFoundError):
        Mixer(generator, tmp_path / "none.jpg")


def test_a_picture_in_passing_is_small_and_the_one_at_rest_is_whole(
    mixer: Mixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sgnlib.live.session.REST", 0.5)
    session = mixer.start()
    assert session.wait(5, nodes=True)
    kinds: list[bytes] = []
    mixer.stage.observe(lambda change: kinds.append(change["new"][:4]), names="frame")
    mixer.move((0.2, 0.3, 0.5), dragging=True)
    assert session.wait(5)
    assert kinds[0][:2] == b"\xff\xd8" and kinds[-1] == b"\x89PNG"


def test_what_is_saved_is_the_picture_without_loss(
    mixer: Mixer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, bytes] = {}
    monkeypatch.setattr(mixer.stage, "download", sent.__setitem__)
    mixer.save.click()
    assert not sent, "there is no picture yet"
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    mixer.start()
    mixer._show(Frame(picture, (0.2, 0.3, 0.5), True, 0.0, lasting=False))
    mixer.save.click()
    ((name, content),) = sent.items()
    assert name == "mix (0.2, 0.3, 0.5).png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)
