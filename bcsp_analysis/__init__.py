"""Strategic assessments for community safety partnerships, from printed figures to a site.

The stages, each importing only from those before it:
sources -> measures -> models -> present -> notebooks -> publish.
"""

__version__ = "0.1.0"
