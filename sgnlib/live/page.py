"""What a page of `sgn mix` shows."""

from __future__ import annotations

import html

from ipywidgets import HTML, VBox

from sgnlib.evaluation.models import find_model
from sgnlib.live.mixer import Mixer
from sgnlib.live.settings import Settings


def page() -> VBox:
    """The mixer that the command's options ask for, or in words why there is none."""
    settings = Settings.taken()
    try:
        model = find_model(settings.model, settings.profile, settings.seed)
        mixer = Mixer(model.generator, settings.photo, domains=model.domains)
    except (OSError, ValueError, KeyError) as error:
        return VBox([HTML(f"<p role='alert'>{html.escape(str(error))}</p>")])
    # Inside a box, the mixer shows no still picture above itself.
    return VBox([HTML(f"<h1>Live mixing</h1><p>{html.escape(model.about)}</p>"), mixer])
