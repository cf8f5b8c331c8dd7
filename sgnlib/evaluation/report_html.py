"""Markdown to one HTML page that needs no network: pictures inside, light and dark, phone-wide."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from markdown_it import MarkdownIt
from PIL import Image

_TYPES = {".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}

LARGE = 200_000
"""Bytes from which on a picture is embedded as WebP, so that the page opens on a phone."""

_CSS = """
:root { color-scheme: light dark; --paper: #fcfcfa; --ink: #22262b; --faint: #6b7178;
  --line: #dcdcd4; --link: #0b5cad; --head: #f1f1ec; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e6e8; --faint: #9aa1a8;
  --line: #34383d; --link: #7db7f0; --head: #1f2226; } }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2rem; } a { color: var(--link); } em { color: var(--faint); }
img { max-width: 100%; height: auto; border-radius: 6px; background: #fcfcfa; }
.wide { overflow-x: auto; } .wide td { min-width: 3.5rem; }
table { border-collapse: collapse; font-size: 0.86rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.6rem;
  border-bottom: 1px solid var(--line); } th { background: var(--head); white-space: nowrap; }
.holds { color: #1a7f37; } .partly { color: #9a6700; } .fails { color: #cf222e; }
.open { color: var(--faint); } .holds, .partly, .fails, .open { white-space: nowrap;
  font-weight: 600; }
@media (max-width: 44rem) { .verdicts thead { display: none; }
  .verdicts tr { display: block; padding: 0.7rem 0; border-bottom: 1px solid var(--line); }
  .verdicts td { display: inline; padding: 0 0.4rem 0 0; border: 0; }
  .verdicts td:last-child { display: block; color: var(--faint); } }
@media (prefers-color-scheme: dark) { .holds { color: #56d364; } .partly { color: #e3b341; }
  .fails { color: #ff7b72; } }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SGN, reproduced: the report</title>
<style>{css}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(markdown: str, folder: Path) -> str:
    """The report as one HTML file.

    Args:
        markdown: The report; its pictures' paths start at `folder`.
        folder: Where the report lies.

    Raises:
        FileNotFoundError: A picture is not there.
    """
    body = MarkdownIt("commonmark").enable("table").render(markdown)
    body = re.sub(r'<img src="([^"]+)"', lambda m: f'<img src="{_data(folder / m[1])}"', body)
    body = re.sub(r"<table>.*?</table>", lambda m: _table(m[0]), body, flags=re.DOTALL)
    body = re.sub(r"<td>(. (holds|partly|fails|open))</td>", r'<td class="\2">\1</td>', body)
    body = re.sub(r"<h2>(.*?)</h2>", lambda m: f'<h2 id="{_anchor(m[1])}">{m[1]}</h2>', body)
    return _PAGE.format(css=_CSS, body=body)


def _table(table: str) -> str:
    """Wide tables scroll by themselves; on a phone the rows of verdicts become paragraphs."""
    kind = "verdicts" if "<th>verdict</th>" in table else "wide"
    return f'<div class="{kind}">{table}</div>'


def _data(picture: Path) -> str:
    content, kind = picture.read_bytes(), _TYPES[picture.suffix]
    if kind == "image/png" and len(content) > LARGE:
        buffer = io.BytesIO()
        Image.open(io.BytesIO(content)).convert("RGB").save(buffer, "WEBP", quality=88)
        content, kind = buffer.getvalue(), "image/webp"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
