"""Questions 4, 5, 8, 9, 10, 11: who changed what, and who agreed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tocsin.plural import plural
from tocsin.site.history.model import EntryChange, ReleaseHistory
from tocsin.site.pages.answers.answer import QuestionAnswer, absent, each_or, named, say
from tocsin.site.pages.linked import NONE, PageLinks, or_none
from tocsin.site.pages.words import when

RELEASES = ("releases/index.html", "all releases")
CHANGES = ("changes.html", "all changes of the period")


def who(to: PageLinks) -> QuestionAnswer:
    """4."""
    found = to.site.in_period
    told = [r for r in found if r.wrote is not None and r.reviewed is not None]
    same = [r for r in told if not apart(r)]
    sentences = [
        say(
            "Who wrote, reviewed and applied is on record for {} of {} in the period.",
            len(told),
            plural(len(found), "release"),
        )
    ]
    if told:
        sentences.append(
            say(
                "In {} of these, somebody reviewed who neither wrote nor applied.",
                len(told) - len(same),
            )
        )
    if same:
        sentences.append(say("Nobody else did in {}.", _releases(to, same)))
    if len(told) < len(found):
        others = [r for r in found if r not in told]
        sentences.append(
            absent("Author or reviewer of the others") + say(" {}.", _releases(to, others))
        )
    question = "Who wrote, reviewed and applied it, and are these different people?"
    return QuestionAnswer(
        4, question, tuple(sentences), (RELEASES, ("persons/index.html", "all people")), bool(told)
    )


def apart(release: ReleaseHistory) -> bool:
    """Whether somebody reviewed it who neither wrote nor applied it."""
    others = {*(release.wrote or ()), release.applied}
    return bool(set(release.reviewed or ()) - others)


def approved(to: PageLinks) -> QuestionAnswer:
    """5."""
    found = to.site.in_period
    signed = [r for r in found if r.approvals]
    fitting = [r for r in signed if approved_before(r)]
    sentences = [
        say(
            "A signed approval is on record for {} of {} in the period; for {} it is one of the"
            " very plan that was carried out, from before.",
            len(signed),
            plural(len(found), "release"),
            len(fitting),
        )
    ]
    others = [r for r in signed if r not in fitting]
    if others:
        sentences.append(
            say("It is not of that plan, or not from before, in {}.", _releases(to, others))
        )
    without = [r for r in found if not r.approvals]
    if without:
        sentences.append(absent("A signed approval") + say(" {}.", _releases(to, without)))
    claimed = [r for r in without if r.claimed]
    if claimed:
        sentences.append(say("Only claimed, without a signature: {}.", _releases(to, claimed)))
    question = "Is there an approval of this very plan, from before it was deployed?"
    return QuestionAnswer(5, question, tuple(sentences), (RELEASES,), recorded=bool(signed))


def approved_before(release: ReleaseHistory) -> bool:
    """Whether an approval is of the plan that was carried out, and was given before."""
    return any(each.fits and each.at <= release.made for each in release.approvals)


def changes(to: PageLinks) -> QuestionAnswer:
    """8."""
    found = to.site.changes
    counts: dict[str, int] = {}
    for change in found:
        counts[change.action] = counts.get(change.action, 0) + 1
    told = ", ".join(f"{number} {action}" for action, number in sorted(counts.items()))
    sentences = [
        say(
            "{} made {} in the period{}.",
            plural(len(to.site.in_period), "release"),
            plural(len(found), "change"),
            f": {told}" if told else "",
        )
    ]
    return QuestionAnswer(
        8, "What are all changes of the period?", tuple(sentences), (CHANGES, RELEASES)
    )


def chain(to: PageLinks) -> QuestionAnswer:
    """9."""
    every = len(to.site.changes)
    words = say("There is no change in the period.")
    if every:
        newest = to.site.changes[0]
        words = say(
            "The changes of the period are numbered from 1 to {}; each leads to its release, with"
            " request, approvals, cases and plan: for example {} in {}.",
            every,
            to.change(newest.release, newest.entry.id),
            to.release(newest.release),
        )
    question = "What is the whole chain of a sampled change?"
    return QuestionAnswer(9, question, (words,), (CHANGES,))


def weakened(to: PageLinks) -> QuestionAnswer:
    """10."""
    found = [change for change in to.site.changes if change.weakens]
    unknown = [c for c in to.site.changes if c.action == "changed" and c.direction is None]
    sentences = [
        say("{} of the period may find less than before.", plural(len(found), "change")),
        *(_weakened(to, change) for change in found[:10]),
    ]
    if unknown:
        named_ = named([to.change(c.release, c.entry.id) for c in unknown])
        sentences.append(absent("The direction of a changed logic") + say(" {}.", named_))
    more = (("changes.html", "all changes, those that weaken are marked"),)
    question = "Which changes weakened a detection, and who accepted it?"
    return QuestionAnswer(10, question, tuple(sentences), more)


def _weakened(to: PageLinks, change: EntryChange) -> Markup:
    return say(
        "{} of {}: {}; accepted by {}.",
        to.change(change.release, change.entry.id),
        to.detection(change.entry.id),
        change.weakens,
        accepted(to, to.site.history.by_number[change.release]),
    )


def accepted(to: PageLinks, release: ReleaseHistory) -> Markup:
    """Who accepted what a release does."""
    if release.reviewed:
        return to.persons(release.reviewed)
    if release.claimed:
        return say("{} (claimed)", to.persons(release.claimed))
    return NONE


def emergencies(to: PageLinks) -> QuestionAnswer:
    """11."""
    found = [r for r in to.site.in_period if r.consent and r.consent.emergency]
    told = (
        say(
            "{} at {} UTC, applied by {}: {}; reviewed afterwards: {}.",
            to.release(r.number),
            when(r.made),
            to.person(r.applied),
            r.consent.emergency if r.consent else "",
            or_none(r.reviewed_later),
        )
        for r in found
    )
    sentences = list(
        each_or(told, say("No release of the period was let through as an emergency."))
    )
    unknown = [r for r in to.site.in_period if r.consent is None]
    if unknown:
        sentences.append(absent("Whether others were") + say(" {}.", _releases(to, unknown)))
    question = "Which changes were emergencies, and were they reviewed in time afterwards?"
    more = (("exceptions.html", "exceptions and mutes"), RELEASES)
    recorded = len(unknown) < len(to.site.in_period)
    return QuestionAnswer(11, question, tuple(sentences), more, recorded)


def _releases(to: PageLinks, found: Sequence[ReleaseHistory]) -> Markup:
    return named([to.release(each.number) for each in found])
