"""How fast the suite is, as ratios against the obvious way in the same run."""
