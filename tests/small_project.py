"""A project of three small notebooks, for tests of everything that publishes."""

from __future__ import annotations

import json
import shutil
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

EDITION = """\
title = "Assessment of Exampleham, 2023/24 Q2"
quarter = "2023/24 Q2"
area = "Exampleham"
area_code = "E08000025"
published = "2023-12-06"

[data]
report = "data/report/2023-24-q2"
monthly = "data/monthly/birmingham.csv"
prices = "data/prices/prices_monthly.csv"

[rules]
materiality_pct = 5.0
small_count = 10
suppress_below = 5
alpha = 0.05
level = 0.95
baseline_months = 12

[[pages]]
notebook = "notebooks/01-home.ipynb"
address = "index"

[[pages]]
notebook = "notebooks/02-season.ipynb"
address = "asb/season"
parameters = { series = "asb" }

[[pages]]
notebook = "notebooks/02-season.ipynb"
address = "violence/season"
title = "Violence & its *season*"
parameters = { series = "violence" }
"""

CONFIG = """\
project:
  type: website
  output-dir: _site
  render:
    - index.qmd
    - notebooks/*.ipynb
    - site/*.qmd

execute:
  enabled: false

lang: en-GB

website:
  title: "Community safety in [Birmingham]{.area}"
  navbar:
    left:
      - href: notebooks/01-home.ipynb
        text: Home
      - href: notebooks/02-season.ipynb
        text: Seasons
      - text: About
        menu:
          - href: site/methods.qmd
            text: Methods
          - text: Elsewhere
            href: https://example.org/
  page-footer:
    left: "See [the methods](site/methods.qmd)"

format:
  html:
    toc: true
    css: site/look.css
"""


def code(source: str, *tags: str) -> dict[str, object]:
    """A code cell that has not run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": [],
        "source": textwrap.dedent(source).strip(),
    }


def prose(source: str, kind: str = "markdown") -> dict[str, object]:
    """A markdown or raw cell."""
    return {"cell_type": kind, "metadata": {}, "source": textwrap.dedent(source).strip()}


def write_notebook(file: Path, *cells: dict[str, object]) -> Path:
    """Write a notebook as Jupyter stores it."""
    content = {
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
        "metadata": {"kernelspec": {"display_name": "x", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def make(folder: Path) -> Path:
    """Write the project below a folder: the shipped data, three pages, one hand-written page."""
    shutil.copytree(ROOT / "data", folder / "data")
    (folder / "editions").mkdir()
    (folder / "editions" / "2023-24-q2.toml").write_text(EDITION, encoding="utf-8")
    (folder / "_quarto.yml").write_text(CONFIG, encoding="utf-8")
    (folder / "index.qmd").write_text("---\ntitle: A clone\n---\n\nText.\n", encoding="utf-8")
    site = folder / "site"
    site.mkdir()
    (site / "look.css").write_text("h1 { color: #333; }\n", encoding="utf-8")
    (site / "_note.md").write_text("Back to [home](../notebooks/01-home.ipynb).\n", "utf-8")
    (site / "methods.qmd").write_text(
        "---\ntitle: Methods for [Birmingham]{.area}\n---\n\n"
        "See [the season](../notebooks/02-season.ipynb#results), the\n"
        "[violence](../notebooks/02-season.ipynb#series=violence) page and\n"
        "[the figures](../data/monthly/birmingham.csv).\n\n{{< include _note.md >}}\n",
        encoding="utf-8",
    )
    write_notebook(
        folder / "notebooks" / "01-home.ipynb",
        prose("---\ntitle: Safety in [Birmingham]{.area}\n---", "raw"),
        prose("How safe is [Birmingham]{.area} in {months}? `{area}` is a mark."),
        code('edition: str = "2023-24-q2"', "parameters", "remove-cell"),
        code(
            """
            from IPython.display import Markdown
            Markdown("Edition " + edition + ", [season](02-season.ipynb#series=violence)")
            """
        ),
        prose("More in [methods](../site/methods.qmd) and [season](02-season.ipynb)."),
    )
    write_notebook(
        folder / "notebooks" / "02-season.ipynb",
        prose('---\ntitle: "The season of [anti-social behaviour]{.series}"\n---', "raw"),
        prose("Back to [home](01-home.ipynb), on to [this page](02-season.ipynb#results)."),
        code(
            'edition: str = "2023-24-q2"\nseries: str = "asb"  # which series',
            "parameters",
            "remove-cell",
        ),
        prose("## Results"),
        code("print(series, edition)"),
    )
    return folder
