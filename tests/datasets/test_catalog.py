from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sgnlib.datasets import catalog, procedural
from sgnlib.datasets.catalog import fingerprint, load_images, load_style, unseen_photos
from tests.datasets.conftest import save_image


def test_the_domains_are_the_ones_the_experiments_name() -> None:
    assert catalog.DOMAINS == ("photo", "vangogh", "ukiyoe", "monet", "summer", "winter")
    assert catalog.STYLE_IMAGES == ("udnie", "rain-princess")


@pytest.mark.parametrize("domain", catalog.DOMAINS)
def test_training_images_leave_room_for_crops_and_test_images_fit(
    domain: str, few: tuple[int, int]
) -> None:
    assert load_images(domain, "train", 32).shape == (few[0], 3, 36, 36)
    assert load_images(domain, "test", 32).shape == (few[1], 3, 32, 32)


def test_the_papers_286_pixels_for_256() -> None:
    assert catalog.stored_size("train", 256) == 286
    assert catalog.stored_size("train", 64) == 72
    assert catalog.stored_size("test", 256) == 256


def test_every_allowed_size_has_counts() -> None:
    for size in range(catalog.SIZES[0], catalog.SIZES[1] + 1):
        assert catalog.image_count("train", size) > catalog.image_count("test", size) > 0


@pytest.mark.parametrize("size", [31, 257])
def test_sizes_outside_the_range_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=rf"image size is {size}; allowed is at least 32.*256"):
        load_images("photo", "train", size)
    with pytest.raises(ValueError, match=rf"image size is {size}"):
        load_style("udnie", size)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no domain 'cezanne'; there are photo, .*winter"):
        load_images("cezanne", "train", 32)
    with pytest.raises(KeyError, match=r"no style image 'photo'; there are udnie"):
        load_style("photo", 32)
    with pytest.raises(KeyError, match=r"no images 'x'; there are photo.*rain-princess"):
        fingerprint("x")


def test_a_second_load_paints_nothing(
    few: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_images("monet", "test", 32), load_style("udnie", 32)
    monkeypatch.setattr(procedural, "paint_images", None)
    monkeypatch.setattr(procedural, "paint_style", None)
    assert torch.equal(load_images("monet", "test", 32), first[0])
    assert torch.equal(load_style("udnie", 32), first[1])


def test_a_folder_takes_the_place_of_a_domain(tmp_path: Path) -> None:
    for index in range(5):
        save_image(tmp_path / "own" / f"{index}.png", 40, 60, seed=index)
    folder = str(tmp_path / "own")
    assert load_images("photo", "train", 32, folder=folder).shape == (4, 3, 36, 36)
    assert load_images("cezanne", "test", 32, folder=folder).shape == (1, 3, 32, 32)


def test_embedded_domains_have_fingerprints_that_know_how_many_images_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {fingerprint(name) for name in (*catalog.DOMAINS, *catalog.STYLE_IMAGES)}
    assert len(before) == 8
    monkeypatch.setattr(catalog, "COUNTS", ((256, 3, 2),))
    assert fingerprint("photo") not in before


def test_a_folders_fingerprint_follows_names_and_content_and_not_its_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        for index in range(3):
            save_image(tmp_path / place / f"{index}.bmp", seed=index)
    before = fingerprint("photo", str(tmp_path / "a"))
    assert before == fingerprint("photo", str(tmp_path / "b"))
    assert before != fingerprint("photo")
    save_image(tmp_path / "b" / "1.bmp", seed=7)
    assert fingerprint("photo", str(tmp_path / "b")) != before
    (tmp_path / "a" / "2.bmp").rename(tmp_path / "a" / "3.bmp")
    assert fingerprint("photo", str(tmp_path / "a")) != before


def test_images_of_just_the_image_size_will_do(tmp_path: Path) -> None:
    for split in ("train", "test"):
        save_image(tmp_path / split / "a.png", 33, 32)
    assert load_images("photo", "train", 32, folder=str(tmp_path)).shape == (1, 3, 36, 36)


def test_a_changed_folder_is_read_again(tmp_path: Path) -> None:
    for index in range(2):
        save_image(tmp_path / "own" / f"{index}.png", seed=index)
    folder = str(tmp_path / "own")
    before = load_images("photo", "train", 32, folder=folder)
    save_image(tmp_path / "own" / "2.png", seed=2)
    assert len(load_images("photo", "train", 32, folder=folder)) == len(before) + 1


def test_a_style_file_is_cropped_centrally_and_has_a_fingerprint(tmp_path: Path) -> None:
    pixels = np.zeros((40, 100, 3), dtype=np.uint8)
    pixels[:, 30:70] = (10, 200, 30)
    Image.fromarray(pixels).save(tmp_path / "own.png")
    style = load_style("udnie", 40, file=str(tmp_path / "own.png"))
    assert style.shape == (1, 3, 40, 40)
    assert style.float().mean((0, 2, 3)).tolist() == [10, 200, 30]
    assert fingerprint("udnie", str(tmp_path / "own.png")) != fingerprint("udnie")
    with pytest.raises(FileNotFoundError):
        load_style("udnie", 40, file=str(tmp_path / "none.png"))


def test_unseen_photos_come_from_installed_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket, "socket", refuse)
    photos, names = unseen_photos(48)
    assert photos.shape == (6, 3, 48, 48)
    assert names == ("china", "flower", "coffee", "rocket", "chelsea", "astronaut")
    assert (photos.float().std((1, 2, 3)) > 20).all()
