"""Charts as SVG: words stay words, nothing is fetched, the same bytes in every run."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bcsp_analysis.present import figures, style, svg

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"subtitle": "Incidents, April 2023", "source": "Source: a report."}


def chart(title: str = "More than before", label: str = "Aston") -> style.Chart:
    values = pd.Series({label: 12.0, "Ladywood": 7.0})
    return figures.counts(values, title=title, **WORDS)


def texts(picture: bytes) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]


def test_every_word_of_a_chart_is_text() -> None:
    drawn = chart().picture()
    assert drawn.startswith(b"<svg ")
    assert {"More than before", "Incidents, April 2023", "Aston", "12", "Ladywood"} <= set(
        texts(drawn)
    )
    assert ElementTree.fromstring(drawn).findtext(f"{SVG}title") == "More than before"


def test_a_notebook_shows_it_as_svg() -> None:
    bundle = chart()._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml"]
    assert bundle["image/svg+xml"].encode() == chart().picture()


def test_it_asks_for_no_file_and_names_fonts_once() -> None:
    drawn = chart().picture().decode()
    links = re.findall(r'(?:href|src)="([^"]*)"', drawn)
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)", drawn)
    assert "@import" not in drawn
    assert "<script" not in drawn
    assert drawn.count("font-family") == 1
    assert svg.FAMILIES.endswith("sans-serif")


def test_its_size_is_that_of_the_figure() -> None:
    one = chart()
    head = ElementTree.fromstring(one.picture())
    width, height = (72 * side for side in one.get_size_inches())
    assert float(head.get("width", "").removesuffix("pt")) == pytest.approx(width, abs=0.01)
    assert [float(n) for n in head.get("viewBox", "").split()] == pytest.approx(
        [0, 0, width, height], abs=0.01
    )


@settings(max_examples=15)
# what the font holds, with everything that means something to XML, TeX or Markdown
@given(st.text("abcXYZ 0123456789<>&\"'$\\{}%^_#*[]()~–—éŁñ½€", min_size=1))
def test_any_words_are_shown_as_they_are(words: str) -> None:
    label = f"a{words}z"
    drawn = chart(label=label).picture()
    assert " ".join(label.split()) in {" ".join(t.split()) for t in texts(drawn)}


def test_a_chart_of_very_many_shapes_is_a_png() -> None:
    many, (ax,) = style.frame("T", "S", "Source: x", heights=(2.0,))
    random = np.random.default_rng(1)
    ax.scatter(*random.normal(size=(2, 4000)), s=random.uniform(1, 9, 4000))
    assert many.picture().startswith(b"\x89PNG")
    (kind, data), *rest = many._repr_mimebundle_().items()
    assert (kind, rest) == ("image/png", [])
    assert base64.b64decode(data) == many.png()


def test_coordinates_have_two_decimals_at_most() -> None:
    drawn = chart().picture().decode()
    paths = re.findall(r'\b(?:d|x|y)="([^"]*)"', drawn)
    assert paths
    assert not re.search(r"\.\d{3}", " ".join(paths))
    assert "-0 " not in " ".join(paths)
