"""What a page of `sgn mix` shows."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from typing import Any

from ipywidgets import HTML, VBox

from sgnlib.evaluation.models import find_model
from sgnlib.live.app import SETTINGS
from sgnlib.live.mixer import Mixer


def page() -> VBox:
    """The mixer that the command's options ask for, or in words why there is none."""
    options: Mapping[str, Any] = json.loads(os.environ[SETTINGS])
    try:
        model = find_model(options["model"], options["profile"], options["seed"])
        mixer = Mixer(model.generator, options["photo"], domains=model.domains)
    except (OSError, ValueError, KeyError) as error:
        return VBox([HTML(f"<p role='alert'>{html.escape(str(error))}</p>")])
    # Inside a box, the mixer shows no still picture above itself.
    return VBox([HTML(f"<h1>Live mixing</h1><p>{html.escape(model.about)}</p>"), mixer])
