"""Envelopes: objects that only carry a list of events, as clouds and search engines deliver them.

An object is an envelope where a member of a known name is a list of objects, and all that stands
beside it is known to be about the delivery: counts, pages, links. Anything else makes it an event.
"""

from __future__ import annotations

from typing import Any

LISTS = ("Records", "records", "value", "entries", "items", "events", "Events", "logs", "results")
"""CloudTrail and S3; Azure's logs, then its REST; Google Cloud; other interfaces in pages."""
_HITS = "hits"
MOST = 16
"""Members of an envelope; so that events, which have more, cost nothing."""
_DELIVERY = frozenset(
    (
        *("@odata.context", "@odata.count", "@odata.nextLink", "@odata.deltaLink"),
        *("odata.metadata", "odata.nextLink", "kind", "apiVersion", "etag", "self", "status", "ok"),
        *("count", "total", "totalCount", "total_count", "size", "limit", "offset"),
        *("page", "pageSize", "per_page", "pages", "next", "nextLink", "next_link", "nextToken"),
        *("next_token", "NextToken", "nextPageToken", "next_page_token", "cursor", "nextCursor"),
        *("next_cursor", "previous", "prev", "hasMore", "has_more", "has_next_page", "_links"),
        *("links", "meta", "metadata", "pagination", "paging", "response_metadata"),
        *("took", "timed_out", "num_reduce_phases", "_shards", "_scroll_id", "pit_id"),
        *("aggregations", "terminated_early"),
        *("searchedLogStreams", "nextForwardToken", "nextBackwardToken"),
    )
)


def unwrap(value: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """The name and the members of the list that an envelope carries; None of an event."""
    if len(value) > MOST:
        return None
    for name in LISTS:
        if name in value and _objects(value[name]) and _about_delivery(value, name):
            return name, value[name]
    if _HITS in value and isinstance(hits := value[_HITS], dict):
        found = hits.get(_HITS)
        if _objects(found) and _about_delivery(value, _HITS) and isinstance(found, list):
            return "hits", [_source(each) for each in found]
    return None


def _objects(value: Any) -> bool:
    """Whether it is a list that is empty or has an object: a bad member is not the whole list."""
    return isinstance(value, list) and (not value or any(isinstance(m, dict) for m in value))


def _about_delivery(value: dict[str, Any], name: str) -> bool:
    return all(key == name or key in _DELIVERY for key in value)


def _source(hit: Any) -> Any:
    """The event of a search hit; one without is no event."""
    return hit.get("_source") if isinstance(hit, dict) else hit
