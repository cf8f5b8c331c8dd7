"""Real images without typing folders, and what is said where they are missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sgnlib.datasets import cards, store
from sgnlib.datasets.choice import parse_images, used
from sgnlib.experiments import EXPERIMENTS, FIG_15, MODEL_1, MODEL_2, MODEL_3, smoke
from tests.datasets.conftest import save_image

FEW = {"trainA": 3, "testA": 2, "trainB": 4, "testB": 2}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data sets of few images."""
    monkeypatch.setattr(cards, "CARDS", tuple(replace(c, counts=FEW) for c in cards.CARDS))


def bring(*names: str, styles: tuple[str, ...] = ()) -> None:
    for name in names:
        for side, count in FEW.items():
            for index in range(count):
                save_image(store.place(cards.card(name)) / side / f"{index}.png", seed=index)
    for style in styles:
        save_image(store.styles_dir() / f"{style}.jpg")


def places(row) -> dict[str, str]:
    root = store.styles_dir().parent.resolve()
    return {
        name: Path(path).relative_to(root).as_posix() for name, path in parse_images("real").of(row)
    }


def test_every_domain_finds_its_folder() -> None:
    bring("vangogh2photo", "summer2winter_yosemite", "monet2photo", styles=("udnie",))
    assert places(MODEL_1) == {
        "photo": "vangogh2photo/trainB",
        "vangogh": "vangogh2photo/trainA",
        "udnie": "styles/udnie.jpg",
    }
    assert places(MODEL_3) == {
        "summer": "summer2winter_yosemite/trainA",
        "winter": "summer2winter_yosemite/trainB",
        "monet": "monet2photo/trainA",
    }


def test_photos_come_from_a_data_set_that_is_needed_anyway() -> None:
    bring("ukiyoe2photo", styles=("rain-princess",))
    assert places(MODEL_2)["photo"] == "ukiyoe2photo/trainB"
    bring("vangogh2photo")
    assert places(MODEL_2)["photo"] == "ukiyoe2photo/trainB", "what is added changes no run"


def test_every_row_names_all_its_images() -> None:
    bring(*(one.name for one in cards.CARDS), styles=tuple(cards.STYLES))
    for row in EXPERIMENTS:
        assert set(places(row)) == used(row)


def test_what_is_missing_is_named_with_the_command_and_its_size() -> None:
    with pytest.raises(FileNotFoundError) as missing:
        parse_images("real").of(MODEL_1)
    for part in (
        "raw/vangogh2photo and",
        "styles/udnie.jpg are missing",
        "`sgn data get vangogh2photo --style udnie=FILE` (292 MB)",
    ):
        assert part in str(missing.value)
    bring("monet2photo", "vangogh2photo")
    with pytest.raises(
        FileNotFoundError, match=r"udnie\.jpg is missing; run `sgn data get --style"
    ):
        parse_images("real").of(FIG_15)


def test_a_data_set_that_is_not_complete_is_refused() -> None:
    bring("summer2winter_yosemite", "monet2photo")
    (store.place(cards.card("monet2photo")) / "testA" / "0.png").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"not complete .testA has 1 of 2 images.; remove it"
    ):
        parse_images("real").of(MODEL_3)


def test_own_folders_go_before_real_ones(tmp_path: Path) -> None:
    bring("summer2winter_yosemite")
    (tmp_path / "monet").mkdir()
    chosen = parse_images(f"real monet={tmp_path}/monet")
    assert dict(chosen.of(MODEL_3))["monet"] == str(tmp_path / "monet")
    assert set(dict(chosen.of(MODEL_3))) == used(MODEL_3)


def test_without_real_only_own_images_are_named(tmp_path: Path) -> None:
    assert parse_images("").of(MODEL_1) == ()
    chosen = parse_images(f"vangogh={tmp_path} winter={tmp_path}")
    assert chosen.of(MODEL_1) == (("vangogh", str(tmp_path)),)


def test_a_wrong_word_is_named() -> None:
    with pytest.raises(ValueError, match=r"must read real, or NAME=PATH .*got 'raal'"):
        parse_images("raal")


def test_real_images_are_read_by_a_training() -> None:
    from sgnlib.training.objectives import objective
    from sgnlib.training.trainer import build_sampler

    bring("vangogh2photo", styles=("udnie",))
    row = replace(smoke(MODEL_1), images=parse_images("real").of(MODEL_1))
    sampler = build_sampler(row, tuple(objective(domain) for domain in row.domains))
    assert {name: len(pool) for name, pool in sampler.pools.items()} == {"photo": 4, "vangogh": 3}
