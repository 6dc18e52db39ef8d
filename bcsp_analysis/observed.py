"""What a piece of work read: files that it opened, folders that it listed, modules that it needed.

A build uses it to tell which pages a change concerns. Nothing is noted unless somebody is
`watching`. Modules are noted as the import statements that ran, together with what these modules
import in their turn; that holds too where everything has been imported long before the work began.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PACKAGE = "bcsp_analysis"
SETTING = "BCSP_OBSERVED"  # names the file to which a kernel writes what its page read
_BYTECODE = (".pyc", ".pyo")


@dataclass
class Seen:
    """Absolute paths of files and folders, names of modules, and other things by name.

    A file may be one that was looked for and not found: that it is not there counts as well.
    """

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def add(self, more: Seen) -> None:
        """Take over what another piece of work has read."""
        self.files |= more.files
        self.folders |= more.folders
        self.modules |= more.modules
        self.others |= more.others

    def closed(self) -> Seen:
        """The same with all that the modules import, and the files that these read meanwhile."""
        modules = closure(self.modules)
        read = set().union(*(_read_by.get(name, ()) for name in modules))
        return Seen(self.files | read, set(self.folders), modules, set(self.others))


_sinks: list[Seen] = []  # of everyone who is watching, the outermost first
_imports: dict[str, set[str]] = {}  # module of the package -> what it imports while it is imported
_read_by: dict[str, set[str]] = {}  # the same for files
_before: set[str] = set()  # imported while nobody looked: what they import is not known
_plain_import = builtins.__import__
_plain_stat = os.stat
_heard_already = False
_followed = False


def closure(modules: Iterable[str]) -> set[str]:
    """The modules with all that they import, and all that were imported before it was noted."""
    found: set[str] = set()
    waiting = {*modules, *_before}
    while waiting:
        name = waiting.pop()
        found.add(name)
        parent = name.rpartition(".")[0]
        waiting |= ({parent} if parent else set()) | _imports.get(name, set())
        waiting -= found
    return found


def follow() -> None:
    """Note from now on which module of the package imports which."""
    global _followed, _heard_already
    if _followed:
        return
    _followed = True
    _before.update(name for name in _own_modules() if name not in _imports)
    builtins.__import__ = _import
    os.stat = _stat
    for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks):
        if _plain_stat in able:
            able.add(_stat)
    if not _heard_already:
        _heard_already = True
        sys.addaudithook(_heard)  # which cannot be taken back


def leave() -> None:
    """Note imports no longer."""
    global _followed
    if _followed:
        _followed = False
        for name in _own_modules() - _before:
            _imports.setdefault(name, set())
        builtins.__import__ = _plain_import
        os.stat = _plain_stat


@contextmanager
def watching() -> Iterator[Seen]:
    """Collect what is read until the block ends."""
    outermost = not _followed
    follow()
    try:
        with working_out() as seen:
            yield seen
    finally:
        if outermost:
            leave()


@contextmanager
def working_out() -> Iterator[Seen]:
    """Collect what is read inside the block, if anybody watches; they are told of it as well."""
    seen = Seen()
    if not _followed:
        yield seen
        return
    _sinks.append(seen)
    try:
        yield seen
    finally:
        _sinks[:] = [one for one in _sinks if one is not seen]


def modules_so_far() -> set[str]:
    """Modules that the work being watched has asked for up to now."""
    return set(_sinks[0].modules) if _sinks else set()


def note(more: Seen) -> None:
    """Tell everyone who watches of something that was read elsewhere, for a result used here."""
    for sink in _sinks:
        sink.add(more)


def _own_modules() -> set[str]:
    return {name for name in list(sys.modules) if _is_own(name)}


def _is_own(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Any = (),
    level: int = 0,
) -> Any:
    """In the place of ``__import__``, which every import statement calls."""
    module = _plain_import(name, globals, locals, fromlist, level)
    if level or _is_own(name):
        package = str((globals or {}).get("__package__") or "")
        if level and not _is_own(package):
            return module
        for _ in range(level - 1):
            package = package.rpartition(".")[0]
        target = f"{package}.{name}".rstrip(".") if level else name
        inner = (f"{target}.{one}" for one in fromlist or () if isinstance(one, str))
        _note_import(globals or {}, {target, *(one for one in inner if one in sys.modules)})
    return module


def _note_import(importer: Any, imported: set[str]) -> None:
    name = str(importer.get("__name__", ""))
    if _is_own(name) and getattr(importer.get("__spec__"), "_initializing", False):
        _imports.setdefault(name, set()).update(imported)
        return
    # In a function: it belongs to the work that called it.
    for sink in _sinks:
        sink.modules |= imported


def _stat(path: Any, *arguments: Any, **settings: Any) -> os.stat_result:
    """In the place of ``os.stat``: a file that is looked for and is not there was asked for too."""
    try:
        return _plain_stat(path, *arguments, **settings)
    except FileNotFoundError:
        _note_path(path, lambda seen: seen.files)
        raise


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, mode, flags = arguments
        writes = flags & (os.O_WRONLY | os.O_RDWR) if isinstance(flags, int) else 0
        if not writes and (mode is None or "r" in str(mode)):
            _note_path(path, lambda seen: seen.files)
    elif event in ("os.listdir", "os.scandir") and not _by_an_import():
        path = arguments[0]
        _note_path("." if path is None else path, lambda seen: seen.folders)


def _by_an_import() -> bool:
    # Python lists the folders in which it looks for modules, and for what is installed.
    return "importlib" in sys._getframe(2).f_code.co_filename


def _note_path(path: Any, of: Callable[[Seen], set[str]]) -> None:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return
    full = os.path.abspath(os.fsdecode(path))
    if full.endswith(_BYTECODE):
        return  # the source beside it counts, as a module
    if _sinks:
        for sink in _sinks:
            of(sink).add(full)
    elif _followed and not full.endswith(".py"):
        _note_for_module(full)


def _note_for_module(full: str) -> None:
    """Something is read while a module of the package is imported: it belongs to the module."""
    frame = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if frame.f_code.co_name == "<module>" and _is_own(name):
            _read_by.setdefault(name, set()).add(full)
            return
        frame = frame.f_back  # type: ignore[assignment]
