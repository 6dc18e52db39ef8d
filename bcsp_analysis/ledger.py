"""What a page states, noted while it runs: numbers with their values, periods, quoted text.

Nothing is noted unless a run of a page asks for it: `SETTING` then names the file to which every
cell adds one line of JSON. Formatters say what they made (`number`, `period`, `quoted`); objects
that are `watched` say which of their answers were asked for, and which data files these needed.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from bcsp_analysis.quantities import quantities

SETTING = "BCSP_LEDGER"

KEY = re.compile(r"[\[ ]([\w-]+)(?=[\],])")  # in the path of a quantity: a row, a column
T = TypeVar("T")
_SAID = ("numbers", "periods", "quotes", "scales")  # lists of the recorder


@dataclass
class Answer:
    """Something that a page asked for: the files behind it, and what came of it."""

    name: str
    files: set[str] = field(default_factory=set)
    value: object = None


@dataclass
class _Recorder:
    file: Path
    folders: tuple[str, ...]
    numbers: list[tuple[float, str]] = field(default_factory=list)
    periods: list[str] = field(default_factory=list)
    quotes: list[str] = field(default_factory=list)
    scales: list[str] = field(default_factory=list)
    files: dict[tuple[str, int], None] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: dict[str, None] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    stack: list[set[str]] = field(default_factory=list)

    def opened(self, names: Iterable[str]) -> None:
        """Note files for whatever is being worked out, else for the line of the cell."""
        for files in self.stack:
            files.update(names)
        if not self.stack:
            line = _line_of_cell()
            self.files.update(dict.fromkeys((name, line) for name in names))

    def end_cell(self, source: str) -> None:
        """Write down what the cell did, and begin anew."""
        line = {
            "source": source,
            "numbers": list(dict.fromkeys(self.numbers)),
            "periods": list(dict.fromkeys(self.periods)),
            "quotes": list(dict.fromkeys(self.quotes)),
            "scales": list(dict.fromkeys(self.scales)),
            "files": sorted(self.files),
            "answers": {key: self._described(key) for key in self.asked},
        }
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        noting = (self.numbers, self.periods, self.quotes, self.scales, self.files, self.asked)
        for noted in noting:
            noted.clear()

    def _described(self, key: str) -> dict[str, object]:
        """An answer, with everything that it holds when it is first told of."""
        answer = self.answers[key]
        if key in self.told:
            return {"name": answer.name}
        self.told.add(key)
        return {
            "name": answer.name,
            "files": sorted(answer.files),
            **{name: _told(answer.value, name) for name in ("method", "citation", "period")},
            "values": quantities(answer.value),
        }


def _told(result: object, name: str) -> str:
    """What a result says of itself, or several results together where they say the same.

    A text or the label of a span; nothing of what has such a name by chance.
    """
    if isinstance(result, Mapping):
        results: Iterable[object] = result.values()
    else:
        results = result if isinstance(result, tuple) else (result,)
    covers = "covers" if name == "period" else name  # words for months that are no one span
    words = [getattr(one, covers, getattr(one, name, "")) for one in results]
    labels = [getattr(word, "label", word) for word in words]
    said = {label for label in labels if isinstance(label, str)}
    return said.pop() if len(said) == 1 and all(isinstance(one, str) for one in labels) else ""


_recorder: _Recorder | None = None


def _line_of_cell() -> int:
    """Line of the notebook's cell that is at work; 0 where there is none."""
    cells = sys.modules["__main__"].__dict__
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals is not cells:
        frame = frame.f_back
    return frame.f_lineno if frame else 0


# --- what formatters say ------------------------------------------------------------------------


def number(value: float, text: str) -> str:
    """Note that `text` states `value`; the text."""
    if _recorder is not None:
        _recorder.numbers.append((float(value), text))
    return text


def period(text: str) -> str:
    """Note that `text` names a month, a quarter, a day or a span of them; the text."""
    if _recorder is not None:
        _recorder.periods.append(text)
    return text


def scale(text: str) -> str:
    """Note that `text` is a mark on the scale of a chart; the text."""
    if _recorder is not None:
        _recorder.scales.append(text)
    return text


def quoted(text: str) -> str:
    """Note that `text` comes from data or from a register as it stands there; the text."""
    if _recorder is not None and any(character.isdigit() for character in text):
        _recorder.quotes.append(text)
    return text


# --- what answers say ---------------------------------------------------------------------------


@contextmanager
def working_out() -> Iterator[set[str]]:
    """Collect the data files that are opened inside the block, for a result that is kept.

    Whoever keeps them says `opened` whenever the result is used, the first time included.
    """
    files: set[str] = set()
    if _recorder is None:
        yield files
        return
    _recorder.stack.append(files)
    try:
        yield files
    finally:
        _recorder.stack.pop()


