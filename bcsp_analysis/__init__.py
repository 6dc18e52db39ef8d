"""Strategic assessments for community safety partnerships, from printed figures to a site.

The stages, each importing only from those before it:
sources -> measures -> models -> present -> notebooks -> publish.
"""

import os

__version__ = "0.1.0"

# The matrices here are small: threads of the linear algebra library only wait for each other, and
# pages run side by side already. It has to be said before numpy is imported; a setting stays.
for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
