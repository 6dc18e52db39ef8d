"""Papermill's engine, but the running notebook is written once, when it has ended or failed.

Papermill writes the whole notebook before and after each cell, which took longer than the other
work of its process. A build reads it only when the run is over.
"""

from __future__ import annotations

from typing import Any

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "bcsp-saved-once"


class SavedOnce(NBClientEngine):
    """Engines and their base class: papermill's manual, "Extending papermill"."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, **given: Any
    ) -> None:
        """Run the cells without a place to save to; papermill saves after this, in any case."""
        place, nb_man.output_path = nb_man.output_path, None
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **given)
        finally:
            nb_man.output_path = place


papermill_engines.register(NAME, SavedOnce)
