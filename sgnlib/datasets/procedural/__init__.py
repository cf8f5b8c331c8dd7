"""Painted domains: one grammar of scenes, six ways to render it. Own work, CC0."""

from __future__ import annotations

from sgnlib.datasets.procedural.painters import paint_images, paint_style

__all__ = ["paint_images", "paint_style"]
