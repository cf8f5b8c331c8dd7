"""Verdicts on the paper's claims: made by notebooks, kept as JSON, gathered by the report."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Literal

import pandas as pd

from sgnlib import paths
from sgnlib.evaluation.paper_claims import CLAIMS, Claim, claims_of
from sgnlib.storage import atomic_write

Outcome = Literal["holds", "partly", "fails"]


@dataclass(frozen=True)
class Verdict:
    """What became of a claim, and the numbers that say so."""

    id: str
    outcome: Outcome
    numbers: str
    why: str = ""


class ClaimBook:
    """The claims of one notebook and its verdicts; a cell that ends with it shows the table.

    >>> claims = ClaimBook("07_injection_ablation")
    >>> claims.check("fig8-concat-alike", holds=0.01 < 0.05, numbers="change 0.010 of 0.120")
    """

    def __init__(self, notebook: str, made_with: str = "") -> None:
        """Opens an empty book.

        Args:
            notebook: Name of the notebook without its ending.
            made_with: How the numbers were made: profile, perceptual network, seeds.

        Raises:
            KeyError: No such notebook.
        """
        self.notebook = notebook
        self.made_with = made_with
        self.claims = {claim.id: claim for claim in claims_of(notebook)}
        self.verdicts: dict[str, Verdict] = {}

    def check(
        self, id: str, *, holds: bool | Literal["partly"], numbers: str, why: str = ""
    ) -> Verdict:
        """Gives the verdict on a claim and writes the book; a second verdict replaces the first.

        Args:
            id: The claim's id in `paper_claims.CLAIMS`.
            holds: Whether our numbers agree with the claim.
            numbers: The numbers behind it, to be read beside the claim.
            why: For a claim that does not hold: the reason, as far as it is known.

        Raises:
            KeyError: The claim is not one of this notebook's; the message lists those.
        """
        if id not in self.claims:
            raise KeyError(f"{self.notebook} has no claim {id!r}; its claims: {[*self.claims]}")
        outcome: Outcome = "partly" if holds == "partly" else "holds" if holds else "fails"
        self.verdicts[id] = Verdict(id, outcome, numbers, why)
        atomic_write(verdict_file(self.notebook), self._json())
        return self.verdicts[id]

    def judge(self, id: str, *tables: pd.DataFrame, why: str = "") -> Verdict:
        """Gives the verdict that tables with a column `holds` imply, with their numbers.

        Args:
            id: The claim's id in `paper_claims.CLAIMS`.
            tables: The claim holds where all their rows do, and partly where some do.
            why: The reason, as far as it is known; only kept where not all rows hold.

        Raises:
            KeyError: The claim is not one of this notebook's; the message lists those.
        """
        holds = [bool(value) for table in tables for value in table["holds"]]
        numbers = "; ".join(in_words(table) for table in tables)
        outcome: bool | Literal["partly"] = all(holds) or (any(holds) and "partly")
        return self.check(id, holds=outcome, numbers=numbers, why="" if all(holds) else why)

    @property
    def missing(self) -> list[str]:
        """Claims of this notebook that have no verdict yet."""
        return [id for id in self.claims if id not in self.verdicts]

    def table(self) -> pd.DataFrame:
        """One row per claim: where, what, verdict, numbers."""
        return verdict_table([*self.claims.values()], self.verdicts)

    def _repr_html_(self) -> str:
        return table_html(self.table())

    def __repr__(self) -> str:
        lines = [f"{v.outcome:6} {v.id}: {v.numbers}" for v in self.verdicts.values()]
        return "\n".join([*lines, *(f"open   {id}" for id in self.missing)])

    def _json(self) -> bytes:
        verdicts = [asdict(v) for v in self.verdicts.values()]
        book = {"notebook": self.notebook, "made_with": self.made_with, "verdicts": verdicts}
        return (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode()


def verdict_file(notebook: str) -> Path:
    """Where a notebook's verdicts lie."""
    return paths.figures_dir() / "claims" / f"{notebook}.json"


def load_verdicts() -> dict[str, Verdict]:
    """The verdicts of all notebooks that have run, by the claim's id."""
    found: dict[str, Verdict] = {}
    for claim in CLAIMS:
        file = verdict_file(claim.notebook)
        if claim.id not in found and file.is_file():
            rows = json.loads(file.read_text())["verdicts"]
            found |= {row["id"]: Verdict(**row) for row in rows}
    return found


def verdict_table(claims: list[Claim], verdicts: dict[str, Verdict]) -> pd.DataFrame:
    """One row per claim: where, what, verdict ("open" where there is none), numbers."""
    none = Verdict("", "fails", "")
    rows = [(claim, verdicts.get(claim.id, none)) for claim in claims]
    return pd.DataFrame(
        {
            "where": [claim.source for claim, _ in rows],
            "claim": [claim.text for claim, _ in rows],
            "verdict": [v.outcome if v.id else "open" for _, v in rows],
            "ours": [f"{v.numbers} ({v.why})" if v.why else v.numbers for _, v in rows],
        }
    )


def in_words(table: pd.DataFrame) -> str:
    """A small table as a line of text: row: column value, ...; rows that do not hold say so."""
    lines = []
    for name, row in table.iterrows():
        shown = ", ".join(f"{c} {_number(v)}" for c, v in row.items() if c != "holds" and v == v)
        lines.append(f"{name}: {shown}" + (" (no)" if "holds" in row and not row["holds"] else ""))
    return "; ".join(lines)


def _number(value: object) -> str:
    """Three digits; below 1e-5 zero, because rounding errors differ from machine to machine."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if abs(number) < 1e-5:
        return "0"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def table_html(frame: pd.DataFrame) -> str:
    """The same bytes for the same table (pandas' Styler would put random ids in)."""
    head = "".join(f"<th style='text-align:left'>{escape(str(c))}</th>" for c in frame.columns)
    cell = "<td style='text-align:left;vertical-align:top'>{}</td>"
    body = "".join(
        f"<tr>{''.join(cell.format(escape(str(value))) for value in row)}</tr>"
        for row in frame.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
