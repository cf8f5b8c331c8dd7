"""The report: every table and figure of the paper beside ours, every claim with its verdict.

    python -m sgnlib.evaluation.report

writes figures/REPORT.md and figures/REPORT.html from what the notebooks have left in figures/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from sgnlib import paths
from sgnlib.evaluation.claims import Verdict, load_verdicts, verdict_table
from sgnlib.evaluation.exhibits import BEYOND, EXHIBITS, Exhibit
from sgnlib.evaluation.paper_claims import CLAIMS, NOTEBOOKS
from sgnlib.evaluation.paper_tables import (
    paper_table_1,
    paper_table_3,
    side_by_side,
    table_2,
    table_4,
)
from sgnlib.evaluation.report_html import page
from sgnlib.storage import atomic_write

MARKS = {"holds": "✔ holds", "partly": "◐ partly", "fails": "✘ fails", "open": "○ open"}
PICTURES, FILMS = (".png", ".gif", ".webp"), (".mp4",)

FROM_CODE: dict[str, Callable[[], pd.DataFrame]] = {"table2": table_2, "table4": table_4}
"""Tables that no notebook has to make."""

FROM_PAPER: dict[str, Callable[[], pd.DataFrame]] = {
    "table1": paper_table_1,
    "table3": lambda: side_by_side(paper_table_3()),
}
"""Tables with the paper's own numbers."""


ATLAS = "atlas.html"


def write_report() -> tuple[Path, Path]:
    """Writes both reports; what is missing is named as missing.

    Returns:
        The paths of REPORT.md and REPORT.html.
    """
    folder = paths.figures_dir()
    markdown, html = folder / "REPORT.md", folder / "REPORT.html"
    text = report(folder)
    atomic_write(markdown, text.encode())
    atomic_write(html, page(text, folder).encode())
    return markdown, html


