"""Records of what work stands on, so that it is done again only when one of these things changed.

A record is a JSON file: digests of the files that were read, of the names in the folders that were
listed, of what else was given, of the installed versions, and of what came of the work. It is
written last, so that it is true also after an interrupt.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bcsp_analysis import project

FORMAT = 1
SUFFIX = ".record.json"
PACKAGE = Path(__file__).resolve().parents[1]
STAMPS = "build/stamps.json"
PAGES = "pages of "
OWN = f"{PACKAGE.name}:"  # before the name of a file of this package
_RACY = 2 * 10**9  # ns: a file this young can change again without a new time
_MADE = ("build", "_site")  # at the root of the project: what builds write
_GONE = ""  # the digest of a file that is not there


@dataclass
class Record:
    """What a piece of work stood on and what came of it: each by name with its digest.

    `given` is what it was told; `said` are its warnings.
    """

    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    environment: str = ""
    format: int = FORMAT


# --- digests ------------------------------------------------------------------------------------


def digest(content: bytes | str) -> str:
    """Digest of a content."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


class Stamps:
    """Digests of files; a file is read again only when its size or its time has changed.

    Parameters
    ----------
    file : Path
        Where they are kept from one command to the next.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: dict[str, list[Any]] = {}
        self._new = False
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            self._kept = held if isinstance(held, dict) else {}
        except (OSError, ValueError):
            pass

    def of(self, file: str, *, made: bool = False) -> str:
        """Digest of a file by its absolute path; empty where there is none.

        Of a notebook without its outputs, unless it is one that a build has `made`.
        """
        key = f"made {file}" if made else file
        try:
            status = os.stat(file)
        except (OSError, ValueError):
            return _GONE
        stamp = [status.st_size, status.st_mtime_ns]
        kept = self._kept.get(key)
        if kept and kept[:2] == stamp:
            return str(kept[2])
        found = _of_content(file, made)
        if time.time_ns() - status.st_mtime_ns > _RACY:
            self._kept[key] = [*stamp, found]
            self._new = True
        return found

    def save(self) -> None:
        """Keep them for the next command."""
        if self._new:
            write(self._file, json.dumps(self._kept))
            self._new = False


def _of_content(file: str, made: bool) -> str:
    try:
        content = Path(file).read_bytes()
    except OSError:  # a folder, or gone
        return _GONE
    return digest(content if made else _that_counts(file, content))


def _that_counts(file: str, content: bytes) -> bytes:
    """Of a notebook everything but its outputs, which a build does not read."""
    if not file.endswith(".ipynb"):
        return content
    try:
        cells = json.loads(content)["cells"]
        kept = ({k: v for k, v in c.items() if k not in OUTPUTS} for c in cells)
        return json.dumps(list(kept), sort_keys=True).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        return content


OUTPUTS = ("outputs", "execution_count")


def of_names(folder: str) -> str:
    """Digest of the names in a folder; empty where there is none. Hidden ones do not count."""
    try:
        names = os.listdir(folder)
    except OSError:
        return _GONE
    return digest("\n".join(sorted(n for n in names if not n.startswith((".", "__")))))


@cache
def environment() -> str:
    """Digest of Python's version and of names and versions of everything installed.

    They are read off the names of the folders in which installers note them.
    """
    found = set()
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        found |= {name for name in names if name.endswith((".dist-info", ".egg-info"))}
    return digest("\n".join([sys.version, *sorted(found)]))


# --- what counts ---------------------------------------------------------------------------------


def counts(path: str, root: str) -> bool:
    """Whether a file or folder that was read is one on which results stand.

    Those of the project and of this package, but nothing hidden, and nothing that builds write.
    """
    inside = str(PACKAGE) + os.sep
    if path.startswith(inside):
        return "__pycache__" not in path and os.path.basename(path) != "__pycache__"
    if path != root and not path.startswith(root + os.sep):
        return False
    if path.startswith(sys.prefix + os.sep):
        return False
    parts = path[len(root) + 1 :].split(os.sep)
    return parts[0] not in _MADE and not any(p.startswith((".", "__pycache__")) for p in parts if p)


def shown(path: str, root: str) -> str:
    """How a record names a path: from the project's root, or from this package."""
    if path.startswith(str(PACKAGE) + os.sep):
        return OWN + path[len(str(PACKAGE)) + 1 :].replace(os.sep, "/")
    if path == root:
        return "."
    if path.startswith(root + os.sep):
        return path[len(root) + 1 :].replace(os.sep, "/")
    return path


