"""`sgn data get`: data sets and style images arrive whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from sgnlib import network
from sgnlib.datasets import download, obtain, store
from sgnlib.datasets.cards import Card
from sgnlib.datasets.obtain import get, get_from_folder, get_from_zip, get_style
from sgnlib.datasets.unpack import ArchiveError
from tests.datasets.server import gives, says, serving
from tests.datasets.zips import COUNTS, jpeg, members, small, zipped

ZIP = zipped(members())


@pytest.fixture(autouse=True)
def nearby(monkeypatch: pytest.MonkeyPatch) -> None:
    """Online, without a proxy, without patience; the official address is nobody."""
    for name in (network.SWITCH, obtain.MIRRORS, "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "PAUSE", 0.001)
    monkeypatch.setattr(obtain, "ORIGIN", "http://127.0.0.1:9/{name}.zip")
    monkeypatch.setattr(os, "sync", lambda: None)


def visible(one: Card) -> dict[str, int]:
    return {side: store.count(store.place(one) / side) for side in COUNTS}


def left(data_dir: Path) -> set[str]:
    """What lies in data/raw beside locks."""
    return {path.name for path in (data_dir / "raw").iterdir() if path.suffix != ".lock"}


def test_a_data_set_arrives_once(data_dir: Path) -> None:
    one = small(ZIP)
    with serving(gives(ZIP)) as server:
        told = get(one, [server.url])
        assert "is as expected" in told and f"{server.url}/vangogh2photo.zip" in told
        assert visible(one) == COUNTS
        assert left(data_dir) == {"vangogh2photo", "vangogh2photo.json"}
        assert "is there already" in get(one, [server.url])
        assert [path for path, _ in server.seen] == ["/vangogh2photo.zip"]


def test_the_hash_of_an_unpinned_zip_is_noted_and_holds_from_then_on(data_dir: Path) -> None:
    one = small(None)
    with serving(gives(ZIP)) as server:
        told = get(one, [server.url])
    assert "is noted in" in told and "from now on it must be the same" in told
    record = json.loads((data_dir / "raw" / "vangogh2photo.json").read_text())
    assert record["sha256"] == hashlib.sha256(ZIP).hexdigest()
    shutil.rmtree(store.place(one))
    other = zipped(members() | {"small/more.txt": b"x"})
    with serving(gives(other)) as server, pytest.raises(download.DownloadError, match="SHA-256"):
        get(one, [server.url])
    assert not store.place(one).exists()
    with serving(gives(ZIP)) as server:
        assert "is as expected" in get(one, [server.url])


def test_mirrors_come_first_in_their_order_and_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(says(404)) as first, serving(says(404)) as second, serving(gives(ZIP)) as third:
        monkeypatch.setenv(obtain.MIRRORS, f"{second.url}/{{name}}/all.zip {third.url}/x/")
        get(small(ZIP), [first.url])
        assert first.seen[0][0] == "/vangogh2photo.zip"
        assert second.seen[0][0] == "/vangogh2photo/all.zip"
        assert third.seen[0][0] == "/x/vangogh2photo.zip"


def test_a_failure_says_what_else_there_is_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TRIES", 1)
    with serving(says(403)) as server, pytest.raises(download.DownloadError) as failed:
        get(small(ZIP), [server.url])
    for part in ("HTTP 403", "no connection", "--mirror", "--from-zip FILE", "127.0.0.1:9/van"):
        assert part in str(failed.value)


def test_a_dangerous_zip_leaves_nothing(data_dir: Path) -> None:
    bad = zipped(members() | {"../x.jpg": jpeg()})
    with serving(gives(bad)) as server, pytest.raises(ArchiveError, match="outside of its folder"):
        get(small(None), [server.url])
    assert left(data_dir) == set()


def test_a_zip_with_other_counts_is_another_data_set(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "less.zip").write_bytes(zipped(members(COUNTS | {"trainA": 2})))
    with pytest.raises(ArchiveError, match=r"not vangogh2photo: trainA has 2 of 3 .*--images"):
        get_from_zip(small(ZIP), tmp_path / "less.zip")
    assert left(data_dir) == set()


def test_a_zip_of_the_user_is_taken_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_bytes(ZIP)
    one = small(zipped({"x": b""}))
    assert "is not the official zip's" in get_from_zip(one, tmp_path / "mine.zip")
    assert visible(one) == COUNTS
    assert (tmp_path / "mine.zip").is_file()
    with pytest.raises(FileNotFoundError, match=r"none\.zip"):
        get_from_zip(small(ZIP, "monet2photo"), tmp_path / "none.zip")


def test_a_folder_of_the_user_is_copied(data_dir: Path, tmp_path: Path) -> None:
    for name, content in members().items():
        path = tmp_path / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "small" / "trainA" / ".DS_Store").touch()
    one = small(ZIP)
    get_from_folder(one, tmp_path / "small")
    assert visible(one) == COUNTS
    assert (store.place(one) / "trainA" / "2014-08-01 17_41_00.jpg").read_bytes() == jpeg(0)
    shutil.rmtree(store.place(one))
    (tmp_path / "small" / "testB" / "2014-08-01 17:41:00.jpg").unlink()
    with pytest.raises(ArchiveError, match="testB has 0 of 1 images"):
        get_from_folder(one, tmp_path / "small")
    assert left(data_dir) == set()


def test_a_folder_that_is_not_complete_is_not_touched() -> None:
    one = small(ZIP)
    (store.place(one) / "trainA").mkdir(parents=True)
    (store.place(one) / "trainA" / "mine.jpg").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"trainA has 1 of 3 images, testA has 0 .*remove it"):
        get(one)
    assert (store.place(one) / "trainA" / "mine.jpg").read_bytes() == b"mine"


def test_too_little_disk_is_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**6))
    with serving(gives(ZIP)) as server, pytest.raises(OSError, match="1 MB free, needed are 64"):
        get(small(ZIP), [server.url])
    assert not server.seen


# ---------------------------------------------------------------------- killed, and two at a time

UNPACKS = """
import sys, time
from sgnlib.datasets import obtain, unpack
from tests.datasets.zips import small
copy = unpack.shutil.copyfileobj
def slowly(*files):
    time.sleep(0.2)
    copy(*files)