def so_far() -> dict[str, int]:
    """How much the formatters have said in this cell, for `said_since`."""
    return {name: len(getattr(_recorder, name)) for name in _SAID} if _recorder else {}


def said_since(before: Mapping[str, int]) -> dict[str, list[Any]]:
    """What the formatters have said since then, to be kept beside the result that it is in."""
    return {name: getattr(_recorder, name)[at:] for name, at in before.items()}


def said(kept: Mapping[str, list[Any]]) -> None:
    """Note what was said while a kept result was made, as if it had been made now.

    Otherwise the page that made it would know its words, and those that only use it would not.
    """
    if _recorder is not None:
        for name, words in kept.items():
            getattr(_recorder, name).extend(words)


def opened(files: Iterable[str]) -> None:
    """Note the files behind a result that was kept, as if they had been read now."""
    if _recorder is not None:
        _recorder.opened(files)


def watched(asked_of: T) -> T:
    """The same object; in a run that is noted it says which of its answers were asked for.

    Answers are its properties and methods. Those that it shares with every page of an edition have
    the same name on each, others that of the page's parameters beside theirs.
    """
    if _recorder is None:
        return asked_of
    kind = type(asked_of)
    names = frozenset(
        name
        for name in dir(kind)
        if not name.startswith("__")
        and isinstance(_on_class(kind, name), (property, cached_property, type(watched)))
    )
    members = {"_ledger_names": names, "__getattribute__": _answer}
    object.__setattr__(asked_of, "__class__", type(kind.__name__, (kind,), members))
    return asked_of


def _on_class(kind: type, name: str) -> object:
    return next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)


def _answer(asked_of: Any, name: str) -> Any:
    """`__getattribute__` of a watched object."""
    plain = object.__getattribute__
    if name.startswith("__") or name not in type(asked_of)._ledger_names or _recorder is None:
        return plain(asked_of, name)
    if isinstance(_on_class(type(asked_of), name), type(watched)):
        method = plain(asked_of, name)

        def asked(*args: object, **settings: object) -> object:
            said = ", ".join([*map(str, args), *(f"{k}={v}" for k, v in settings.items())])
            return _noted(asked_of, name, f"{name}({said})", lambda: method(*args, **settings))

        return asked
    return _noted(asked_of, name, name, lambda: plain(asked_of, name))


def _noted(asked_of: Any, name: str, said: str, make: Callable[[], object]) -> object:
    """Get an answer; note it with its files, and these for whatever it is a part of."""
    assert _recorder is not None
    key = f"{type(asked_of).__name__}.{said}{_parameters(asked_of, name)}"
    known = _recorder.answers.setdefault(key, Answer(name))
    files = known.files
    _recorder.stack.append(files)
    try:
        known.value = make()
    finally:
        _recorder.stack.pop()
    if not _recorder.stack and not name.startswith("_"):
        _recorder.asked[key] = None
    elif _recorder.stack:
        _recorder.opened(files)
    return known.value


def _parameters(asked_of: Any, name: str) -> str:
    """The page's parameters, for an answer of a class that knows of them."""
    home = next(base for base in type(asked_of).__mro__ if name in vars(base))
    if "parameters" not in getattr(home, "__dataclass_fields__", {}):
        return ""
    given = object.__getattribute__(asked_of, "parameters")
    return f" [{', '.join(f'{key}={value}' for key, value in sorted(given.items()))}]"


# --- a run --------------------------------------------------------------------------------------


def begin(*folders: Path) -> None:
    """Begin to note what the cells of this kernel state, if the run of the page asks for it.

    Parameters
    ----------
    *folders : Path
        Files that are opened below them count as data.
    """
    global _recorder
    file = os.environ.get(SETTING, "")
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not file or shell is None:
        return
    first = _recorder is None
    below = tuple(dict.fromkeys(os.path.join(folder.resolve(), "") for folder in folders))
    _recorder = _Recorder(Path(file), below)
    if first:
        sys.addaudithook(_heard)  # which cannot be taken back
        shell.events.register("post_run_cell", _end_cell)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or _recorder is None or not isinstance(arguments[0], (str, os.PathLike)):
        return
    mode = arguments[1] or "r"
    path = os.path.abspath(os.fspath(arguments[0]))
    if "r" in str(mode) and isinstance(path, str) and path.startswith(_recorder.folders):
        _recorder.opened([path])


def _end_cell(result: Any) -> None:
    if _recorder is not None:
        _recorder.end_cell(result.info.raw_cell)
