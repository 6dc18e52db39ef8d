"""Settings for all tests."""

from hypothesis import settings

import bcsp_analysis  # noqa: F401  (before numpy: it keeps linear algebra to one thread)

# How long an example takes says something of the machine, and never decides a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
