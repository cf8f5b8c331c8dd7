"""The fixed colours of domains, paper and ink; without matplotlib, which takes long to import."""

from __future__ import annotations

PAPER, INK, FAINT = "#fcfcfa", "#22262b", "#6b7178"
"""Background (light, also on a dark page), text, and text of less weight."""

# Okabe and Ito's palette and three of Paul Tol's: told apart with any colour vision.
COLOURS = {
    "photo": "#0072B2",
    "vangogh": "#E69F00",
    "udnie": "#CC79A7",
    "ukiyoe": "#009E73",
    "rain-princess": "#D55E00",
    "summer": "#999933",
    "winter": "#56B4E9",
    "monet": "#882255",
}
"""The same colour for a domain in every figure and in the video's bar."""


def colour(domain: str) -> str:
    """The domain's colour; grey for a domain of the user's own."""
    return COLOURS.get(domain, "#777777")
