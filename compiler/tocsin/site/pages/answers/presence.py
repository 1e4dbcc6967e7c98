"""Questions 1, 2, 13, 14 and 19: what was live when, and what was not."""

from __future__ import annotations

from markupsafe import Markup

from tocsin.plural import plural
from tocsin.site.history.model import ExceptionRecord, TechniqueHistory
from tocsin.site.pages.answers.answer import QuestionAnswer, absent, named, say
from tocsin.site.pages.linked import PageLinks, or_none
from tocsin.site.pages.spans import gaps, live_seconds
from tocsin.site.pages.words import how_long, when


def live_then(to: PageLinks) -> QuestionAnswer:
    """1."""
    history, counts = to.site.history, to.site.state_counts
    last = history.releases[-1]
    sentences = [
        say(
            "At {} UTC, {} were live in {}, by {}.",
            when(history.period.end),
            plural(counts["live"], "detection"),
            history.environment,
            to.release(last.number),
        )
    ]
    others = [f"{counts[state]} {state}" for state in ("shadow", "muted", "absent")]
    sentences.append(say("Not live were {}.", ", ".join(others)))
    more = (("detections/index.html", "all detections, live ones first"),)
    return QuestionAnswer(1, "Which detections were live then?", tuple(sentences), more)


def covered(to: PageLinks) -> QuestionAnswer:
    """2."""
    site, period = to.site, to.site.history.period
    whole = [t for t in site.history.techniques if "." not in t.id]
    ever = [t for t in whole if live_seconds(t.spans, period)]
    broken = [t for t in ever if gaps(t.spans, period)]
    sentences = [
        say(
            "Between {} and {} UTC, {} had a live detection; with gaps: {}.",
            when(period.begin),
            when(period.end),
            plural(len(ever), "technique"),
            len(broken),
        )
    ]
    if broken:
        sentences.append(say("Gaps: {}.", named([_gap(to, each) for each in broken])))
    more = (("techniques/index.html", "each technique with its gaps, as picture and table"),)
    question = "What covered a technique in the period, and where are gaps?"
    return QuestionAnswer(2, question, tuple(sentences), more, recorded=bool(whole))


def _gap(to: PageLinks, technique: TechniqueHistory) -> Markup:
    found = max(gaps(technique.spans, to.site.history.period), key=lambda gap: gap.seconds)
    words = f"{how_long(found.seconds)}, {found.reason}"
    record = say(", {}", to.release(found.release)) if found.release else ""
    return say("{} ({}{})", to.technique(technique.id), words, record)


def exceptions_then(to: PageLinks) -> QuestionAnswer:
    """13."""
    history = to.site.history
    active = [each for each in history.exceptions if each.holds(history.period.end)]
    sentences = [
        say("At {} UTC, {} held.", when(history.period.end), plural(len(active), "exception")),
        *(_exception(to, each) for each in active[:5]),
    ]
    if history.releases[-1].form == 1:
        sentences.append(absent("Mutes and emergencies"))
    sentences.append(absent("Silences and exceptions of the alert server"))
    more = (("exceptions.html", "all exceptions and mutes of the period"),)
    question = "Which exceptions and mutes held then: owner, reason, expiry?"
    return QuestionAnswer(13, question, tuple(sentences), more)


def _exception(to: PageLinks, each: ExceptionRecord) -> Markup:
    what = to.detection(each.detection) if each.detection else Markup("all detections")
    return say(
        "{} of {}: owner {}, reason {}, expires {}, ticket {} ({}).",
        each.kind,
        what,
        or_none(each.owner),
        or_none(each.reason),
        say("{} UTC", when(each.end)) if each.end else "never",
        or_none(each.ticket),
        to.release(each.release),
    )


def not_live(to: PageLinks) -> QuestionAnswer:
    """14."""
    period = to.site.history.period
    there = [each for each in to.site.listed if live_seconds(each.spans, period)]
    broken = [(each, gaps(each.spans, period)) for each in there]
    found = [
        say(
            "{} ({}, {})",
            to.detection(each.id),
            how_long(sum(gap.seconds for gap in its)),
            to.release(its[-1].release),
        )
        for each, its in broken
        if its
    ]
    sentences = [
        say(
            "{} had times without being live, of {} that were live at some time of the period.",
            plural(len(found), "detection"),
            len(there),
        )
    ]
    if found:
        sentences.append(say("They are: {}.", named(found)))
    sentences.append(absent("Whether a live detection was blind, since its events did not arrive"))
    more = (("detections/index.html", "each detection's page has its times and reasons"),)
    question = "When was something not live or blind, and how long?"
    return QuestionAnswer(14, question, tuple(sentences), more)


def last_fired(to: PageLinks) -> QuestionAnswer:
    """19."""
    del to
    facts = ("data was last seen for a detection", "one last fired", "a canary last proved one")
    sentences = tuple(absent(f"When {fact}") for fact in facts)
    question = "When did it last fire, or was it last proven?"
    return QuestionAnswer(19, question, sentences, recorded=False)