def full(name: str, root: str) -> str:
    """The path that a record names."""
    if name.startswith(OWN):
        return os.path.join(str(PACKAGE), *name[len(OWN) :].split("/"))
    return os.path.normpath(os.path.join(root, name))


class Judge:
    """Makes records and tells whether they still hold.

    Parameters
    ----------
    reduced : mapping of str to callable, optional
        What counts of some files, by the beginning of their names: from the absolute path and the
        digest of the whole file to the digest of the part.
    """

    def __init__(self, reduced: Mapping[str, Callable[[str, str], str]] | None = None) -> None:
        self.root = str(project.root())
        self.stamps = Stamps(project.path(*STAMPS.split("/")))
        self._reduced = dict(reduced or {})
        self._known: dict[tuple[str, bool], str] = {}

    def of(self, name: str, *, whole: bool = False) -> str:
        """Digest of a file by its name in records, as it is when it is first asked for."""
        if (name, whole) not in self._known:
            self._known[name, whole] = self._of(name, whole)
        return self._known[name, whole]

    def _of(self, name: str, whole: bool) -> str:
        path = full(name, self.root)
        found = self.stamps.of(path)
        for start, reduce in self._reduced.items() if found and not whole else ():
            if name.startswith(start):
                return reduce(path, found)
        return found

    def record(
        self,
        seen: Mapping[str, Iterable[str]],
        *,
        began: int,
        given: Mapping[str, str],
        said: Iterable[str] = (),
        whole: bool = False,
        imported: int = 0,
    ) -> Record:
        """What stood behind work that began at a time (ns); `seen` as `observing.as_data` has it.

        What changed while it was done has no digest: whether the work saw it is not known. Modules
        may have been `imported` earlier, in the process that did it.
        """
        files = {shown(p, self.root) for p in seen.get("files", ()) if counts(p, self.root)}
        folders = {shown(p, self.root) for p in seen.get("folders", ()) if counts(p, self.root)}
        others = {
            PAGES + shown(o.removeprefix(PAGES), self.root): "" for o in seen.get("others", ())
        }
        made = Record(given=dict(given), said=list(said), environment=environment())
        for name in sorted(files):
            since = imported or began if name.startswith(OWN) else began
            made.files[name] = self._at(name, since) or self.of(name, whole=whole)
        made.files |= {name: self.of_pages(name) for name in others}
        made.folders = {name: of_names(full(name, self.root)) for name in sorted(folders)}
        return made

    def _at(self, name: str, began: int) -> str:
        try:
            changed = os.stat(full(name, self.root)).st_mtime_ns
        except OSError:
            return ""
        return "changed meanwhile" if changed > began else ""

    def keep(self, record: Record, outputs: Iterable[Path], file: Path) -> None:
        """Write a record, the last of what work leaves behind."""
        for output in outputs:
            name = shown(str(output), self.root)
            record.outputs[name] = self.stamps.of(str(output), made=True)
        save(record, file)

    def of_pages(self, name: str) -> str:
        """Digest of the list of pages of an edition file, named with `PAGES` before it."""
        return self.stamps.of(full(name.removeprefix(PAGES), self.root))

    def changes(
        self, record: Record | None, given: Mapping[str, str], *, whole: bool = False
    ) -> Iterator[str]:
        """Why work has to be done again, a phrase each; nothing where its record holds."""
        if record is None:
            yield "there is no earlier run"
            return
        if record.environment != environment():
            yield "Python or an installed version changed"
        for name, value in given.items():
            if record.given.get(name) != value:
                yield f"{name} changed"
        for name, before in record.files.items():
            now = self.of_pages(name) if name.startswith(PAGES) else self.of(name, whole=whole)
            if now != before:
                yield f"{name} {_what(before, now)}"
        for name, before in record.folders.items():
            if of_names(full(name, self.root)) != before:
                yield f"files were added to {name}/ or removed from it"
        for name, before in record.outputs.items():
            if self.stamps.of(full(name, self.root), made=True) != before:
                yield f"{name} is not as it was left"


def _what(before: str, now: str) -> str:
    if now == _GONE:
        return "is gone"
    return "is new" if before == _GONE else "changed"


# --- files ---------------------------------------------------------------------------------------


def write(file: Path, text: str) -> None:
    """Write a file beside its place, then put it there in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        os.replace(beside, file)
    finally:
        beside.unlink(missing_ok=True)


def save(record: Record, file: Path) -> None:
    """Write a record."""
    write(file, json.dumps(asdict(record), indent=1))


def load(file: Path) -> Record | None:
    """Read a record; None where there is none that this version understands."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        return Record(**held) if held.get("format") == FORMAT else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None
