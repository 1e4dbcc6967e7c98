"""Compiled plans as data: their ids, and which nodes are mapped."""

from __future__ import annotations

import json

import pytest

from tocsin_flink_sql.state.compiled_plan import CompiledPlan
from tocsin_flink_sql.state.operator_mapping import adopt, map_operators
from unit.tocsin_flink_sql.state.plans import line, node, plan, simple, window


def test_equal_graphs_have_equal_bytes_whatever_their_ids() -> None:
    assert simple(1).canonical().encode() == simple(71).canonical().encode()
    shuffled = simple(71)
    shuffled.body["nodes"].reverse()
    shuffled.body["edges"].reverse()
    assert shuffled.canonical().encode() == simple(1).encode()
    assert CompiledPlan.decode(simple(1).encode()).encode() == simple(1).encode()


def test_the_order_of_inputs_is_kept() -> None:
    nodes = [node(9, "table-source-scan", "a"), node(4, "table-source-scan", "b")]
    made = plan([*nodes, node(5, "union"), node(6, "sink")], {5: [9, 4], 6: [5]}).canonical()
    assert [made.nodes[id_]["scanTableSource"]["table"]["identifier"] for id_ in (1, 2)] == [
        "a",
        "b",
    ]
    assert made.inputs == {1: [], 2: [], 3: [1, 2], 4: [3]}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"nodes":[{}],"edges":[]}', b"[" * 5000])
def test_what_is_no_plan_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a compiled plan"):
        CompiledPlan.decode(data)


def test_an_edge_to_nowhere_is_told() -> None:
    body = simple().encode().replace(b'"target":4', b'"target":5')
    with pytest.raises(ValueError, match="not a compiled plan"):
        CompiledPlan.decode(body)


def test_a_plan_adopts_itself_unchanged() -> None:
    assert adopt(simple(), simple()).encode() == simple().encode()


def test_what_holds_state_keeps_its_id_though_nodes_come_between() -> None:
    new = line(
        node(1, "table-source-scan"),
        node(2, "calc"),
        node(3, "exchange"),
        window(4),
        node(5, "calc"),
        node(6, "sink"),
    )
    made = adopt(new, simple(11))
    kinds = {id_: each["type"] for id_, each in made.nodes.items()}
    assert kinds[11].startswith("stream-exec-table-source")
    assert kinds[13].startswith("stream-exec-over")
    assert kinds[14].startswith("stream-exec-sink")
    assert min(set(kinds) - {11, 12, 13, 14}) == 15
    assert made.order() == list(made.nodes)


def test_windows_are_twins_by_their_rows_and_figures_not_by_their_span() -> None:
    for change in ({"column": "BIGINT"}, {"internalName": "$MAX$1"}, {"argList": [0]}):
        found = map_operators(simple(**change), simple())
        assert 3 in found.added
        assert 3 in found.unmapped
        assert not found.fit
    assert map_operators(simple(span=500), simple()).fit
    assert not map_operators(simple(span=500), simple()).grown
    assert map_operators(simple(span=1001), simple()).grown


def test_a_constant_of_a_figure_is_part_of_its_state() -> None:
    other = simple(argList=[0, 2])
    assert map_operators(other, simple(argList=[0, 2])).fit
    text = json.dumps(other.body).replace("0.95", "0.5")
    assert not map_operators(CompiledPlan(json.loads(text)), other).fit


def test_sources_are_twins_by_their_tables() -> None:
    def two(first: str, second: str) -> CompiledPlan:
        nodes = [node(1, "table-source-scan", first), node(2, "table-source-scan", second)]
        return plan([*nodes, node(3, "union"), window(4), node(5, "sink")],
                    {3: [1, 2], 4: [3], 5: [4]})  # fmt: skip

    assert map_operators(two("a", "b"), two("b", "a")).ids == {1: 2, 2: 1, 3: 3, 4: 4, 5: 5}
    found = map_operators(two("a", "c"), two("a", "b"))
    assert (found.added, found.unmapped) == ((2,), (2,))


def test_an_unknown_kind_of_node_holds_state() -> None:
    old = line(node(1, "table-source-scan"), node(2, "deduplicate", keys=[1]), node(3, "sink"))
    new = line(node(1, "table-source-scan"), node(2, "deduplicate", keys=[2]), node(3, "sink"))
    assert map_operators(old, old).fit
    assert map_operators(new, old).unmapped
