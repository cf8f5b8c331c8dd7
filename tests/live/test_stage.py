"""The stage's traits: a frame is one message; files go to the browser."""

from __future__ import annotations

from typing import Any

import pytest
import traitlets

from sgnlib.live.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage(photo=b"photo")


def test_a_frame_is_one_message(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.error = "no memory"
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(stage, "send_state", lambda key=None: sent.append(stage.get_state(key)))
    stage.show(b"frame", (0.2, 0.8), exact=True, note="exact, 12 ms")
    assert len(sent) == 1
    assert sent[0] == {
        "frame": b"frame", "frame_sym": [0.2, 0.8], "exact": True, "note": "exact, 12 ms",
        "error": "",
    }  # fmt: skip


def test_what_it_takes_is_limited(stage: Stage) -> None:
    for side in (0, 63, 1025):
        with pytest.raises(traitlets.TraitError):
            stage.side = side
    with pytest.raises(traitlets.TraitError):
        stage.frame = "text"
    assert "export default { render, refusal }" in stage.get_state()["_esm"]


def test_files_to_save_are_sent_with_their_content(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(stage, "send", lambda *message: sent.append(message))
    stage.download("tour.mp4", b"film")
    stage.download("mix.png")
    assert sent == [
        ({"kind": "download", "name": "tour.mp4"}, [b"film"]),
        ({"kind": "download", "name": "mix.png"}, None),
    ]
