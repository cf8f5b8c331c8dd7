"""Live mixing in a notebook or an app: `Mixer(run)`, and drag the point in the triangle."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from sgnlib.evaluation.labels import sym_label, title
from sgnlib.evaluation.models import Model, find_model, of_run, unnamed
from sgnlib.live.attention import attention_picture
from sgnlib.live.backends import Backend, to_picture
from sgnlib.live.controls import STEP, Sliders, encoded, presets, rebalanced, switch, thumbnail
from sgnlib.live.filming import tour_film
from sgnlib.live.pad import nearest, simplex_pad
from sgnlib.live.photos import open_upload, photos
from sgnlib.live.session import Frame, Session
from sgnlib.live.stage import Stage
from sgnlib.nn.generator import Generator
from sgnlib.plots.colours import colour
from sgnlib.shapes import Images
from sgnlib.sym import centre, corners, tour, validate_sym
from sgnlib.training.runs import Run

SIDE = 256
"""Longer side in pixels of a user's photo in the network, and of a picture on the screen."""


class Mixer(widgets.VBox):
    """A pad, sliders, and a photo that follows; a cell that ends with it shows it.

    Above it stands a still picture of the mixtures, for readers without a running kernel. The
    network starts when a browser shows the widget, so that a batch run spends nothing on it.

    Args:
        model: A finished run, a generator, or what `sgn mix --model` takes: "model-1", ...
        photo: One image in [-1, 1] (sides divisible by 4), a file, or None for shipped photos.
        domains: Names of a generator's domains; runs and models know their own.
        backend: How to compute; None measures what is best here.

    Attributes:
        sym: The present S; setting it moves everything.

    Raises:
        ValueError: The number of names is not the number of domains, or the photo's shape is wrong.
        FileNotFoundError: There is no such model.
    """

    _session: Session | None = None
    _frame: Frame | None = None  # what is shown

    def __init__(
        self,
        model: Run | Model | Generator | str,
        photo: Images | Path | str | None = None,
        *,
        domains: Sequence[str] | None = None,
        backend: Backend | None = None,
    ) -> None:
        self._generator, self._domains = _parts(model, domains)
        self._backend = backend
        self._photos = photos(photo, SIDE)
        self._photo = next(iter(self._photos.values()))
        self._sym: tuple[float, ...] = ()
        k = len(self._domains)
        titles = [title(name) for name in self._domains]
        colours = [colour(name) for name in self._domains]
        self.pad = simplex_pad(self._domains)
        self.stage = Stage(side=SIDE, photo=encoded(to_picture(self._photo), "PNG"))
        self.sliders = Sliders(titles, colours, self._on_slider)
        self.presets = widgets.Dropdown(options=presets(titles), description="go to")
        self.photo_choice = widgets.Dropdown(options=list(self._photos), description="photo")
        self.upload = widgets.FileUpload(accept="image/*", description="own photo")
        self.extrapolate = switch("beyond the simplex")
        self.attention = switch("attention maps (yellow: open, blue: closed)")
        self.tour = tour(k, per_leg=40)
        self.play = widgets.Play(max=len(self.tour) - 1, interval=60, repeat=True)
        self.record = widgets.Button(description="film", icon="film", tooltip="save a tour")
        self.film_kind = widgets.Dropdown(options=["MP4", "GIF"], layout={"width": "72px"})
        self.save = widgets.Button(description="picture", icon="save", tooltip="save as PNG")
        self.maps = widgets.Image(layout={"display": "none"})
        super().__init__([*self._layout()])
        self._connect()
        self.sym = tuple(centre(k)[0].tolist())

    # ------------------------------------------------------------------------------- the state

    @property
    def sym(self) -> tuple[float, ...]:
        return self._sym

    @sym.setter
    def sym(self, sym: Sequence[float]) -> None:
        self.move(sym)

    def move(self, sym: Sequence[float], *, dragging: bool = False) -> None:
        """Goes to an S.

        Args:
            sym: On the simplex, or anywhere while `extrapolate` is on.
            dragging: Blends will do; the exact picture comes when S rests.

        Raises:
            ValueError: S is outside the simplex.
        """
        free = bool(self.extrapolate.value)
        point = validate_sym(sym, len(self._domains), extrapolate=free)
        self._sym = point
        self.pad.sym = list(point)
        if self._session:  # the picture first: it waits for all that is sent before it
            self._session.move(point, dragging=dragging)
        self.sliders.follow(point, at_once=not dragging)

    def start(self) -> Session:
        """Starts the network, as the browser does when it shows the widget; once."""
        if self._session is None:
            self._session = Session(
                self._generator,
                self._photo,
                show=self._show,
                fail=self._fail,
                ready=self._show_thumbnails,
                backend=self._backend,
            )
            self._session.move(self._sym)
        return self._session

    def load(self, photo: Images) -> None:
        """Takes another photo: a batch of one in [-1, 1], sides divisible by 4."""
        self._photo = photo
        self.stage.photo = encoded(to_picture(photo), "PNG")
        self.pad.thumbnails = []
        if self._session:
            self._session.load(photo)

    def close(self) -> None:
        """Ends the network's thread and removes the widget."""
        if self._session:
            self._session.close()
        super().close()

    # ------------------------------------------------------------------------------ the browser

    def _layout(self) -> list[widgets.Widget]:
        bar = widgets.HBox([self.presets, self.photo_choice, self.upload])
        switches = widgets.HBox([self.extrapolate, self.attention])
        actions = widgets.HBox([self.play, self.save, self.record, self.film_kind])
        rows = [self.stage, *self.sliders.boxes, bar, switches, actions, self.maps]
        controls = widgets.VBox(rows, layout={"flex": "0 1 580px", "max_width": "100%"})
        for row in (bar, switches, actions):
            row.layout.flex_flow = "row wrap"
        return [widgets.HBox([self.pad, controls], layout={"flex_flow": "row wrap"})]

    def _connect(self) -> None:
        self.pad.observe(self._on_pad, names=["sym", "dragging"])
        self.presets.observe(self._on_preset, names="value")
        self.photo_choice.observe(self._on_choice, names="value")
        self.upload.observe(self._on_upload, names="value")
        self.extrapolate.observe(self._on_extrapolate, names="value")
        self.attention.observe(self._on_attention, names="value")
        self.play.observe(lambda change: self._on_play(change["new"]), names="value")
        self.save.on_click(lambda _: self._on_save())
        self.record.on_click(lambda _: self._on_record())
        self.stage.on_msg(self._on_message)

    def _on_pad(self, change: Mapping[str, Any]) -> None:
        if change["name"] == "dragging" or tuple(self.pad.sym) != self._sym:
            self.move(self.pad.sym, dragging=self.pad.dragging)

    def _on_slider(self, position: int, value: float) -> None:
        # A slider in the browser rounds what it is given to its step, and sends that back.
        if abs(value - self._sym[position]) < STEP:
            return
        if self.extrapolate.value:
            sym = list(self._sym)
            sym[position] = value
            self.move(sym, dragging=True)
        else:
            self.move(rebalanced(self._sym, position, value), dragging=True)

    def _on_preset(self, change: Mapping[str, Any]) -> None:
        if change["new"] is not None:
            self.move(change["new"])
            self.presets.value = None

    def _on_choice(self, change: Mapping[str, Any]) -> None:
        if change["new"] in self._photos:
            self.stage.error = ""
            self.load(self._photos[change["new"]])

    def _on_upload(self, change: Mapping[str, Any]) -> None:
        for file in change["new"]:
            self._take(file["name"], bytes(file["content"]))

    def _on_message(self, _: Any, message: Mapping[str, Any], buffers: list[Any]) -> None:
        if message.get("kind") == "ready":
            self.start()
        elif message.get("kind") == "upload" and buffers:
            self._take(str(message.get("name", "")), bytes(buffers[0]))

    def _take(self, name: str, content: bytes) -> None:
        try:
            self._photos[name] = open_upload(name, content, SIDE)
        except ValueError as error:
            self._fail(str(error))
            return
        self.photo_choice.options = list(self._photos)
        self.photo_choice.value = name

    def _on_extrapolate(self, change: Mapping[str, Any]) -> None:
        self.pad.extrapolate = change["new"]
        for one in self.sliders.boxes:
            one.min, one.max = (-0.5, 1.5) if change["new"] else (0, 1)
        if not change["new"]:
            self.sym = nearest(self._sym)

    def _on_attention(self, change: Mapping[str, Any]) -> None:
        if change["new"] and self._generator.injection != "ccam":
            self._fail("only CCAM has attention maps; this generator takes S in another way")
            self.attention.value = False
            return
        self.maps.layout.display = "block" if change["new"] else "none"
        self._show_attention()

    def _on_play(self, step: int) -> None:
        self.move(self.tour[step].tolist(), dragging=True)

    def _on_save(self) -> None:
        if self._frame:
            name = f"mix {sym_label(self._frame.sym)}.png"
            self.stage.download(name, encoded(self._frame.picture, "PNG"))

    def _on_record(self) -> None:
        self.record.disabled, self.record.description = True, "filming …"
        threading.Thread(target=self._record, daemon=True).start()

    def _record(self) -> None:
        try:
            kind, tour = self.film_kind.value, self.tour.tolist()
            film = tour_film(self.start().backend, self._photo, tour, self._domains, kind)
            self.stage.download(f"tour.{kind.lower()}", film)
        except Exception as error:
            self._fail(f"{type(error).__name__}: {error}")
        finally:
            self.record.disabled, self.record.description = False, "film"

    # ------------------------------------------------------------------------------- what it shows

    def _show(self, frame: Frame) -> None:
        note = "blend of neighbours"
        if frame.exact:
            note = f"exact, {frame.seconds * 1000:.0f} ms, {self.start().backend.name}"
        data = encoded(frame.picture, "PNG" if frame.lasting else "JPEG")
        self.stage.show(data, frame.sym, exact=frame.exact, note=note)
        before, self._frame = self._frame, frame
        if frame.exact:
            self.sliders.follow(self._sym, at_once=not self.pad.dragging)
            if before is None or before.picture is not frame.picture:
                self._show_attention()

    def _fail(self, words: str) -> None:
        self.stage.error = words

    def _show_attention(self) -> None:
        if self.attention.value:
            picture = attention_picture(self._generator, self._photo, self._sym)
            self.maps.value = encoded(picture, "PNG")

    def _show_thumbnails(self) -> None:
        preview = self.start().preview
        at_corners = map(preview.blend, corners(len(self._domains)).tolist())
        self.pad.thumbnails = [thumbnail(picture) for picture in at_corners if picture is not None]

    def _ipython_display_(self, **kwargs: Any) -> None:
        from sgnlib.live.still import still  # here: an app has none, and needs no matplotlib

        display(still(self._generator, self._photo, self._domains))
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        # The widget's own text holds its children's numbers, which differ between machines.
        display({**bundle, "text/plain": f"live mixing of {', '.join(self._domains)}"}, raw=True)


def _parts(
    model: Run | Model | Generator | str, domains: Sequence[str] | None
) -> tuple[Generator, list[str]]:
    """The generator and the names of its domains."""
    if isinstance(model, str):
        model = find_model(model, None)
    if isinstance(model, Run):
        model = of_run(model)
    generator = model.generator if isinstance(model, Model) else model
    known = model.domains if isinstance(model, Model) else unnamed(generator)
    names = list(known if domains is None else domains)
    if len(names) != generator.domains:
        raise ValueError(f"the generator has {generator.domains} domains; got names {names}")
    return generator, names
