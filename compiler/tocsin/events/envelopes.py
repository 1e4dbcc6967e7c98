"""Envelopes: objects that only carry a list of events, as clouds and search engines deliver them.

An object is an envelope where a member of a known name is a list of objects, and all that stands
beside it is known to be about the delivery: counts, pages, links. Anything else makes it an event.
"""

from __future__ import annotations

from typing import Any

import orjson

LISTS = (
    *("Records", "records", "value", "entries", "items", "events", "Events", "logs", "results"),
    *("Results", "data", "result", "resources", "response", "Findings", "logEvents", "responses"),
)
"""CloudTrail and S3; Azure's logs, then its REST; Google Cloud; other interfaces in pages."""
_HITS = "hits"
_HIT, _SPLUNK = {"_index", "_source"}, {"preview", "result"}
"""Of one event a line, as Elasticsearch and Splunk write what was found."""
_LOGGED = frozenset(
    ("id", "eventId", "timestamp", "message", "ingestionTime", "logStreamName", "extractedFields")
)
"""What CloudWatch says of one line of a log."""
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

_OWN: dict[str, frozenset[str]] = {
    "logEvents": frozenset(
        ("messageType", "owner", "logGroup", "logStream", "subscriptionFilters")
    ),
    "results": frozenset(
        ("preview", "init_offset", "messages", "fields", "highlighted", "post_process_count")
    ),
    "result": frozenset(("success", "errors", "messages", "result_info")),
    "resources": frozenset(("errors",)),
    "response": frozenset(("stat",)),
    "records": frozenset(("totalSize", "done", "nextRecordsUrl")),
    "entries": frozenset(("chunk_size", "next_stream_position")),
    "Results": frozenset(("Stats", "Schema")),
}
"""What tells of the delivery beside one list alone: events have such fields, too."""
_MARKS = frozenset((*LISTS, _HITS, "_source"))
"""One of these is in every envelope."""


def unwrap(value: dict[str, Any]) -> tuple[str, list[Any]] | None:
    """The name and the members of the list in an envelope; None for an event."""
    if len(value) > MOST or _MARKS.isdisjoint(value):
        return None
    for name in LISTS:
        if name in value and _objects(value[name]) and _about_delivery(value, name):
            return name, [_carried(each) for each in value[name]]
    if _HITS in value and isinstance(hits := value[_HITS], dict):
        found = hits.get(_HITS)
        if _objects(found) and _about_delivery(value, _HITS) and isinstance(found, list):
            return "hits", [_source(each) for each in found]
    if value.keys() >= _HIT or value.keys() >= _SPLUNK:
        name = "_source" if "_source" in value else "result"
        return (name, [value[name]]) if isinstance(value[name], dict) else None
    return None


def _carried(member: Any) -> Any:
    """The event that a member holds as text, as CloudWatch and CloudTrail's look-up do."""
    if not isinstance(member, dict):
        return member
    text = member.get("CloudTrailEvent")
    if text is None and member.keys() <= _LOGGED:
        text = member.get("message")
    if not isinstance(text, str) or text[:1] != "{":
        return member
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return member
    return found if isinstance(found, dict) else member


def _objects(value: Any) -> bool:
    """Whether it is a list that is empty or has an object: a bad member is not the whole list."""
    return isinstance(value, list) and (not value or any(isinstance(m, dict) for m in value))


def _about_delivery(value: dict[str, Any], name: str) -> bool:
    own = _OWN.get(name, _DELIVERY)
    return all(key == name or key in _DELIVERY or key in own for key in value)


def _source(hit: Any) -> Any:
    """The event of a search hit; one without is no event."""
    return hit.get("_source") if isinstance(hit, dict) else hit
