"""Plans: the right word for every difference, drift, refusals, words for people, saved files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from deploying import Spec, State, desired
from tocsin.cli.plan_text import plan_text
from tocsin.errors import ConfigError
from tocsin.plan import explain, saved
from tocsin.plan.build import Desired, build
from tocsin.plan.judge import judged
from tocsin.plan.rollback import number_of
from tocsin.plan.steps import (
    Bundle,
    Deploy,
    Discard,
    Document,
    Mend,
    Refused,
    Remove,
    Repair,
)
from tocsin.release.entry import Action
from tocsin.release.finding import ISOLATED, Finding
from tocsin.release.state_decision import Fate, StateDecision
from tocsin.state.live import Live, LiveArtifact
from tocsin.state.release import Release

BASE = {"a": Spec(), "b": Spec(body="b2")}


def release(state: State) -> Release:
    """What the ledger would say after these were deployed."""
    return Release(
        number=4,
        environment="local",
        project="payments",
        parent="p" * 40,
        made="2026-01-01T00:00:00+00:00",
        who="A",
        reason="apply",
        plan="0" * 64,
        entries=desired(state).entries,
        commit="c" * 40,
    )


def in_place(state: State) -> Live:
    entries = desired(state).entries
    return Live({e.path: LiveArtifact(e.path, e.artifact, e.mode) for e in entries}, 4)


def plan(before: State, after: State, *, live: Live | None = None, **extra: Any) -> Bundle:
    wanted = replace(desired(after), **extra)
    return build(wanted, release(before), live or in_place(before))


def actions(bundle: Bundle) -> dict[str, Action]:
    return {e.key: e.action for e in bundle.plan.result}


@pytest.mark.parametrize(
    ("after", "action", "step"),
    [
        (Spec(logic="l2", body="b9", version=2), Action.CHANGED, Deploy),
        (Spec(logic="l2", version=2), Action.CHANGED, Deploy),
        (Spec(body="b9"), Action.RECOMPILED, Deploy),
        (Spec(suffix="json"), Action.RECOMPILED, Deploy),
        (Spec(mode="shadow"), Action.SWITCHED, Deploy),
        (Spec(title="t2"), Action.DOCUMENTED, Document),
        (Spec(version=2), Action.DOCUMENTED, Document),
        (Spec(title="t2", mode="shadow"), Action.SWITCHED, Deploy),
        (Spec(title="t2", body="b9"), Action.RECOMPILED, Deploy),
        (Spec(title="t2", body="b9", logic="l2"), Action.CHANGED, Deploy),
    ],
)
def test_three_hashes_three_words(after: Spec, action: Action, step: type) -> None:
    bundle = plan(BASE, {**BASE, "a": after})
    assert actions(bundle) == {"a": action, "b": Action.UNCHANGED}
    assert type(bundle.plan.steps[0]) is step
    assert bool(bundle.bodies) is (step is Deploy)


def test_nothing_to_do_is_no_step() -> None:
    bundle = plan(BASE, BASE)
    assert bundle.plan.steps == ()
    assert bundle.bodies == {}
    assert explain.summary(bundle.plan) == "Nothing to do: 2 unchanged"


def test_added_and_removed() -> None:
    bundle = plan(BASE, {"b": BASE["b"], "c": Spec(body="b3")})
    added, removed = bundle.plan.steps
    assert isinstance(added, Deploy)
    assert added.before is None
    assert isinstance(removed, Remove)
    assert (removed.before.key, removed.path) == ("a", "batch-sql/audit/a.sql")
    assert bundle.plan.counts == {Action.ADDED: 1, Action.REMOVED: 1, Action.UNCHANGED: 1}


def test_off_here_is_removed_and_says_why() -> None:
    bundle = plan(BASE, {"b": BASE["b"]}, off=frozenset({"id-a"}))
    assert "removed · batch-sql audit" in "".join(f" · {f}" for f in _facts(bundle))
    assert "off in local" in _facts(bundle)


def test_a_renamed_detection_leaves_its_old_file() -> None:
    bundle = plan(BASE, {**BASE, "a": Spec(key="new")})
    deploy, discard = bundle.plan.steps
    assert isinstance(deploy, Deploy)
    assert discard == Discard("batch-sql/audit/a.sql", "moved")
    assert "was a" in _facts(bundle)


def test_two_detections_may_change_names_with_each_other() -> None:
    swapped = {"a": Spec(key="b"), "b": Spec(body="b2", key="a")}
    bundle = plan(BASE, swapped)
    assert [type(s) for s in bundle.plan.steps] == [Deploy, Deploy]
    assert bundle.plan.problems == ()


def test_a_removed_detection_gives_its_place_to_a_new_one() -> None:
    bundle = plan(BASE, {"b": BASE["b"], "new": Spec(key="a", body="b9")})
    removed = [s for s in bundle.plan.steps if isinstance(s, Remove)]
    assert [s.path for s in removed] == [""]


class TestDrift:
    def live(self, **artifacts: tuple[str, str]) -> Live:
        changed = dict(in_place(BASE).artifacts)
        for name, (digest, mode) in artifacts.items():
            path = f"batch-sql/audit/{name}.sql"
            changed[path] = LiveArtifact(path, digest, mode)
        return Live(changed, 4)

    def test_a_missing_artifact_is_put_back(self) -> None:
        live = Live({k: v for k, v in in_place(BASE).artifacts.items() if "a.sql" not in k}, 4)
        bundle = plan(BASE, BASE, live=live)
        [step] = bundle.plan.steps
        assert isinstance(step, Repair)
        assert (step.drift, step.after.action) == ("missing", Action.REPAIRED)
        assert bundle.bodies == {step.after.artifact: b"b1"}

    @pytest.mark.parametrize("found", [("0" * 64, "live"), ("", ""), (None, "shadow")])
    def test_an_altered_artifact_is_put_back(self, found: tuple[str | None, str]) -> None:
        digest, mode = found
        right = in_place(BASE).artifacts["batch-sql/audit/a.sql"].digest
        live = self.live(a=(right if digest is None else digest, mode))
        [step] = plan(BASE, BASE, live=live).plan.steps
        assert isinstance(step, Repair)
        assert step.drift == "altered"

    def test_a_foreign_artifact_is_discarded(self) -> None:
        bundle = plan(BASE, BASE, live=self.live(z=("0" * 64, "")))
        assert bundle.plan.steps == (Discard("batch-sql/audit/z.sql", "foreign"),)
        assert "1 foreign file discarded" in explain.summary(bundle.plan)

    def test_a_foreign_artifact_in_the_place_of_a_new_one_is_overwritten(self) -> None:
        live = self.live(c=("0" * 64, ""))
        [step] = plan(BASE, {**BASE, "c": Spec()}, live=live).plan.steps
        assert isinstance(step, Deploy)
        assert step.drift == "foreign"

    def test_drift_and_change_at_once_is_one_step_that_tells_both(self) -> None:
        after = {**BASE, "a": Spec(logic="l2", body="b9")}
        bundle = plan(BASE, after, live=self.live(a=("0" * 64, "live")))
        [step] = bundle.plan.steps
        assert isinstance(step, Deploy)
        assert (step.after.action, step.drift) == (Action.CHANGED, "altered")
        assert "was altered in place" in _facts(bundle)

    def test_drift_and_a_new_title_are_two_steps(self) -> None:
        after = {**BASE, "a": Spec(title="t2")}
        bundle = plan(BASE, after, live=self.live(a=("0" * 64, "live")))
        assert [type(s) for s in bundle.plan.steps] == [Repair, Document]

    def test_what_cannot_be_observed_has_no_known_drift(self) -> None:
        bundle = build(desired(BASE), release(BASE), None)
        assert (bundle.plan.steps, bundle.plan.live) == ((), "")


class TestRefused:
    NO = Refused("id-a", "a", "batch-sql", "audit", "Regex notyet")

    def test_a_new_one_is_shown_and_not_deployed(self) -> None:
        no = Refused("id-z", "z", "batch-sql", "audit", "Regex notyet")
        bundle = plan(BASE, BASE, refused=(no,))
        assert (bundle.plan.steps, bundle.plan.problems) == ((), ())
        assert "Regex notyet" in plan_text(bundle.plan).plain
        assert "1 refused" in explain.summary(bundle.plan)

    def test_a_deployed_one_stays_and_is_a_problem(self) -> None:
        bundle = plan(BASE, {"b": BASE["b"]}, refused=(replace(self.NO, deployed=1),))
        assert bundle.plan.steps == ()
        assert [e.key for e in bundle.plan.result] == ["a", "b"]
        assert "deployed as v1" in bundle.plan.problems[0]
        assert "what is deployed stays" in plan_text(bundle.plan).plain


@pytest.mark.parametrize(
    "key", ["../up", "a/../../b", "/etc/x", ".git/x", "a\x00b", "a\nb", "", "x" * 300, "a//b"]
)
def test_names_that_cannot_be_files_are_problems(key: str) -> None:
    wanted = desired({"a": Spec()})
    [entry] = wanted.entries
    bundle = build(replace(wanted, entries=(replace(entry, path=key),)), None, Live())
    assert "has an unsafe path" in bundle.plan.problems[0]


def test_two_detections_of_one_path_or_id_are_a_problem() -> None:
    bundle = plan({}, {"a": Spec(), "b": Spec(key="A")})
    assert bundle.plan.problems == ("2 detections have the same path: batch-sql/audit/a.sql",)
    wanted = desired({"a": Spec(), "b": Spec()})
    twice = replace(wanted, entries=tuple(replace(e, id="same") for e in wanted.entries))
    assert "2 detections have the same id: same" in build(twice, None, Live()).plan.problems


def test_build_is_pure_and_order_does_not_matter() -> None:
    after = {"c": Spec(body="b3"), "a": Spec(title="t2")}
    turned = dict(reversed(after.items()))
    assert plan(BASE, after).plan.digest == plan(BASE, turned).plan.digest


def test_the_digest_covers_everything() -> None:
    base = plan(BASE, {**BASE, "a": Spec(body="b9")}).plan
    others = [
        replace(base, environment="prod"),
        replace(base, base="d" * 40),
        replace(base, live="0" * 64),
        replace(base, steps=()),
        replace(base, result=base.result[:1]),
        replace(base, warnings=("w",)),
    ]
    assert len({base.digest, *(p.digest for p in others)}) == 7


class TestWords:
    def test_a_line_reads_as_promised(self) -> None:
        before = {"payout-destination-changed": Spec(version=7)}
        after = {"payout-destination-changed": Spec(logic="l2", body="b9", version=8)}
        line = plan_text(plan(before, after).plan).plain.splitlines()[1]
        old, new = (desired(s).entries[0].artifact[:8] for s in (before, after))
        assert line == (
            "~ payout-destination-changed v7 → v8 · changed · batch-sql audit · "
            f"artifact {old} → {new} · 2 cases"
        )

    def test_control_characters_never_reach_the_terminal(self) -> None:
        bundle = plan({}, {"a": Spec(key="\x1b[2Jrule\r")})
        page = plan_text(bundle.plan).plain
        assert "\x1b" not in page
        assert "\r" not in page

    def test_rich_markup_in_a_name_stays_text(self) -> None:
        console = Console(record=True, width=200, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123 - closed below
        console.print(plan_text(plan({}, {"a": Spec(key="[red]x[/red]")}).plan))
        console.file.close()
        assert "[red]x[/red]" in console.export_text()

    def test_markdown_names_are_no_markup(self) -> None:
        bundle = plan({}, {"a": Spec(key="a|b`<img>[x](y)@team")}, warnings=("w *x*",))
        page = explain.markdown(bundle.plan)
        [row] = [line for line in page.splitlines() if line.startswith("| `+`")]
        assert "a\\|b\\`&lt;img&gt;\\[x\\]\\(y\\)@\N{ZERO WIDTH SPACE}team" in row
        assert "- **warning**: w \\*x\\*" in page

    def test_json_is_the_plan(self) -> None:
        bundle = plan(BASE, {**BASE, "a": Spec(body="b9")})
        shown = json.loads(json.dumps(explain.as_json(bundle.plan)))
        assert shown["digest"] == bundle.plan.digest
        assert shown["counts"] == {"recompiled": 1, "unchanged": 1}
        assert shown["steps"][0]["kind"] == "deploy"


class TestSaved:
    @pytest.fixture
    def bundle(self) -> Bundle:
        wanted = {"b": Spec(body="é\x00"), "c": Spec(body="b3"), "d": Spec(title="x")}
        return plan({"a": Spec(), "d": Spec()}, wanted)

    def test_comes_back_whole(self, bundle: Bundle, tmp_path: Path) -> None:
        saved.write(bundle, tmp_path / "p.json")
        assert saved.read(tmp_path / "p.json") == bundle

    @pytest.mark.parametrize("where", ["plan", "digest", "bodies", "lost", "form"])
    def test_an_edit_is_found(self, bundle: Bundle, tmp_path: Path, where: str) -> None:
        data = saved.to_json(bundle)
        name = next(iter(bundle.bodies))
        if where == "plan":
            data["plan"]["environment"] = "prod"
        elif where == "digest":
            data["digest"] = "0" * 64
        elif where == "bodies":
            data["bodies"][name] = "ZXZpbA=="
        elif where == "lost":
            del data["bodies"][name]
        else:
            data["form"] = 9
        (tmp_path / "p.json").write_text(json.dumps(data))
        with pytest.raises(ConfigError, match=r"edited|has form"):
            saved.read(tmp_path / "p.json")

    @pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"form": 2}', "[" * 100_000, "\xff"])
    def test_what_is_no_plan(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "p.json").write_text(text, encoding="latin-1")
        with pytest.raises(ConfigError, match="not a saved plan"):
            saved.read(tmp_path / "p.json")

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot read"):
            saved.read(tmp_path / "p.json")
        with pytest.raises(ConfigError, match="cannot write"):
            saved.write(plan(BASE, BASE), tmp_path / "no" / "p.json")


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("v7", 7), ("v12", 12)])
def test_versions_are_read_with_and_without_letter(text: str, number: int) -> None:
    assert number_of(text, "v") == number


@pytest.mark.parametrize("text", ["", "v", "r7", "7.1", "-1", "v 7", "seven"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(ConfigError, match="not a number"):
        number_of(text, "v")


def _facts(bundle: Bundle) -> list[str]:
    return [fact for row in explain.rows(bundle.plan) for fact in row.facts]


def part(**more: Any) -> Spec:
    """A detection whose artifact is a part of a pack."""
    return Spec(suffix="json", **more)


def test_packs_that_change_are_shown_with_what_moves() -> None:
    before = {"a": part(), "b": part(body="b2"), "c": part(body="b3"), "x": Spec(body="b5")}
    after = {"a": part(), "b": part(body="new", logic="l2", version=2), "d": part(body="b4")}
    shown = plan(before, after, packed=frozenset({"batch-sql"})).plan
    [pack] = shown.packs
    assert (pack.added, pack.removed, pack.changed, pack.kept) == (
        ("id-d",),
        ("id-c",),
        ("id-b",),
        1,
    )
    line = (
        "batch-sql · 3 detections · 1 added · 1 changed · 1 removed · 1 unchanged · "
        f"{pack.before[:8]} → {pack.after[:8]}"
    )
    assert f"pack audit · {line}" in str(plan_text(shown))
    assert f"- **pack** audit: {line}" in explain.markdown(shown)
    assert explain.as_json(shown)["packs"][0]["changed"] == ["id-b"]


def test_packs_that_stay_are_not_shown() -> None:
    parts = {"a": part()}
    assert not plan(parts, parts, packed=frozenset({"batch-sql"})).plan.packs
    [gone] = plan(parts, {}, packed=frozenset({"batch-sql"})).plan.packs
    assert gone.after == ""
    shown = plan(parts, {}, packed=frozenset({"batch-sql"})).plan
    assert "→ none" in str(plan_text(shown))


# --- state, and what runs otherwise ---------------------------------------------------------------


def correlated(spec: Spec, wish: str = "") -> Desired:
    """The one detection `a`, a correlation."""
    wanted = desired({"a": spec})
    found = replace(wanted.entries[0], sources=("audit",), on_change=wish)  # type: ignore[arg-type] # any text
    return replace(wanted, entries=(found,))


def verdict_on(change: Spec, wish: str, verdict: StateDecision) -> tuple[Bundle, list[Any]]:
    """The plan for a changed correlation, and what was asked of the judge."""
    last = replace(release({}), entries=correlated(Spec()).entries)
    asked = []

    def judge(*question: Any) -> StateDecision:
        asked.append(question)
        return verdict

    old = {last.entries[0].artifact: b"b1"}
    return judged(build(correlated(change, wish), last, None), old, judge), asked


def test_a_changed_correlation_gets_a_verdict_on_its_state() -> None:
    verdict = StateDecision(Fate.REPLAY, "the timespan grew", replay_ms=1_800_000, risk_ms=90_000)
    changed = Spec(body="b2", logic="l2", version=2)
    bundle, asked = verdict_on(changed, "replay", verdict)
    assert asked == [("batch-sql", b"b1", b"b2", "replay")]
    told = "state: replay 30m, 90s at risk (the timespan grew)"
    assert told in str(plan_text(bundle.plan))
    assert bundle.plan.problems == ()
    assert saved.from_json(saved.to_json(bundle), "x").plan == bundle.plan


def test_a_wish_that_cannot_be_met_is_a_problem_of_the_plan() -> None:
    verdict = StateDecision(Fate.REPLAY, "the group changed", problem="the group changed")
    bundle, _ = verdict_on(Spec(body="b2", logic="l2", version=2), "keep", verdict)
    assert bundle.plan.problems == ("a asks to keep its state: the group changed",)


def test_only_changes_of_state_are_judged() -> None:
    _, asked = verdict_on(Spec(title="other"), "", StateDecision(Fate.KEEP, ""))
    assert asked == []


def test_what_runs_otherwise_is_a_step_of_its_own() -> None:
    finding = Finding("job-missing", "tocsin/audit", "nothing reads audit", "it is started again")
    bundle = plan(BASE, BASE, live=replace(in_place(BASE), findings=(finding,)))
    assert bundle.plan.steps == (Mend(finding),)
    line = "! tocsin/audit · job missing · nothing reads audit · it is started again"
    assert line in str(plan_text(bundle.plan))
    assert explain.summary(bundle.plan) == "1 fixed · 2 unchanged"


def test_what_no_apply_mends_is_a_warning_and_nothing_to_do() -> None:
    idle = Finding("no-worker", "workers", "nobody is there", "start one", by_hand=True)
    bundle = plan(BASE, BASE, live=replace(in_place(BASE), findings=(idle,)))
    assert bundle.plan.steps == ()
    told = str(plan_text(bundle.plan))
    assert "warning: no worker: workers: nobody is there (start one)\nNothing to do" in told


HEAVY = Finding(ISOLATED, "a", "it takes too long", "mend it")


def apart(before: State, after: State, live: Live) -> Bundle:
    """The plan that follows a release in which `a` was put apart."""
    isolated = plan(before, before, live=replace(live, findings=(HEAVY,))).plan.result
    last = replace(release(before), entries=isolated)
    return build(desired(after), last, live)


def test_a_detection_that_takes_too_long_is_put_apart() -> None:
    bundle = plan(BASE, BASE, live=replace(in_place(BASE), findings=(HEAVY,)))
    assert [(e.key, e.isolated, e.action) for e in bundle.plan.result] == [
        ("a", True, Action.ISOLATED),
        ("b", False, Action.UNCHANGED),
    ]
    told = str(plan_text(bundle.plan))
    assert "~ a v1 · isolated" in told
    assert "isolated from other detections" in told


def test_it_stays_apart_until_it_changes() -> None:
    same = apart(BASE, BASE, in_place(BASE)).plan
    assert same.steps == ()
    assert same.result[0].isolated
    changed = apart(BASE, {**BASE, "a": Spec(logic="l2", body="b3", version=2)}, in_place(BASE))
    assert [(e.isolated, e.action) for e in changed.plan.result] == [
        (False, Action.CHANGED),
        (False, Action.UNCHANGED),
    ]
    assert "no longer isolated" in str(plan_text(changed.plan))


def test_only_who_is_in_place_is_put_apart() -> None:
    after = {**BASE, "a": Spec(logic="l2", body="b3", version=2)}
    bundle = plan(BASE, after, live=replace(in_place(BASE), findings=(HEAVY,)))
    assert not bundle.plan.result[0].isolated
