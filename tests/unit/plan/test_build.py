"""Plans: the right word for every difference, drift, refusals, what stays apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploying import Spec, State, desired
from tocsin.cli.plan_text import plan_text
from tocsin.plan import explain
from tocsin.plan.build import build
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
from tocsin.state.live import Live, LiveArtifact
from unit.plan.changes import BASE, actions, facts, in_place, plan, release


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
    assert "removed · batch-sql audit" in "".join(f" · {f}" for f in facts(bundle))
    assert "off in local" in facts(bundle)


def test_a_renamed_detection_leaves_its_old_file() -> None:
    bundle = plan(BASE, {**BASE, "a": Spec(key="new")})
    deploy, discard = bundle.plan.steps
    assert isinstance(deploy, Deploy)
    assert discard == Discard("batch-sql/audit/a.sql", "moved")
    assert "was a" in facts(bundle)


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
        assert "was altered in place" in facts(bundle)

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
