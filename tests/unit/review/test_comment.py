"""The comment on a review, whatever stands in the review: as a reader of GitHub sees it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tocsin.review.comment import MARK, ReviewOrigin, comment, without_review
from tocsin.review.document import ChangeReview
from tocsin.review.page import MOST
from unit.review.reviews import HEAD, change, finding, plan, review, step

ORIGIN = ReviewOrigin(
    head=HEAD,
    run="https://github.com/acme/detections/actions/runs/7",
    files=f"https://github.com/acme/detections/blob/{HEAD}/",
)
OURS = {"h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "pre"}
OURS |= {"a", "strong", "blockquote", "details", "summary"}
HOSTILE = [
    "@octocat and @acme/owners",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details></td></table><h1>APPROVED</h1>",
    "<!-- tocsin review -->",
    "--> <b>x</b> <!--",
    "[approve](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "https://evil.example www.evil.example mailto:a@evil.example",
    "<https://evil.example>",
    "`code` ``more`` ```fence```",
    "a | b | c",
    "\n\n# Heading\n\n- [x] approved\n",
    "\r\n| forged | row |\r\n|---|---|",
    "#1 GH-1 acme/detections#1",
    "\u202egnp.exe \u2066x\u2069 \u200b",
    "\x1b[2J\x00",
    "**bold** _em_ ~~gone~~",
    "$x^2$ ::error file=x::y",
    "[ref]: https://evil.example",
    "&lt;b&gt; &commat;octocat &#64;octocat",
    "~~~\nfence",
    "\\",
    "x" * 900,
]


class Seen(HTMLParser):
    """Tags with their attributes, and the text outside of code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._code += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        self.text += "" if self._code else data

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", {"data": data}))


def seen(text: str) -> Seen:
    return Seen(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def filled(text: str) -> ChangeReview:
    """A review in which this text stands wherever text may stand."""
    name = text[:300]
    hostile_change = change(
        key=name,
        title=text,
        level=name,
        file=text,
        attributes=[{"name": name, "old": text, "new": text}],
        condition=["+" + text, "-" + text, " " + text],
        direction={"kind": "unknown", "lost": text, "gained": text, "reason": text},
        weakens=[name],
        cases=[{"engine": name, "passed": 1, "failed": 1, "refused": 1}],
    )
    steps = [
        step(name=text, version=name, what=name, where=name, artifact=name, notes=[text]),
        step(id="other", name=text, what=name, notes=[text]),
        step(id="third", symbol="x", name=text, what=name, notes=[text]),
    ]
    hostile_plan = plan(
        name=name, summary=text, steps=steps, warnings=[text], problems=[text], problem=""
    )
    return ChangeReview.model_validate(
        review(
            project=name,
            errors=1,
            findings=[finding(code=name, severity="error", file=text, message=text, hint=text)],
            cases=[{"engine": name, "passed": 1, "failed": 0, "refused": 0}],
            failed=[{"key": name, "case": text, "engine": name, "problems": [text]}],
            detections=[hostile_change],
            environments=[hostile_plan, plan(name=name, problem=text)],
            problem=text,
        )
    )


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[:30])
def test_what_strangers_wrote_is_text(text: str) -> None:
    for origin in (ORIGIN, ReviewOrigin(), ReviewOrigin(guarded=(text,))):
        said = comment(filled(text), origin)
        found = seen(said)
        assert {tag for tag, _ in found.tags} <= OURS | {"comment"}
        assert [tag for tag in found.tags if tag[0] == "comment"] == [
            ("comment", {"data": " tocsin review "})
        ]
        links = [attrs["href"] or "" for tag, attrs in found.tags if tag == "a"]
        assert all(link.startswith("https://github.com/acme/detections/") for link in links)
        assert not re.search(r"@\w|#\d|\bGH-\d|www\.|://|mailto:", found.text)
        assert said.isprintable() or set(filter(lambda c: not c.isprintable(), said)) <= {
            "\n",
            "\u200b",
        }
        assert len(said) <= MOST


def test_a_run_that_left_nothing_is_told_too() -> None:
    for text in HOSTILE:
        said = without_review(text, ORIGIN)
        assert said.startswith(MARK)
        links = [attrs["href"] for tag, attrs in seen(said).tags if tag == "a"]
        assert links == [ORIGIN.run]
        assert len(said) < MOST


def test_what_it_tells() -> None:
    said = comment(ChangeReview.model_validate(review()), ORIGIN)
    assert said == EXPECTED