def report(folder: Path) -> str:
    """The report as Markdown whose links start at `folder`."""
    made = _made(folder)
    parts = [
        "# SGN, reproduced: the report",
        "*Sym-parameterized Dynamic Inference for Mixed-Domain Image Translation*, ICCV 2019. "
        "Every claim of the paper with our verdict, then every table and figure in the paper's "
        "order. Captions are in our words; the paper's numbers stand beside ours.",
        *_atlas(folder),
        *_verdicts(load_verdicts(), made),
        "## Tables and figures",
        *(_exhibit(exhibit, folder, made) for exhibit in EXHIBITS),
        *_rest(folder, made),
        *_how(made),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(frame: pd.DataFrame) -> str:
    """A table in Markdown; numbers with four significant digits."""
    head = "| " + " | ".join(_cell(c) for c in frame.columns) + " |"
    line = "|" + "---|" * len(frame.columns)
    rows = (
        "| " + " | ".join(_cell(v) for v in row) + " |" for row in frame.itertuples(index=False)
    )
    return "\n".join([head, line, *rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")


# ------------------------------------------------------------------------------------- its parts


def _verdicts(verdicts: dict[str, Verdict], made: dict[str, Any]) -> list[str]:
    table = verdict_table(list(CLAIMS), verdicts)
    counts = table["verdict"].value_counts()
    words = ", ".join(f"{counts.get(v, 0)} {text[2:]}" for v, text in MARKS.items())
    table.insert(3, "by", [f"[{c.notebook[:2]}]({_link(c.notebook)})" for c in CLAIMS])
    table["verdict"] = [MARKS[v] for v in table["verdict"]]
    goals = table["where"] == "goal"
    profiles = sorted({book["profile"] for book in made.values()})
    return [
        "## Verdicts",
        f"{len(table)} claims and goals: {words}; of the paper's {sum(~goals)} claims "
        f"{sum((table['verdict'] == MARKS['holds']) & ~goals)} hold. "
        f"Profile {', '.join(profiles) or 'unknown: no notebook has run'}; how everything was "
        "made is at the [end](#how-it-was-made). *By* is the notebook that judges.",
        "### Claims of the paper",
        markdown_table(table[~goals]),
        "### Goals of this reproduction",
        markdown_table(table[goals].drop(columns="where")),
    ]


def _exhibit(exhibit: Exhibit, folder: Path, made: dict[str, Any]) -> str:
    ours = [
        *(_picture(path, folder, made) for path in _files(folder, exhibit.id, PICTURES)),
        *(f"[{p.name}]({p.name})" for p in _files(folder, exhibit.id, FILMS)),
        *_tables(exhibit.id, folder, made),
    ]
    if exhibit.id in FROM_CODE:
        ours.append("Ours, from the code:\n\n" + markdown_table(FROM_CODE[exhibit.id]()))
    makers = _makers(exhibit, made) or [exhibit.notebook]
    by = ", ".join(f"[{name}]({_link(name)})" if name else "this report" for name in makers)
    missing = f"**Missing:** notebook {by} has not made it yet."
    theirs = [f"*The paper's:* {exhibit.paper}"] if exhibit.paper else []
    if exhibit.id in FROM_PAPER:
        theirs.append("The paper's numbers:\n\n" + markdown_table(FROM_PAPER[exhibit.id]()))
    name = exhibit.anchor if exhibit.anchor != BEYOND else f"Beyond the paper: {exhibit.id}"
    head = f"### {name}\n\n{exhibit.caption} Made by {by}."
    return "\n\n".join([head, *theirs, *(ours or [missing])])


def _makers(exhibit: Exhibit, made: dict[str, Any]) -> list[str]:
    """The notebooks that have made parts of an exhibit."""
    kinds = ("figures", "tables", "files")
    return [
        notebook
        for notebook, book in made.items()
        if any(_belongs(Path(n).stem, (exhibit.id,)) for kind in kinds for n in book.get(kind, {}))
    ]


def _tables(prefix: str, folder: Path, made: dict[str, Any]) -> list[str]:
    found = _files(folder / "tables", prefix, (".csv",))
    about = _abouts(made, "tables")
    return [
        f"Ours ({path.stem}{_with(about.get(path.stem))}):\n\n{markdown_table(pd.read_csv(path))}"
        for path in found
    ]


def _picture(path: Path, folder: Path, made: dict[str, Any]) -> str:
    about = _abouts(made, "figures") | _abouts(made, "files")
    name = path.relative_to(folder).as_posix()
    note = about.get(path.stem) or about.get(name) or ""
    return f"![{path.stem}]({name})" + (f"\n\n*{note}*" if path.suffix == ".gif" and note else "")


def _atlas(folder: Path) -> list[str]:
    """The page that can be dragged without a kernel, where a notebook has written it."""
    if not (folder / ATLAS).is_file():
        return []
    return [
        f"**[Drag the point yourself]({ATLAS})**: the domains of Model 1, mixed in your browser."
    ]


def _rest(folder: Path, made: dict[str, Any]) -> list[str]:
    """What notebooks have made beyond the exhibits."""
    ids = tuple(exhibit.id for exhibit in EXHIBITS)
    shown = [
        f"### {name} ({book['notebook']})\n\n{_picture(folder / f'{name}.png', folder, made)}"
        for book in made.values()
        for name in book.get("figures", {})
        if not _belongs(name, ids) and (folder / f"{name}.png").is_file()
    ]
    shown += [
        f"### {name} ({book['notebook']})\n\n" + "\n\n".join(_tables(name, folder, made))
        for book in made.values()
        for name in book.get("tables", {})
        if not _belongs(name, ids) and (folder / "tables" / f"{name}.csv").is_file()
    ]
    return ["## Beyond the paper's tables and figures", *shown] if shown else []


def _how(made: dict[str, Any]) -> list[str]:
    rows = [
        {
            "run": name,
            "perceptual network": run["features"] or "–",
            "seconds": run["info"].get("seconds"),
            "device": run["info"].get("device", "–"),
            "steps": run["info"].get("steps", "–"),
        }
        for book in made.values()
        for name, run in book.get("runs", {}).items()
    ]
    runs = pd.DataFrame(rows).drop_duplicates("run") if rows else None
    books = pd.DataFrame(
        [
            {"notebook": name, "profile": made[name]["profile"], "seeds": made[name]["seeds"],
             "machine": made[name]["machine"]}
            if name in made
            else {"notebook": name, "profile": "not run", "seeds": "–", "machine": "–"}
            for name in NOTEBOOKS
        ]
    )  # fmt: skip
    return [
        "## How it was made",
        "The domains are painted by this project's own code unless a caption names the user's own "
        "images, so the numbers are of the same kind as the paper's, not of the same data. The "
        "perceptual network is named wherever it took part.",
        markdown_table(books),
        "### Trainings" if runs is not None else "",
        markdown_table(runs) if runs is not None else "",
    ]


# ------------------------------------------------------------------------------ what there is


def _made(folder: Path) -> dict[str, Any]:
    """What each notebook says it has made, by the notebook's name."""
    files = sorted((folder / "made").glob("*.json"))
    return {file.stem: json.loads(file.read_text()) for file in files}


def _abouts(made: dict[str, Any], kind: str) -> dict[str, str]:
    return {name: about for book in made.values() for name, about in book.get(kind, {}).items()}


def _files(folder: Path, prefix: str, endings: Iterable[str]) -> list[Path]:
    found = folder.glob(f"{prefix}*") if folder.is_dir() else ()
    return sorted(p for p in found if p.suffix in endings and _belongs(p.stem, (prefix,)))


def _belongs(name: str, prefixes: Iterable[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}_") for prefix in prefixes)


def _with(note: str | None) -> str:
    return f"; {note}" if note else ""


def _link(notebook: str) -> str:
    return f"../notebooks/{notebook}.ipynb"


def main() -> int:
    """Writes the report and names its files."""
    for path in write_report():
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
