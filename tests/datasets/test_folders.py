from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sgnlib.datasets import folders
from sgnlib.datasets.folders import FolderImages, ImageError, list_images, read_image
from tests.datasets.conftest import save_image

# ---------------------------------------------------------------------------------- the layouts


def test_train_and_test_folders(tmp_path: Path) -> None:
    save_image(tmp_path / "train" / "b.jpg")
    save_image(tmp_path / "train" / "a.JPEG")
    save_image(tmp_path / "test" / "c.webp")
    assert [path.name for path in list_images(tmp_path, "train")] == ["a.JPEG", "b.jpg"]
    assert [path.name for path in list_images(tmp_path, "test")] == ["c.webp"]


def test_cyclegans_siblings(tmp_path: Path) -> None:
    for name in ("trainA/1.png", "testA/2.png", "trainB/3.png", "testB/4.png"):
        save_image(tmp_path / name)
    assert [p.name for p in list_images(tmp_path / "trainB", "train")] == ["3.png"]
    assert [p.name for p in list_images(tmp_path / "trainB", "test")] == ["4.png"]


def test_a_flat_folder_gives_a_tenth_to_the_test(tmp_path: Path) -> None:
    for index in range(40):
        save_image(tmp_path / f"{index}.png", 8, 8, seed=index)
    train, test = list_images(tmp_path, "train"), list_images(tmp_path, "test")
    assert len(test) == 4
    assert not set(train) & set(test)
    assert len(set(train) | set(test)) == 40
    # renamed, the same images are in the test
    before = {path.read_bytes() for path in test}
    for path in train + test:
        path.rename(path.with_name(f"z{path.name}"))
    assert {path.read_bytes() for path in list_images(tmp_path, "test")} == before


def test_copies_of_an_image_stay_on_one_side(tmp_path: Path) -> None:
    for index in range(3):
        for copy in "abcd":
            save_image(tmp_path / f"{index}{copy}.png", 8, 8, seed=index)
    train, test = list_images(tmp_path, "train"), list_images(tmp_path, "test")
    assert (len(train), len(test)) == (8, 4)
    assert not {p.read_bytes() for p in train} & {p.read_bytes() for p in test}


def test_trainX_without_its_sibling_is_a_flat_folder(tmp_path: Path) -> None:
    for index in range(4):
        save_image(tmp_path / "trainA" / f"{index}.png", seed=index)
    assert len(list_images(tmp_path / "trainA", "train")) == 3


def test_other_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for index in range(2):
        save_image(tmp_path / f"{index}.png", seed=index)
    (tmp_path / "README.txt").write_text("mine")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    assert len(list_images(tmp_path, "train") + list_images(tmp_path, "test")) == 2


# ------------------------------------------------------------------------------ folders' errors


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no folder .*none; give a folder"):
        list_images(tmp_path / "none", "train")


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ImageError, match=r"holds no images \(1 other files\).*\.jpg.*\.bmp"):
        list_images(tmp_path, "train")


def test_half_a_layout(tmp_path: Path) -> None:
    save_image(tmp_path / "train" / "a.png")
    with pytest.raises(ImageError, match=r"test is missing; .* needs both train/ and test/"):
        list_images(tmp_path, "train")


def test_a_single_image_cannot_be_split(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png")
    save_image(tmp_path / "copy.png")
    with pytest.raises(ImageError, match="holds only one image; at least two"):
        list_images(tmp_path, "train")


# ------------------------------------------------------------------------------- reading images


def test_the_shorter_side_is_resized_and_the_middle_taken(tmp_path: Path) -> None:
    pixels = np.zeros((64, 192, 3), dtype=np.uint8)
    pixels[:, 64:128] = (0, 100, 200)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    image = read_image(tmp_path / "wide.png", 32, smallest=32)
    assert image.shape == (3, 32, 32)
    assert image[:, :, 2:-2].reshape(3, -1).T.tolist() == [[0, 100, 200]] * (32 * 28)
    Image.fromarray(pixels.transpose(1, 0, 2)).save(tmp_path / "high.png")
    assert np.array_equal(
        read_image(tmp_path / "high.png", 32, smallest=32), image.transpose(0, 2, 1)
    )


def test_an_image_just_large_enough_is_enlarged_for_the_crops(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", 71, 64)
    assert read_image(tmp_path / "a.png", 72, smallest=64).shape == (3, 72, 72)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40, 3), dtype=np.uint8)
    pixels[:, :20] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    image = read_image(tmp_path / "turned.png", 40, smallest=32)
    assert image[:, :20].min() == 255
    assert image[:, 20:].max() == 0


