"""The embedded publishing engine: a Quarto website project rendered with pandoc, without Quarto.

``render_site(root)`` reads ``_quarto.yml``, ``.qmd`` and executed ``.ipynb`` files and writes the
site. What it does not know it names as a warning with file and line.
"""

from .document import Warning_
from .site import PageReport, SiteReport, render_site

__all__ = ["PageReport", "SiteReport", "Warning_", "render_site"]
