"""What a page of `sgn mix` shows: at once, a heading; and the mixer as soon as torch is imported.

Imports take seconds. They go on in a thread while the browser gets the page's scripts.
"""

from __future__ import annotations

import html
import threading

from ipywidgets import HTML, VBox

from sgnlib.live.settings import Settings


def page() -> VBox:
    """The mixer that the command's options ask for, or in words why there is none."""
    box = VBox([HTML("<h1>Live mixing</h1><p role='status'>The network is on its way …</p>")])
    threading.Thread(target=fill, args=(box, Settings.taken()), daemon=True).start()
    return box


def fill(box: VBox, settings: Settings) -> None:
    """Puts the mixer, or what went wrong, into a box."""
    from sgnlib.evaluation.models import find_model
    from sgnlib.live.mixer import Mixer

    try:
        model = find_model(settings.model, settings.profile, settings.seed)
        mixer = Mixer(model, settings.photo)
    except Exception as error:  # nobody else hears of it
        box.children = [HTML(f"<p role='alert'>{html.escape(str(error))}</p>")]
        return
    # Inside a box, the mixer shows no still picture above itself.
    about = HTML(f"<h1>Live mixing</h1><p>{html.escape(model.about)}</p>")
    box.children = [about, mixer]
