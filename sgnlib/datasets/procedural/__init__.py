"""Painted domains: one grammar of scenes, six ways to paint it, two style images.

Own work, dedicated to the public domain (CC0). Everything is a function of seeds, and geometry is
in units of the image's side, so that a scene looks alike at every size.
"""

from __future__ import annotations

from sgnlib.datasets.procedural.grammar import draw_scene
from sgnlib.datasets.procedural.painters import DOMAINS, paint, paint_images
from sgnlib.datasets.procedural.scene import Scene
from sgnlib.datasets.procedural.styles import STYLE_IMAGES, paint_style

__all__ = [
    "DOMAINS",
    "STYLE_IMAGES",
    "Scene",
    "draw_scene",
    "paint",
    "paint_images",
    "paint_style",
]
