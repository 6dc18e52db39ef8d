"""Calibration bench: how often the suite is right when the truth is known.

Partnerships are made up with a known level, trend, season, overdispersion, autocorrelation,
recording changes and economic effect; the suite judges them as it judges a report; what it says is
counted against what is true. `python -m benchmarks.calibration` writes the table of the methods
page.
"""
