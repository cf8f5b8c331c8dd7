"""Tasks: order, time, interruptions, failures, and results that fit into few files."""

from __future__ import annotations

import io
import json
import random
import sys
import tarfile
import time
from pathlib import Path

import pytest

from benchmarks import packing, tasks
from benchmarks.packing import pack
from benchmarks.tasks import Ledger, Task, work_off


def python(name: str, code: str, seconds: float = 20, resumes: bool = False) -> Task:
    return Task(name, [sys.executable, "-c", code], seconds, least=0.5, resumes=resumes)


def says(name: str) -> Task:
    return python(name, f"print({name!r})")


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setattr(tasks, "PATIENCE", 3.0)
    return Ledger(tmp_path / "ledger.json")


def states(ledger: Ledger) -> dict[str, str]:
    return {name: entry["state"] for name, entry in ledger.content["tasks"].items()}


def test_what_is_done_is_not_done_again(ledger: Ledger, tmp_path: Path) -> None:
    delivered: list[int] = []
    for _ in range(2):
        again = Ledger(ledger.file)
        work_off(
            [says("one"), says("two")],
            again,
            logs=tmp_path,
            seconds=60,
            after=lambda: delivered.append(1),
        )
    assert (tmp_path / "one.txt").read_text() == "one\n"
    assert states(again) == {"one": "done", "two": "done"}
    assert len(delivered) == 2
    seconds = sum(task["seconds"] for task in again.content["tasks"].values())
    assert again.used == pytest.approx(seconds, abs=0.01)


def test_a_failure_stops_nobody_else_and_is_given_up(ledger: Ledger, tmp_path: Path) -> None:
    works = [python("bad", "raise SystemExit(3)"), says("good")]
    for _ in range(3):
        work_off(works, ledger, logs=tmp_path, seconds=60)
    assert states(ledger) == {"bad": "failed", "good": "done"}
    assert ledger.content["tasks"]["bad"]["failures"] == tasks.TRIES


CATCHES = """
import time, pathlib
file = pathlib.Path({file!r})
done = file.exists()
file.touch()
try:
    time.sleep(0 if done else 60)
except KeyboardInterrupt:
    print("checkpoint")
    raise SystemExit(130)
"""


def test_a_task_that_resumes_is_asked_to_stop_and_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    long = python("long", CATCHES.format(file=str(tmp_path / "half")), seconds=2, resumes=True)
    begun = time.monotonic()
    work_off([long], ledger, logs=tmp_path, seconds=60)
    assert time.monotonic() - begun < 20
    assert states(ledger) == {"long": "stopped"} and ledger.open(long)
    assert ledger.content["tasks"]["long"]["failures"] == 0
    work_off([long], ledger, logs=tmp_path, seconds=60)
    assert states(ledger) == {"long": "done"}
    assert (tmp_path / "long.txt").read_text() == "checkpoint\n"


def test_no_task_is_begun_that_has_no_time(ledger: Ledger, tmp_path: Path) -> None:
    begun = time.monotonic()
    work_off([says("late")], ledger, logs=tmp_path, seconds=tasks.PATIENCE)
    assert states(ledger) == {} and time.monotonic() - begun < 1


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Weights of 30 000 bytes each, where two and no third fit."""
    monkeypatch.setattr(packing, "PIECE", 16 * 2**10)
    monkeypatch.setattr(packing, "ALL", 6 * 16 * 2**10)
    made = [tmp_path / "work" / f"{k}.safetensors" for k in range(3)]
    made[0].parent.mkdir()
    for k, path in enumerate(made):
        path.write_bytes(bytes([k + 1]) * 30_000)
    return made


def test_weights_come_back_from_the_pieces(files: list[Path], tmp_path: Path) -> None:
    out, small = tmp_path / "out", tmp_path / "work" / "plan.json"
    small.write_text(json.dumps({"model": 3}))
    left_out = pack([small], files, tmp_path / "work", out)
    assert left_out == files[2:]
    sizes = [path.stat().st_size for path in out.iterdir()]
    assert max(sizes) <= packing.PIECE and sum(sizes) <= packing.ALL and len(sizes) <= 8
    pieces = sorted(out.glob("weights.tar.*"))
    whole = io.BytesIO(b"".join(piece.read_bytes() for piece in pieces))
    with tarfile.open(fileobj=whole) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    assert found == {path.name: path.read_bytes() for path in files[:2]}
    with tarfile.open(out / "results.tar.gz") as archive:
        assert archive.getnames() == ["plan.json"]


def test_results_that_are_too_large_are_refused(files: list[Path], tmp_path: Path) -> None:
    noise = tmp_path / "work" / "log"
    noise.write_bytes(random.Random(0).randbytes(60_000))
    with pytest.raises(ValueError, match="allowed are 16,384"):
        pack([noise], [], tmp_path / "work", tmp_path / "out")
