"""Scripts and styles of this folder, as widgets and atlas take them: plain text, no build."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def joined(*names: str) -> str:
    """The files' texts one after the other; of scripts, the last says what is exported."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


PAD_SCRIPT = joined("geometry.js", "pad.js")
PAD_STYLE = joined("theme.css", "pad.css")
STAGE_SCRIPT = joined("stage.js")
STAGE_STYLE = joined("theme.css", "stage.css")
