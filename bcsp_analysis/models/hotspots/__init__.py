"""Hot spots: where incidents lie, how sure that is, how lasting, and whether it helps to know.

Start with `monthly_counts`, then `analyse`; every part can be asked for by itself.
"""

from bcsp_analysis.models.hotspots.analysis import BY_COUNT, HotSpots, analyse
from bcsp_analysis.models.hotspots.clusters import Cluster, Clusters, getis_ord
from bcsp_analysis.models.hotspots.counts import larger_areas, monthly_counts, unlocated
from bcsp_analysis.models.hotspots.curves import Concentration, concentration
from bcsp_analysis.models.hotspots.dispersion import AreaDispersion, over_time
from bcsp_analysis.models.hotspots.lasting import Persistence, persistence
from bcsp_analysis.models.hotspots.named import NamedPlaces, named_places
from bcsp_analysis.models.hotspots.neighbours import Neighbours, nearest, touching
from bcsp_analysis.models.hotspots.prospective import Accuracy, Contest, accuracy
from bcsp_analysis.models.hotspots.ranks import Ranking, Standing, rank
from bcsp_analysis.models.hotspots.rates import AreaRates, area_rates
from bcsp_analysis.models.hotspots.shapes import area_km2, centroids

__all__ = [
    "BY_COUNT",
    "Accuracy",
    "AreaDispersion",
    "AreaRates",
    "Cluster",
    "Clusters",
    "Concentration",
    "Contest",
    "HotSpots",
    "NamedPlaces",
    "Neighbours",
    "Persistence",
    "Ranking",
    "Standing",
    "accuracy",
    "analyse",
    "area_km2",
    "area_rates",
    "centroids",
    "concentration",
    "getis_ord",
    "larger_areas",
    "monthly_counts",
    "named_places",
    "nearest",
    "over_time",
    "persistence",
    "rank",
    "touching",
    "unlocated",
]
