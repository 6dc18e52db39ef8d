"""Results that many pages of one build need, worked out once.

A build sets `SETTING` to a folder of its own and removes it at its end, so nothing outlives the
code and the data that it was made from. Without the setting everything is worked out anew.
"""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

SETTING = "BCSP_RUN_CACHE"

T = TypeVar("T")


def shared(name: str, key: object, make: Callable[[], T]) -> T:
    """What `make` gives, or what another page of the same build has put there.

    Parameters
    ----------
    name : str
        What is worked out.
    key : object
        Everything that it hangs on besides the edition's data, with a stable ``repr``.
    """
    folder = os.environ.get(SETTING, "")
    if not folder:
        return make()
    digest = hashlib.sha256(f"{name}\n{key!r}".encode()).hexdigest()
    file = Path(folder) / f"{digest}.pickle"
    if file.is_file():
        # only this build writes there
        found: T = pickle.loads(file.read_bytes())
        return found
    made = make()
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_bytes(pickle.dumps(made))
    beside.replace(file)
    return made
