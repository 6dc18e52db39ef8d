"""Ranges of quarters, of several quarters together and of months, taken from simulated futures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bcsp_analysis.models import forecast_methods, monthly
from bcsp_analysis.models.forecast_methods import LEVELS, Paths
from bcsp_analysis.periods import Month, Quarter

COLUMNS = ("point", "low80", "high80", "low95", "high95")
TOGETHER = 4  # quarters whose total gets a range of its own
WIDE = 2.0  # a range whose upper end is more than so many times the lower helps nobody
SHORT = 0.7  # share of trial totals in the 80% range; below it the range held clearly too few


def known(counts: pd.Series) -> dict[Month, float]:
    """Incidents of each month observed."""
    index = pd.DatetimeIndex(counts.index)
    return dict(zip(map(monthly.month_of, index), map(float, counts.to_numpy()), strict=True))


def of_quarters(
    futures: Mapping[str, Paths], quarters: Sequence[Quarter], counts: pd.Series
) -> pd.DataFrame:
    """Ranges of single quarters, columns and index as in `ForecastResult.ranges`."""
    seen = known(counts)
    rows: list[dict[str, object]] = []
    for quarter in quarters:
        observed = sum(month in seen for month in quarter.months)
        before = sum(seen.get(month, np.nan) for month in quarter.year_before.months)
        for name, paths in futures.items():
            row: dict[str, object] = {"quarter": quarter.slug, "method": name}
            row |= {"observed": observed, "year_before": before}
            rows.append(row | _total(paths, quarter.months, counts))
    columns = [*COLUMNS, "observed", "year_before"]
    return pd.DataFrame(rows).set_index(["quarter", "method"])[columns]


def of_all(
    futures: Mapping[str, Paths], quarters: Sequence[Quarter], counts: pd.Series
) -> pd.DataFrame:
    """Range of the total of several quarters, index method."""
    months = [month for quarter in quarters for month in quarter.months]
    rows = [{"method": name} | _total(paths, months, counts) for name, paths in futures.items()]
    return pd.DataFrame(rows).set_index("method")[list(COLUMNS)]


def of_months(paths: Paths, counts: pd.Series) -> pd.DataFrame:
    """Ranges of single months, index month."""
    index = forecast_methods.future_index(counts.index, len(paths.point)).rename("month")
    quantiles = np.quantile(paths.draws, list(LEVELS.values()), axis=0)
    frame = pd.DataFrame(dict(zip(LEVELS, quantiles, strict=True)), index=index)
    return frame.assign(point=paths.point)[list(COLUMNS)]


def _total(paths: Paths, months: Sequence[Month], counts: pd.Series) -> dict[str, float]:
    """Point and range of a total: months that are not observed from the futures, the rest known."""
    seen = known(counts)
    last = monthly.month_of(counts.index[-1])
    observed = sum(seen.get(month, 0.0) for month in months)
    ahead = [month - last - 1 for month in months if month > last]
    draws = paths.draws[:, ahead].sum(axis=1) + observed
    quantiles = np.quantile(draws, list(LEVELS.values()))
    point = float(paths.point[ahead].sum() + observed)
    return {"point": point} | dict(zip(LEVELS, map(float, quantiles), strict=True))
