"""Which operators of a plan can go on with the state of which operators of another.

Two nodes are mapped if they hold the same kind of state and stand at the same place, counted in
nodes that hold state: what lies between these may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tocsin.canonical import digest
from tocsin_flink_sql.state.compiled_plan import CompiledPlan, PlanNode

STATELESS = ("calc", "correlate", "exchange", "union")
"""Kinds of nodes without state; any other is taken to have some."""


@dataclass(frozen=True, slots=True)
class OperatorMapping:
    """Ids of the new plan and those of the old one that their state comes from.

    `unmapped` are old nodes whose state finds no place, `added` new ones that find no state.
    `grown`: a window of the new plan reaches further back than the one it is mapped to.
    """

    ids: dict[int, int] = field(default_factory=dict)
    unmapped: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    grown: bool = False

    @property
    def fit(self) -> bool:
        """Whether a job of the new plan can be restored from all the state of the old one."""
        return not self.unmapped and not self.added


def map_operators(new: CompiledPlan, old: CompiledPlan) -> OperatorMapping:
    """The mapping between two plans, nodes without state included."""
    ids: dict[int, int] = {}
    _pair(_Side(new), _Side(old), (new.ends, old.ends), ids)
    paired = set(ids.values())
    grown = any(_span(new.nodes[a]) > _span(old.nodes[b]) for a, b in ids.items())
    added = tuple(a for a in new.order() if a not in ids and is_stateful(new.nodes[a]))
    unmapped = tuple(b for b in old.order() if b not in paired and is_stateful(old.nodes[b]))
    for a, b in list(ids.items()):
        _pair_plain(new, old, (a, b), ids)
    return OperatorMapping(ids, unmapped, added, grown)


def adopt(new: CompiledPlan, old: CompiledPlan) -> CompiledPlan:
    """The new plan: mapped nodes have their ids of the old one, all others none of its ids."""
    pairs = map_operators(new, old).ids
    fresh = count(max(old.nodes) + 1)
    return new.renumbered({a: pairs[a] if a in pairs else next(fresh) for a in new.order()})


def is_stateful(node: PlanNode) -> bool:
    """Whether a node holds state."""
    return _kind(node) not in STATELESS


def _kind(node: PlanNode) -> str:
    """`stream-exec-over-aggregate_1` is an `over-aggregate`."""
    return str(node["type"]).removeprefix("stream-exec-").rpartition("_")[0]


# --- pairing --------------------------------------------------------------------------------------


NodesAtPlace = tuple[Sequence[int], Sequence[int]]
"""Nodes at one place of the new plan and of the old."""


class _Side:
    """A plan as a graph of its nodes with state."""

    def __init__(self, plan: CompiledPlan) -> None:
        self.plan = plan
        self.kinds = {id_: digest(state(node)) for id_, node in plan.nodes.items()}
        self.trees: dict[int, str] = {}
        for id_ in plan.order():
            self.trees[id_] = digest([self.kinds[id_], [self.trees[n] for n in self.below(id_)]])

    def below(self, id_: int) -> list[int]:
        """The next nodes with state, in the order of the inputs, each once."""
        return list(dict.fromkeys(self._next(id_)))

    def _next(self, id_: int) -> Iterator[int]:
        for source in self.plan.inputs[id_]:
            if is_stateful(self.plan.nodes[source]):
                yield source
            else:
                yield from self._next(source)


def _pair(new: _Side, old: _Side, level: NodesAtPlace, ids: dict[int, int]) -> None:
    """Pair nodes at one place: those with all the same below them first."""
    ours, theirs = level
    _pair_equal(new.trees, old.trees, level, ids)
    _pair_equal(new.kinds, old.kinds, level, ids)
    for a in ours:
        if ids.get(a) in theirs:
            _pair(new, old, (new.below(a), old.below(ids[a])), ids)


def _pair_equal(
    new: Mapping[int, str], old: Mapping[int, str], level: NodesAtPlace, ids: dict[int, int]
) -> None:
    ours, theirs = level
    for a in ours:
        taken = set(ids.values())
        partner = next((b for b in theirs if b not in taken and new[a] == old[b]), None)
        if a not in ids and partner is not None:
            ids[a] = partner


def _pair_plain(
    new: CompiledPlan, old: CompiledPlan, pair: tuple[int, int], ids: dict[int, int]
) -> None:
    """Pair nodes without state, from a pair upwards as long as they are of the same types."""
    for a, b in zip(new.inputs[pair[0]], old.inputs[pair[1]], strict=False):
        plain = not is_stateful(new.nodes[a]) and a not in ids and b not in ids.values()
        if plain and new.nodes[a]["type"] == old.nodes[b]["type"]:
            ids[a] = b
            _pair_plain(new, old, (a, b), ids)


# --- state ----------------------------------------------------------------------------------------


def state(node: PlanNode) -> Any:
    """What must be equal for one node to go on with the state of another, as JSON."""
    match _kind(node):
        case "table-source-scan":
            return [node["type"], node["scanTableSource"]["table"]["identifier"]]
        case "sink":
            return [node["type"], node["dynamicTableSink"]["table"]["identifier"]]
        case "over-aggregate":
            return _window(node)
        case kind if kind in STATELESS:
            return [node["type"]]
    own = {"id", "description", "inputProperties"}
    return {name: value for name, value in node.items() if name not in own}


def _window(node: PlanNode) -> Any:
    """Keys, rows and accumulators of a window; not how far back it reaches."""
    spec = node["overSpec"]
    fields = node["outputType"]["fields"]
    rows = fields[: spec["originalInputFields"]]
    keys = [rows[index] for index in spec["partition"]["fields"]]
    groups = [
        {
            "order": group["orderBy"],
            "rows": group["isRows"],
            "kinds": [group[side]["kind"] for side in ("lowerBound", "upperBound")],
            "figures": [{**call, "argList": _arguments(spec, call)} for call in group["aggCalls"]],
        }
        for group in spec["groups"]
    ]
    return [node["type"], node.get("unboundedOverVersion"), keys, rows, groups]


def _arguments(spec: Any, call: Any) -> list[Any]:
    """What a figure is made of: columns of the rows, and constants.

    A percentile's accumulator keeps the share with which it was made.
    """
    first = spec["originalInputFields"]
    return [n if n < first else spec["constants"][n - first] for n in call["argList"]]


def _span(node: PlanNode) -> int:
    """How far back a window reaches, in milliseconds; 0 for any other node."""
    if _kind(node) != "over-aggregate":
        return 0
    spec = node["overSpec"]
    first = spec["originalInputFields"]
    offsets = [group["lowerBound"].get("offset") for group in spec["groups"]]
    constants = [spec["constants"][each["inputIndex"] - first] for each in offsets if each]
    return max((int(constant["value"]) for constant in constants), default=0)
