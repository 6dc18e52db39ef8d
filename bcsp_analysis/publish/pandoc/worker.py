"""A pandoc process that converts one page after another; `quarto.lua` is what it runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pypandoc

from bcsp_analysis.errors import SiteError

_PATIENCE = 2  # seconds
_SCRIPT = Path(__file__).parent / "quarto.lua"


class Worker:
    """Starting pandoc costs as much as converting a short page, so that a process is kept."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [pypandoc.get_pandoc_path(), "lua", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def convert(self, request: dict[str, Any], where: str) -> dict[str, Any]:
        """The answer of `quarto.lua` to a request, whose fields stand at its end.

        Raises
        ------
        SiteError
            Pandoc could not convert the page ``where``.
        """
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            pipe_in.write(json.dumps(request).encode() + b"\n")
            pipe_in.flush()
            answer: dict[str, Any] = json.loads(pipe_out.readline() or b"{}")
        except OSError as error:
            answer = {"error": str(error)}
        if "body" not in answer:
            found = str(answer.get("error", "pandoc ended"))[:800]
            raise SiteError("pandoc could not convert the page", where=where, found=found)
        return answer

    def close(self) -> None:
        """End the process, by the end of its input: killed, it leaves a file behind."""
        try:
            self._process.communicate(timeout=_PATIENCE)
        except (subprocess.TimeoutExpired, OSError):  # at work on a page, or gone
            self._process.kill()
            self._process.communicate()
