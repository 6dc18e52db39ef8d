"""The engine that evaluates table expressions: DuckDB in this process, or a Spark cluster.

Expressions are written in Ibis and do not know where they run. ``BCSP_ENGINE`` chooses: nothing or
``duckdb`` for DuckDB, ``local-spark`` for Spark in this process, ``spark://host:7077`` or
``k8s://...`` for a cluster, ``sc://host:15002`` for Spark Connect.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from bcsp_analysis.errors import EngineError
from bcsp_analysis.sources.engine_setting import SETTING, name

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.expr.types import Table

INSTALL_SPARK = 'pip install "bcsp-analysis[spark]"'

_LOCAL = "local-spark"
_CLUSTERS = ("spark://", "k8s://")
_CONNECT = "sc://"
_THREADS = 2
_ROWS = "rows_of_this_process"
_views: list[str] = []


def connect(engine: str = "") -> BaseBackend:
    """A connection; the same one for the same engine within a process.

    Parameters
    ----------
    engine : str
        As ``BCSP_ENGINE``; empty for what the environment says.

    Raises
    ------
    EngineError
        The engine is unknown, not installed, or cannot be reached.
    """
    return _connected(engine or name())


@cache
def _connected(engine: str) -> BaseBackend:
    if engine == "duckdb":
        # In memory: the store's files are the only thing that lasts.
        return ibis.duckdb.connect(threads=_THREADS)
    if engine == _LOCAL or engine.startswith((*_CLUSTERS, _CONNECT)):
        return _spark(engine)
    raise EngineError(
        "an unknown engine",
        where=f"setting {SETTING}",
        found=repr(engine),
        expected=f"duckdb, {_LOCAL}, spark://host:port, k8s://... or sc://host:port",
    )


def _spark(engine: str) -> BaseBackend:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError(
            "Spark is not installed",
            where=f"setting {SETTING}",
            found=repr(engine),
            hint=INSTALL_SPARK,
        ) from error
    builder: Any = SparkSession.builder
    if engine.startswith(_CONNECT):
        builder = builder.remote(engine)
    else:
        master = f"local[{_THREADS}]" if engine == _LOCAL else engine
        builder = builder.master(master).config("spark.ui.enabled", "false")
    try:
        session = (
            builder.appName("bcsp")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            .getOrCreate()
        )
        return ibis.pyspark.connect(session)
    except Exception as error:  # Java, network and settings fail in many ways of their own
        raise EngineError(
            "Spark did not start",
            where=f"setting {SETTING}",
            found=f"{engine!r}: {str(error).splitlines()[0] if str(error) else error!r}",
            hint="Spark needs Java 17 or later, and a cluster that this machine can reach",
        ) from error


def evaluate(expression: Table, engine: str = "") -> pa.Table:
    """Rows of an expression as an Arrow table."""
    return connect(engine).to_pyarrow(expression)


def evaluate_on(rows: pa.Table, build: Callable[[Table], Table], engine: str = "") -> pa.Table:
    """Rows of an expression over rows of this process, which the engine then lets go of.

    Parameters
    ----------
    rows : pyarrow.Table
        What the expression stands on.
    build : function of ibis Table to ibis Table
        Writes the expression.
    engine : str
        See `connect`.
    """
    connection: Any = connect(engine)
    if (engine or name()) == "duckdb":
        # Not a memtable: the connection would keep each of them to the end of the process.
        connection.con.register(_ROWS, rows)
        try:
            table = ibis.table(_plain_schema(rows.schema), name=_ROWS)
            # Not through Ibis, which would import pandas to hand over Arrow's table.
            return connection.con.sql(connection.compile(build(table))).to_arrow_table()
        finally:
            connection.con.unregister(_ROWS)
    # Spark takes plain text; DuckDB reads Arrow's dictionaries as they are.
    plain = rows.cast(pa.schema([(f.name, _plain_type(f.type)) for f in rows.schema]))
    table = ibis.memtable(plain)
    try:
        return connection.to_pyarrow(build(table))
    finally:
        connection.raw_sql(f"DROP VIEW IF EXISTS {table.get_name()}")


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


@cache
def read_parquet(files: tuple[str, ...], schema: pa.Schema, engine: str = "") -> Table:
    """Parquet files of one layout as a table, kept for the next query of the same files.

    Parameters
    ----------
    files : tuple of str
        One or more.
    schema : pyarrow.Schema
        Their columns.
    engine : str
        See `connect`.
    """
    connection: Any = connect(engine)
    if (engine or name()) == "duckdb":
        # As a view of our own: Ibis asks DuckDB for columns in a way that DuckDB has given up.
        view = f"parquet_{len(_views)}"
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        connection.con.execute(f"CREATE TEMP VIEW {view} AS FROM read_parquet([{listed}])")
        _views.append(view)
        return ibis.table(_plain_schema(schema), name=view)
    tables = [connection.read_parquet(file) for file in files]
    return ibis.union(*tables, distinct=False) if len(tables) > 1 else tables[0]


def _plain_schema(schema: pa.Schema) -> ibis.Schema:
    return ibis.schema({field.name: _plain_type(field.type) for field in schema})
