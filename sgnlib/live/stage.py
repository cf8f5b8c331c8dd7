"""Where a photo and its translation are looked at: side by side, or one under the other's edge."""

from __future__ import annotations

import anywidget
import traitlets

from sgnlib.live.assets import STAGE_SCRIPT, STAGE_STYLE


class Stage(anywidget.AnyWidget):
    """Original and result. Frames are decoded off the screen and the newest one is shown.

    In the browser, every frame that has come to the screen is told by a DOM event `sgn:frame` with
    the detail `{sym, exact, time}`; time is the page's clock in milliseconds.

    Messages for `on_msg`: `{"kind": "ready"}` when a browser shows the stage; and, when an image
    file is dropped on it, `{"kind": "upload", "name": ...}` with the file's content, at most 20 MB,
    as the only buffer.

    Attributes:
        photo: The original, as JPEG, PNG or WebP.
        frame: The result, as one of these.
        frame_sym: The S of that result.
        exact: Whether it is the network's own output at that S; else a blend of neighbours.
        note: Said of it in a badge, e.g. "exact, 12 ms"; "exact" or "blend" if empty.
        error: What went wrong, in words; nothing if empty.
        wipe: The original lies over the result, up to an edge to be moved; else they are side by
            side.
        side: Pixels of a picture's longer side, 64 to 1024.
    """

    _esm = STAGE_SCRIPT
    _css = STAGE_STYLE

    photo = traitlets.Bytes().tag(sync=True)
    frame = traitlets.Bytes().tag(sync=True)
    frame_sym = traitlets.List(traitlets.Float()).tag(sync=True)
    exact = traitlets.Bool(False).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    wipe = traitlets.Bool(False).tag(sync=True)
    side = traitlets.Int(320, min=64, max=1024).tag(sync=True)

    def show(self, frame: bytes, sym: tuple[float, ...], *, exact: bool, note: str = "") -> None:
        """Shows a frame, in one message to the browser, and takes back what `error` said.

        Args:
            frame: The encoded result.
            sym: Its S.
            exact: Whether the network made it at that S.
            note: Said of it.
        """
        with self.hold_sync():
            self.frame, self.frame_sym, self.exact = frame, list(sym), exact
            self.note, self.error = note, ""

    def download(self, name: str, content: bytes = b"") -> None:
        """Has the browser save a file.

        Args:
            name: What it is called.
            content: What it holds; the present result if empty.
        """
        self.send({"kind": "download", "name": name}, [content] if content else None)