def test_a_change_of_the_pipeline_is_told_first() -> None:
    origin = ReviewOrigin(guarded=(".github/workflows/review.yml",))
    said = comment(ChangeReview.model_validate(review()), origin)
    assert "This changes .github/workflows/review.yml." in seen(said).text
    assert said.index("This changes") < said.index("plan for prod")


@pytest.mark.parametrize(
    ("ok", "failed", "word"),
    [(True, False, "ready"), (True, True, "the run failed"), (False, True, "needs work")],
)
def test_the_verdict(ok: bool, failed: bool, word: str) -> None:  # noqa: FBT001 - a table
    given = ChangeReview.model_validate(review(errors=0 if ok else 1))
    assert f"### Tocsin: {word}\n" in comment(given, ReviewOrigin(failed=failed))


@pytest.mark.parametrize("file", ["../../x", "/etc/passwd", "a/../b", "", ".", "a//b", "a\\b"])
def test_a_path_that_leads_elsewhere_is_no_link(file: str) -> None:
    said = comment(ChangeReview.model_validate(review(detections=[change(file=file)])), ORIGIN)
    assert ORIGIN.files not in said


def test_a_removed_file_is_no_link() -> None:
    gone = change(word="removed", attributes=[], cases=[])
    assert ORIGIN.files not in comment(
        ChangeReview.model_validate(review(detections=[gone])), ORIGIN
    )


def many(count: int) -> dict[str, Any]:
    long = "<" * 290
    condition = ["+" + long] * 50
    changes = [change(id=str(n), title=f"{n} {long}", condition=condition) for n in range(count)]
    steps = [step(id=f"x{n}", symbol="x", name=f"{n} {long}", notes=[long]) for n in range(count)]
    findings = [finding(message=f"{n} {long}", hint=long) for n in range(200)]
    plans = [plan(name=f"{n}{long}"[:300], summary=long, steps=steps[:50]) for n in range(50)]
    failed = [{"key": long, "case": long, "engine": long, "problems": [long]}] * 200
    tally = {"passed": 1, "failed": 1, "refused": 1}
    tallies = [{"engine": f"{n}{long}"[:300], **tally} for n in range(20)]
    return review(
        detections=changes, environments=plans, findings=findings, failed=failed, cases=tallies
    )


def test_there_is_an_end_to_it() -> None:
    given = ChangeReview.model_validate(many(3000))
    said = comment(given, ReviewOrigin(head=HEAD, guarded=("x" * 300,) * 6))
    assert len(said) <= MOST
    assert said.endswith("There is no room here for more: the rest is in the run.\n")
    assert "#### Findings" in said
    assert said.count("<details>") == said.count("</details>")


def test_refusals_that_stand_are_folded_once() -> None:
    steps = [step(id="y", symbol="x", name="old-one", what="refused", notes=["no arrays"])]
    plans = [plan(name=name, steps=[*steps, step()]) for name in ("staging", "prod")]
    said = comment(ChangeReview.model_validate(review(environments=plans)), ORIGIN)
    assert "<summary>Refused as before: 1</summary>" in said
    assert "| old-one | staging, prod | no arrays |" in said
    assert said.count("old-one") == 1


EXPECTED = f"""\
<!-- tocsin review -->
### Tocsin: ready

payments at `bbbbbbb`, compared with `aaaaaaa` · [run](https://github.com/acme/detections/actions/runs/7)

| what | result |
| --- | --- |
| files | no findings |
| cases | evaluator 4 passed |
| plan for prod | 1 changed · 54 unchanged \\(from release 3, plan cccccccc\\) |
| weakened | 1 detection |
| techniques | 40 → 41 (+T1098) |

#### `~` Payout Changed · changed · high
[rules/payments/payout-changed.yml](https://github.com/acme/detections/blob/{HEAD}/rules/payments/payout-changed.yml)

| attribute | before | after |
| --- | --- | --- |
| level | medium | high |

```diff
 all of
-  action is 'payout.update'
+  action is 'payout.create'
```

- direction: incomparable
- no longer matches \\{{"action": "payout.update"\\}}
- now matches \\{{"action": "payout.create"\\}}
- **weakens**: its logic changes: incomparable
- prod: v1 → v2 · changed · kafka-filter payments\\_audit · artifact 0123abcd → 4567cdef · 4 cases
- cases: evaluator 4 passed
- cost: 2 tests of an event (before: 1 test of an event)
- techniques: gains T1098
"""
