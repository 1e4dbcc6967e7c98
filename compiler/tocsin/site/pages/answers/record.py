"""Questions 12, 15, 16 and 20: what failed, what drifted, and whether the record is whole."""

from __future__ import annotations

from markupsafe import Markup

from tocsin.plural import plural
from tocsin.site.history.model import DriftHistory
from tocsin.site.pages.answers.answer import QuestionAnswer, absent, each_or, say
from tocsin.site.pages.answers.making import approved_before
from tocsin.site.pages.linked import NONE, PageLinks
from tocsin.site.pages.words import short, when
from tocsin.state.ledger_event import Attempt

ATTEMPTS = ("attempts.html", "all attempts, drift and checks")
EVIDENCE = ("evidence.html", "the record itself")
_FIRST_FORM_WITH_EVENTS = 2


def failed(to: PageLinks) -> QuestionAnswer:
    """12."""
    history = to.site.history
    found = [e for e in history.events if isinstance(e, Attempt) and history.period.holds(e.at)]
    told = (
        say(
            "{}: {} {} at {} UTC: {}.",
            to.event(each.n),
            each.command,
            each.outcome,
            when(each.at),
            each.message,
        )
        for each in found
        if each.outcome != "refused"
    )
    sentences = list(each_or(told, say("No deployment of the period failed or was reverted.")))
    refused = sum(1 for each in found if each.outcome == "refused")
    sentences.append(say("{} refused before anything was changed.", plural(refused, "command")))
    recorded = _keeps_events(to)
    if not recorded:
        sentences = [absent("Attempts")]
    question = "Which deployments failed or were reverted?"
    return QuestionAnswer(12, question, tuple(sentences), (ATTEMPTS,), recorded)


def _keeps_events(to: PageLinks) -> bool:
    history = to.site.history
    newer = any(r.form >= _FIRST_FORM_WITH_EVENTS for r in history.releases)
    return newer or bool(history.events)


def drift(to: PageLinks) -> QuestionAnswer:
    """15."""
    found = to.site.history.drifts
    nothing = say("No difference between what ran and what was released was recorded.")
    sentences = each_or((_drift(to, each) for each in found), nothing)
    looks = absent("Looks that found no difference")
    question = "Which drift was found, and when was it mended?"
    recorded = bool(found) or _keeps_events(to)
    if not recorded:
        sentences = (absent("Drift"),)
    return QuestionAnswer(15, question, (*sentences, looks), (ATTEMPTS,), recorded)


def _drift(to: PageLinks, each: DriftHistory) -> Markup:
    mended = (
        say("mended at {} UTC by {}", when(each.mended), to.release(each.by))
        if each.mended
        else say("not mended until the end of the period")
    )
    return say(
        "{} from {} found at {} UTC, {}.",
        plural(each.number, "difference"),
        to.release(each.release),
        when(each.found),
        mended,
    )


def approved_bytes(to: PageLinks) -> QuestionAnswer:
    """16."""
    history, last = to.site.history, to.site.history.releases[-1]
    approval = (
        say("its plan, with the digest of each artifact, was approved before")
        if approved_before(last)
        else say("an approval of its plan: {}", NONE)
    )
    sentences = [say("The last release is {}; {}.", to.release(last.number), approval)]
    open_drift = [each for each in history.drifts if not each.mended]
    sentences += [_drift(to, each) for each in open_drift]
    sentences.append(
        absent("What ran at that moment")
        + say(" <code>tocsin status --record</code> compares it, and records what differs.")
    )
    question = "Did production run the approved bytes?"
    more = (EVIDENCE, ATTEMPTS)
    return QuestionAnswer(16, question, tuple(sentences), more, recorded=approved_before(last))


def whole(to: PageLinks) -> QuestionAnswer:
    """20."""
    evidence = to.site.history.evidence
    sentences = [
        say(
            "Signatures of all releases together: {}, {}.",
            evidence.standing.verdict,
            evidence.standing.words,
        ),
        _findings(evidence.findings),
        say("The record ends with commit <code>{}</code>.", short(evidence.head)),
    ]
    if evidence.verified is None:
        sentences.append(absent("A recorded run of `tocsin verify`"))
    else:
        seen = evidence.verified
        sentences.append(
            say(
                "{}: <code>tocsin verify</code> looked at {} at {} UTC and found {}.",
                to.event(seen.n),
                plural(seen.releases, "release"),
                when(seen.at),
                plural(seen.number, "problem"),
            )
        )
    question = "Is the record complete and unaltered, and who signed it?"
    recorded = evidence.findings is not None
    return QuestionAnswer(20, question, tuple(sentences), (EVIDENCE,), recorded)


def _findings(findings: tuple[str, ...] | None) -> Markup:
    if findings is None:
        return absent("Digests and chain were not checked for this site")
    if not findings:
        return say("Digests and chain of all releases fit.")
    return say("{} found: {}", plural(len(findings), "problem"), "; ".join(findings[:5]))
