"""The files of a site for machines, by path."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.site.exports.navigator import layer
from tocsin.site.exports.oscal import assessment_results, component_definition
from tocsin.site.exports.report.pdf import period_pdf
from tocsin.site.exports.tables import tables
from tocsin.site.exports.whole import SCHEMA, encode, schema, whole
from tocsin.site.history.model import History

REPORT = "report.pdf"

ExportFile = tuple[str, bytes]


def export_files(history: History, *, pdf: bool = False) -> Iterator[ExportFile]:
    """All of them; the same history gives the same bytes. `pdf`: with the report of the period.

    Raises ConfigError where a PDF cannot be made here.
    """
    if pdf:
        yield REPORT, period_pdf(history)
    for table in tables(history):
        yield f"data/{table.name}.csv", table.csv()
    yield "data/history.json", encode(whole(history))
    yield f"data/{SCHEMA}", schema()
    yield "data/navigator.json", encode(layer(history))
    yield "data/oscal-component.json", encode(component_definition(history))
    yield "data/oscal-results.json", encode(assessment_results(history))
