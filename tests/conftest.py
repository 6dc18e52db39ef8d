"""Settings for all tests."""

import bcsp_analysis  # noqa: F401  (before numpy: it keeps linear algebra to one thread)
