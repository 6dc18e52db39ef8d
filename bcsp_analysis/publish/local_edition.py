"""Makes an edition with hot spots and a page for each locality from street-level extracts."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bcsp_analysis import checked, editions, places, project
from bcsp_analysis.editions import Edition
from bcsp_analysis.errors import EditionError, MissingFileError
from bcsp_analysis.local import LOCALITY_KINDS
from bcsp_analysis.sources.area_folder import WARDS, AreaFolder
from bcsp_analysis.sources.stored import Stored

ENDING = "local"
MENU = "Places"
HOT_SPOTS = "notebooks/local/hot-spots.ipynb"
LOCALITY = "notebooks/local/locality.ipynb"
LOCALITIES = "notebooks/local/localities.ipynb"
OTHERS = "notebooks/local/other-areas.ipynb"
SERIES = {"asb": "Anti-social behaviour", "violence": "Violence"}  # series to its menu
HOT_SPOT_KINDS = ("lsoa", "msoa", "ward", "neighbourhood")
_PLURALS = {
    "ward": "wards",
    "partnership": "local-partnerships",
    "constituency": "constituencies",
}


@dataclass(frozen=True)
class Made:
    """An edition file that was written.

    `localities` are numbers of pages by kind, `hot_spots` the kinds of areas among which hot spots
    are looked for, `others` says whether the store holds other areas to compare with.
    """

    file: Path
    localities: dict[str, int]
    hot_spots: tuple[str, ...]
    others: bool


def areas_folder(paths: Sequence[Path], given: Path | None = None) -> Path:
    """The folder of lookups to use, below the project; one that lies elsewhere is copied.

    Parameters
    ----------
    paths : sequence of Path
        Folders of extracts; one that holds a folder ``areas`` brings its own lookups.
    given : Path, optional
        A folder named by the user.

    Raises
    ------
    MissingFileError
        There is no lookup of wards in any of the places.
    EditionError
        A folder elsewhere would have to be copied over lookups that are there already.
    """
    usual = project.path("data", "downloads", "areas")
    brought = [path / "areas" for path in paths if (path / "areas" / WARDS).is_file()]
    folder = given or (brought[0] if brought else usual)
    if not (folder / WARDS).is_file():
        raise MissingFileError(
            "a file about areas is not there",
            where=project.relative(folder / WARDS),
            expected="a file that `bcsp fetch areas` writes",
            hint="`bcsp fetch areas` downloads what is public; see data/README.md for the rest",
        )
    if folder.resolve().is_relative_to(project.root().resolve()):
        return folder
    if (usual / WARDS).is_file():
        if given is None:
            return usual
        raise EditionError(
            "lookups outside the project, while it holds others",
            where=str(folder),
            found=f"{project.relative(usual)} as well",
            expected="a folder below the project",
            hint="copy the folder into the project and name it with --areas",
        )
    fresh = usual.with_name(".areas.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, fresh)
    shutil.rmtree(usual, ignore_errors=True)
    fresh.replace(usual)
    return usual


def make(
    base: Edition,
    store: Path,
    areas: Path,
    *,
    ending: str = ENDING,
    kinds: Sequence[str] = LOCALITY_KINDS,
    first_month: str = "",
    replace: bool = False,
) -> Made:
    """Write ``editions/QUARTER-ENDING.toml``: the base's pages on a store, and pages of places.

    Parameters
    ----------
    base : Edition
        Whose report, rules and pages are carried over.
    store, areas : Path
        Folders inside the project; see `sources.area_folder` for what `areas` holds.
    ending : str
        What the slug of the new edition ends in.
    kinds : sequence of str
        Kinds of localities that get pages, those of them for which there is a lookup.
    first_month : str
        ISO month at which the series begin, if later than the store.
    replace : bool
        Write over an edition file of that name.

    Raises
    ------
    EditionError
        The file is there already; or a folder lies outside the project.
    MissingFileError
        The folder of areas has no lookup of wards.
    StoreError
        There is no store.
    """
    file = file_of(base, ending)
    where = project.relative(file)
    if file.exists() and not replace:
        raise EditionError(
            "the edition is there already",
            where=where,
            hint="nothing was changed; build it with `bcsp build --edition "
            f"{file.stem}`, or write over it with --replace",
        )
    folder = AreaFolder(areas, base.area)
    localities = {
        kind: places.names(folder, kind)
        for kind in LOCALITY_KINDS
        if kind in kinds and kind in folder.kinds
    }
    spots = tuple(kind for kind in HOT_SPOT_KINDS if kind in folder.kinds)
    others = len(Stored(store, base.area, base.quarter.span.last).districts) > 1
    text = _on_store(base, _inside(store, where), _inside(areas, where), first_month)
    pages = [*_hot_spot_pages(spots), *_locality_pages(localities)]
    if others:
        pages += _other_pages()
    beside = file.with_suffix(".new")
    beside.write_text(text.rstrip("\n") + "\n" + "".join(pages), encoding="utf-8", newline="\n")
    beside.replace(file)
    return Made(file, {kind: len(names) for kind, names in localities.items()}, spots, others)


def file_of(base: Edition, ending: str = ENDING) -> Path:
    """Edition file that `make` writes."""
    return project.path(editions.FOLDER, f"{base.quarter.slug}-{ending}.toml")


def _inside(path: Path, where: str) -> str:
    name = project.relative(path.resolve())
    checked.inside(name, where)
    return name


def _on_store(base: Edition, store: str, areas: str, first_month: str) -> str:
    """The base's file with a store in the place of its monthly figures, comments and all."""
    text = base.file.read_text(encoding="utf-8")
    text = re.sub(r"^(?:areas|first_month)\s*=.*\n", "", text, flags=re.MULTILINE)
    lines = f'store = "{store}" # street-level extracts, counted\nareas = "{areas}"\n'
    if first_month:
        lines += f'first_month = "{first_month}"\n'
    text = re.sub(r"^(?:monthly|store)\s*=.*\n", lines, text, count=1, flags=re.MULTILINE)
    return _without_places(text)


