"""A project, and for every setting of its files another value and what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Files = dict[str, Any]
BASE: Files = {
    "tocsin.toml": {
        "project": {"name": "shop"},
        "environments": {
            "local": {"kind": "local", "backend": "batch-sql", "backends": {"other": "spark-sql"}},
            "kafka": {"kind": "kafka", "backend": "kafka-filter", "bootstrap": "k:1"},
            "flink": {
                "kind": "flink",
                "backend": "flink-sql",
                "bootstrap": "k:1",
                "storage": "/s0",
            },
        },
    },
    "sources/app.yml": {
        "source": "app",
        "title": "App",
        "logsources": [{"product": "app", "category": "c", "service": "audit"}],
        "time": {"field": "time"},
        "fields": {
            "time": "string",
            "action": {"type": "string"},
            "n": "integer",
            "all": "array<string>",
        },
    },
    "rules/app/a.yml": {
        "title": "A",
        "name": "a",
        "id": "7e0b5c1c-3a55-4a1e-9d0e-2f8b1c7d0a03",
        "logsource": {"product": "app", "category": "c", "service": "audit"},
        "detection": {"s": {"action": "x"}, "condition": "s"},
        "level": "high",
        "tocsin": {},
    },
    "rules/app/c.yml": {
        "title": "C",
        "name": "c",
        "correlation": {
            "type": "event_count",
            "rules": ["a"],
            "timespan": "5m",
            "condition": {"gte": 2},
            "generate": True,
        },
        "tocsin": {},
    },
    "rules/app/c.test.yml": {
        "base": {"action": "x"},
        "cases": [
            {
                "name": "two",
                "events": [
                    {"at": "0s", "n": 1},
                    {"at": "0s", "arrives": "0s", "n": 2},
                    {"at": "9m", "event": {"n": 3}},
                ],
                "expect": {"alerts": 1},
            },
        ],
    },
    "rules/app/words.yml": {
        "title": "B",
        "id": "0a5c3c2e-9a53-4e0b-8a58-5c9d0f1e2b44",
        "logsource": {"product": "app", "category": "c", "service": "audit"},
        "detection": {"s": ["y"], "condition": "s"},
    },
    "rules/app/a.test.yml": {
        "base": {"action": "x"},
        "cases": [
            {"name": "fires", "events": [{"at": "0s", "n": 1}], "expect": {"alerts": 1}},
        ],
    },
}
CASE = ("rules/app/a.test.yml", "cases", 0)
EXPECT = (*CASE, "expect")
BLOCK = ("rules/app/a.yml", "tocsin")
SOURCE = ("sources/app.yml",)
CORRELATED = ("rules/app/c.test.yml", "cases", 0, "events")
NEW_CASE = {"name": "n", "events": [{"at": "0s", "action": "x"}], "expect": {"alerts": 1}}
CHANGES: Mapping[str, tuple[tuple[Any, ...], Any, str]] = {
    # the file of a source
    "source.source": ((*SOURCE, "source"), "web", "artifacts"),
    "source.title": ((*SOURCE, "title"), "Web", "sources"),
    "source.description": ((*SOURCE, "description"), "words", "sources"),
    "source.logsources": ((*SOURCE, "logsources"), [{"product": "z"}], "findings"),
    "source.logsources.product": ((*SOURCE, "logsources", 0, "product"), "z", "findings"),
    "source.logsources.category": ((*SOURCE, "logsources", 0, "category"), "z", "findings"),
    "source.logsources.service": ((*SOURCE, "logsources", 0, "service"), "z", "findings"),
    "source.logsources.where": ((*SOURCE, "logsources", 0, "where"), {"n": 2}, "verdicts"),
    "source.where": ((*SOURCE, "where"), {"n": 2}, "verdicts"),
    "source.topic": ((*SOURCE, "topic"), "t", "artifacts"),
    "source.table": ((*SOURCE, "table"), "t", "artifacts"),
    "source.time": ((*SOURCE, "time"), {"field": "action"}, "artifacts"),
    "source.time.field": ((*SOURCE, "time", "field"), "action", "artifacts"),
    "source.time.unit": ((*SOURCE, "time"), {"field": "n", "unit": "s"}, "artifacts"),
    "source.time.lateness": ((*SOURCE, "time", "lateness"), "1m", "sources"),
    "source.id": ((*SOURCE, "id"), ["n", "action"], "artifacts"),
    "source.values": ((*SOURCE, "values"), "all", "refused"),
    "source.fields": ((*SOURCE, "fields", "more"), "string", "sources"),
    "source.fields.type": ((*SOURCE, "fields", "action", "type"), "array<string>", "artifacts"),
    "source.fields.from": ((*SOURCE, "fields", "action", "from"), "deep.action", "artifacts"),
    # the block of a rule
    "block.owner": ((*BLOCK, "owner"), "o", "words"),
    "block.controls": ((*BLOCK, "controls"), ["PCI 10"], "words"),
    "block.source": ((*BLOCK, "source"), "nothing", "findings"),
    "block.deploy": ((*BLOCK, "deploy"), {"local": "shadow"}, "words"),
    "block.deploy.on_change": (
        ("rules/app/c.yml", "tocsin", "deploy"),
        {"on_change": "replay"},
        "words",
    ),
    "block.promote": ((*BLOCK, "promote"), {"after": "1d"}, "promotion"),
    "block.promote.after": ((*BLOCK, "promote"), {"after": "2d"}, "promotion"),
    "block.promote.max_alerts_per_day": (
        (*BLOCK, "promote"),
        {"after": "1d", "max_alerts_per_day": 3},
        "promotion",
    ),
    "block.alert": ((*BLOCK, "alert"), {"playbook": "p"}, "words"),
    "block.alert.dedup": ((*BLOCK, "alert"), {"dedup": {"by": ["n"], "for": "1h"}}, "words"),
    "block.alert.dedup.by": ((*BLOCK, "alert"), {"dedup": {"by": ["z"], "for": "1h"}}, "findings"),
    "block.alert.dedup.for": ((*BLOCK, "alert"), {"dedup": {"by": ["n"], "for": "2h"}}, "words"),
    "block.alert.playbook": ((*BLOCK, "alert"), {"playbook": "q"}, "words"),
    "block.tests": ((*BLOCK, "tests"), [NEW_CASE], "verdicts"),
    "block.tests.name": ((*BLOCK, "tests"), [{**NEW_CASE, "name": "m"}], "verdicts"),
    "block.tests.events": ((*BLOCK, "tests"), [{**NEW_CASE, "events": [{"n": 1}]}], "verdicts"),
    "block.tests.expect": ((*BLOCK, "tests"), [{**NEW_CASE, "expect": {"alerts": 0}}], "verdicts"),
    # a file of cases
    "cases.base": (("rules/app/a.test.yml", "base"), {"action": "z"}, "verdicts"),
    "cases.cases": (("rules/app/a.test.yml", "cases"), [NEW_CASE], "verdicts"),
    "cases.cases.name": ((*CASE, "name"), "other", "verdicts"),
    "cases.cases.events": ((*CASE, "events"), [{"action": "z"}], "verdicts"),
    "cases.cases.events.at": ((*CORRELATED, 1, "at"), "-9m", "verdicts"),
    "cases.cases.events.arrives": ((*CORRELATED, 1, "arrives"), "20m", "verdicts"),
    "cases.cases.events.event": ((*CORRELATED, 2, "event"), {"action": "z"}, "verdicts"),
    "cases.cases.expect": (EXPECT, {"alerts": 0}, "verdicts"),
    "cases.cases.expect.alerts": ((*EXPECT, "alerts"), 2, "verdicts"),
    "cases.cases.expect.events": ((*EXPECT, "events"), [5], "verdicts"),
    "cases.cases.expect.first": ((*EXPECT, "first"), {"n": 7}, "verdicts"),
    "cases.cases.expect.last": ((*EXPECT, "last"), {"n": 7}, "verdicts"),
    # the project
    "project.project": (("tocsin.toml", "project"), {"name": "other"}, "project"),
    "project.project.name": (("tocsin.toml", "project", "name"), "another", "project"),
    "project.environments": (("tocsin.toml", "environments", "flink"), None, "places"),
}
"""By setting: where it stands, its new value, and what is then another."""
WORDS_IN_MAPS = {"block.deploy.on_change"} | {
    f"cases.cases.events.{word}" for word in ("at", "arrives", "event")
}
"""Settings that are words in a map of names, not fields of a model."""
STREAM: Mapping[str, Any] = {
    "correlations": "spark-sql",
    "backend": "batch-sql",
    "backends": {"app": "spark-sql"},
    "bootstrap": "k:2",
    "gateway": "http://g",
    "rest": "http://r",
    "registry": "http://s",
    "storage": "/s",
    "start": "earliest",
    "parallelism": 2,
    "partitions": 3,
    "canary": 0.5,
    "canary_seconds": 1,
    "healthy_seconds": 1,
    "signing_key": "env:KEY",
    "test_on": ["duckdb"],
}
"""Settings of environments that reach workers and jobs, with another value."""
ENVIRONMENT: Mapping[str, Mapping[str, Any]] = {
    "local": {
        "kind": "kafka",
        "correlations": "spark-sql",
        "backend": "spark-sql",
        "backends": {"app": "spark-sql"},
        "path": "elsewhere",
        "signing_key": "env:KEY",
        "test_on": ["duckdb"],
    },
    "kafka": STREAM,
    "flink": STREAM,
}