unpack.shutil.copyfileobj = slowly
obtain.get(small(None), [sys.argv[1]])
"""


def test_killed_while_unpacking_nothing_half_is_there(data_dir: Path) -> None:
    with serving(gives(ZIP)) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", UNPACKS, server.url], stderr=subprocess.DEVNULL
        )
        beside = data_dir / "raw" / ".vangogh2photo.unpacking"
        deadline = time.monotonic() + 60
        while len(list(beside.rglob("*.jpg"))) < 2:
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        one = small(ZIP)
        assert beside.exists() and not store.place(one).exists()
        assert get(one, [server.url]).count("trainA 3") == 1
        assert len(server.seen) == 1, "the zip that was there is not downloaded again"
    assert visible(one) == COUNTS
    assert left(data_dir) == {"vangogh2photo", "vangogh2photo.json"}


def test_two_processes_download_once() -> None:
    with serving(gives(ZIP, pause=0.01)) as server:
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=get, args=(small(ZIP), [server.url])) for _ in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0, 0]
        assert len(server.seen) == 1
    assert visible(small(ZIP)) == COUNTS


# ------------------------------------------------------------------------------------ style images


def test_a_style_image_comes_from_a_file_or_an_address(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "u.jpeg").write_bytes(jpeg(1))
    get_style("udnie", str(tmp_path / "u.jpeg"))
    assert store.style("udnie") == data_dir / "raw" / "styles" / "udnie.jpg"
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(file, "PNG")
    png = file.getvalue()
    with serving(gives(png)) as server:
        get_style("udnie", f"{server.url}/picture?id=3")
    assert store.style("udnie") == data_dir / "raw" / "styles" / "udnie.png"
    assert store.style("udnie").read_bytes() == png
    names = {path.name for path in (data_dir / "raw" / "styles").iterdir()}
    assert names == {"udnie.png", ".udnie.lock"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<html>", "cannot be read as an image"), (jpeg()[:300], "cannot be read as an image")],
)
def test_what_is_no_style_image_is_refused(data_dir: Path, content: bytes, reason: str) -> None:
    with serving(gives(content)) as server, pytest.raises(ValueError, match=reason):
        get_style("udnie", server.url)
    assert store.style("udnie") is None
    assert {path.name for path in (data_dir / "raw" / "styles").iterdir()} == {".udnie.lock"}


def test_style_images_are_bounded_and_named_simply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obtain, "MAX_STYLE", 100)
    (tmp_path / "u.jpg").write_bytes(jpeg())
    with pytest.raises(ValueError, match="allowed are 100"):
        get_style("udnie", str(tmp_path / "u.jpg"))
    with serving(gives(jpeg())) as server, pytest.raises(download.DownloadError, match="at most"):
        get_style("udnie", server.url)
    for name in ("../udnie", "", "Udnie", "a/b"):
        with pytest.raises(ValueError, match="no name for a style image"):
            get_style(name, str(tmp_path / "u.jpg"))
    with pytest.raises(FileNotFoundError, match=r"none\.jpg"):
        get_style("udnie", str(tmp_path / "none.jpg"))