def uniform(path: Path, mode: str, colour: object, **options: object) -> list[int]:
    image = Image.new(mode, (40, 40), colour)  # type: ignore[arg-type]
    image.save(path, **options)  # type: ignore[arg-type]
    pixels = read_image(path, 40, smallest=32)
    assert (pixels == pixels[:, :1, :1]).all()
    return pixels[:, 0, 0].tolist()


def test_every_sensible_mode_becomes_rgb(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert uniform(path, "L", 77) == [77] * 3
    assert uniform(path, "1", 1) == [255] * 3
    assert uniform(path, "I;16", 257 * 200) == [200] * 3
    assert uniform(path, "RGBA", (200, 0, 100, 0)) == [255] * 3
    assert uniform(path, "RGBA", (200, 0, 100, 255)) == [200, 0, 100]
    assert uniform(path, "RGBA", (200, 0, 100, 102)) == [233, 153, 193]
    assert uniform(path, "LA", (0, 51)) == [204] * 3
    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([9, 8, 7, 30, 120, 210])
    palette.save(path)
    assert read_image(path, 40, smallest=32)[:, 0, 0].tolist() == [30, 120, 210]
    palette.save(path, transparency=1)
    assert read_image(path, 40, smallest=32)[:, 0, 0].tolist() == [255] * 3
    assert np.allclose(uniform(tmp_path / "a.jpg", "CMYK", (0, 255, 255, 0)), [255, 0, 0], atol=9)


def test_a_mode_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"x\.png has the wrong mode 'HSV'; allowed are RGB"):
        folders._to_rgb(tmp_path / "x.png", Image.new("HSV", (40, 40)))
    deep = Image.fromarray(np.full((40, 40), 70_000, dtype=np.int32))
    with pytest.raises(ImageError, match=r"x\.png has values of 70000 to 70000, more than 16"):
        folders._to_rgb(tmp_path / "x.png", deep)


def test_too_small_an_image_is_named_with_its_size(tmp_path: Path) -> None:
    save_image(tmp_path / "train" / "good.png", 64, 64)
    save_image(tmp_path / "train" / "small.png", 90, 63)
    save_image(tmp_path / "test" / "good.png", 64, 64)
    with pytest.raises(ImageError, match=r"small\.png has 90x63 pixels; .* at least 64"):
        list(FolderImages(tmp_path, "train", 72, smallest=64))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp"])
@pytest.mark.parametrize("keep", [0.6, 0.01])
def test_a_truncated_image_is_named(tmp_path: Path, suffix: str, keep: float) -> None:
    path = save_image(tmp_path / f"cut{suffix}", 90, 80)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ImageError, match=rf"cut\{suffix} cannot be read as an image"):
        read_image(path, 32, smallest=32)


@pytest.mark.parametrize("content", [b"", b"hello, I am no image", b"GIF89a" + 50 * b"\0"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "text.jpg").write_bytes(content)
    with pytest.raises(ImageError, match=r"text\.jpg cannot be read as an image.*replace"):
        read_image(tmp_path / "text.jpg", 32, smallest=32)


@pytest.mark.parametrize("width", [8_500, 20_000])
def test_a_decompression_bomb_is_refused(tmp_path: Path, width: int) -> None:
    Image.new("1", (width, 10_000)).save(tmp_path / "bomb.png")
    with pytest.raises(ImageError, match=r"bomb\.png is too large .*allowed are 80,000,000"):
        read_image(tmp_path / "bomb.png", 32, smallest=32)
