"""OSCAL 1.2.1: what is deployed and which controls it supports, and what was observed of it."""

from tocsin.site.exports.oscal.component import component_definition
from tocsin.site.exports.oscal.results import assessment_results

__all__ = ["assessment_results", "component_definition"]