def _without_places(text: str) -> str:
    """The text without pages that an earlier run added."""
    parts = re.split(r"^(?=\[\[pages\]\])", text, flags=re.MULTILINE)
    own = {HOT_SPOTS, LOCALITY, LOCALITIES, OTHERS}
    return "".join(part for part in parts if not any(f'"{name}"' in part for name in own))


def _page(notebook: str, address: str, parameters: dict[str, str], **keys: str) -> str:
    told = ", ".join(f"{name} = {_quoted(value)}" for name, value in parameters.items())
    more = "".join(f"{key} = {_quoted(value)}\n" for key, value in keys.items())
    return (
        f'\n[[pages]]\nnotebook = "{notebook}"\naddress = "{address}"\n'
        f"parameters = {{ {told} }}\n{more}"
    )


def _hot_spot_pages(kinds: Sequence[str]) -> Iterator[str]:
    for series, menu in SERIES.items():
        for kind in kinds:
            address = f"{series}/hot-spots" + ("" if kind == kinds[0] else f"-{kind}")
            yield _page(HOT_SPOTS, address, {"series": series, "kind": kind}, menu=menu)


def _other_pages() -> Iterator[str]:
    for series, menu in SERIES.items():
        yield _page(OTHERS, f"{series}/other-areas", {"series": series}, menu=menu)


def _locality_pages(localities: dict[str, dict[str, str]]) -> Iterator[str]:
    for kind, names in localities.items():
        top = _PLURALS[kind]
        yield _page(LOCALITIES, top, {"kind": kind}, menu=MENU)
        taken: set[str] = set()
        for code, name in names.items():
            address = slug(name) or slug(code)
            address = address if address not in taken else slug(f"{name} {code}")
            taken.add(address)
            yield _page(LOCALITY, f"{top}/{address}", {"kind": kind, "locality": code}, under=top)


def slug(name: str) -> str:
    """A name as a part of an address: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
