"""Questions 3, 6, 7, 17 and 18: texts, cases, controls and logs."""

from __future__ import annotations

from collections import defaultdict

from markupsafe import Markup

from tocsin.plural import plural
from tocsin.site.history.model import ControlHistory
from tocsin.site.pages.answers.answer import QuestionAnswer, absent, named, say
from tocsin.site.pages.context import is_silent, present_runs
from tocsin.site.pages.linked import PageLinks

DETECTION_PAGES = (("detections/index.html", "each detection's page"),)


def exact_text(to: PageLinks) -> QuestionAnswer:
    """3."""
    live = to.site.live
    texts = [each for each in live if each.texts.rule is not None]
    sentences = [
        say(
            "The exact text is on record for {} of {}, with the bytes that were deployed and their"
            " SHA-256.",
            len(texts),
            plural(len(live), "live detection"),
        )
    ]
    if len(texts) < len(live):
        without = [to.detection(each.id) for each in live if each.texts.rule is None]
        sentences.append(absent("Text of the others") + say(" They are {}.", named(without)))
    question = "What exactly was its text, and which bytes ran?"
    return QuestionAnswer(3, question, tuple(sentences), DETECTION_PAGES, recorded=bool(texts))


def tested(to: PageLinks) -> QuestionAnswer:
    """6."""
    live, passed = to.site.live, to.site.tested
    runs = [run for each in live for run in present_runs(each)]
    if not runs:
        sentences = [absent("Runs of cases")]
    else:
        engines = sorted({f"{run.proof.engine} {run.proof.version}" for run in runs})
        sentences = [
            say(
                "Cases of the present version are on record, and all passed, for {} of {}.",
                sum(1 for each in live if each.id in passed),
                plural(len(live), "live detection"),
            ),
            say("They ran on {}.", ", ".join(engines)),
            say("The last ran for {}.", to.release(max(run.release for run in runs))),
        ]
    untested = [to.detection(each.id) for each in live if not present_runs(each)]
    if runs and untested:
        sentences.append(say("No case is on record of {}.", named(untested)))
    question = "When was it tested, on which engines, with which result?"
    return QuestionAnswer(6, question, tuple(sentences), DETECTION_PAGES, recorded=bool(runs))


def both_cases(to: PageLinks) -> QuestionAnswer:
    """7."""
    live = to.site.live
    kinds = {each.id: {is_silent(run) for run in present_runs(each)} for each in live}
    recorded = [id_ for id_, found in kinds.items() if found]
    lacking = [to.detection(id_) for id_ in recorded if len(kinds[id_]) == 1]
    sentences = [
        say(
            "A case that fires and one that stays silent are on record for {} of {}.",
            sum(1 for id_ in recorded if len(kinds[id_]) > 1),
            plural(len(live), "live detection"),
        )
    ]
    if lacking:
        sentences.append(say("One of the two is missing for {}.", named(lacking)))
    if len(recorded) < len(live):
        sentences.append(absent(f"Cases of {plural(len(live) - len(recorded), 'detection')}"))
    question = "Does each have a case that fires and one that is silent?"
    return QuestionAnswer(7, question, tuple(sentences), DETECTION_PAGES, recorded=bool(recorded))


def controls(to: PageLinks) -> QuestionAnswer:
    """17."""
    history = to.site.history
    by_catalogue: dict[str, list[ControlHistory]] = defaultdict(list)
    for control in history.controls:
        by_catalogue[control.catalogue].append(control)
    sentences = [_catalogue(name, found) for name, found in sorted(by_catalogue.items())]
    sentences += [
        say(
            "Mapping {}, version {}, is by {} and of ATT&amp;CK {} ({}).",
            each.title,
            each.version,
            each.whose,
            each.attack,
            to.release(each.release),
        )
        for each in history.mappings
    ]
    if not history.mappings:
        sentences.append(absent("Mappings of controls to techniques"))
    more = (("controls/index.html", "all controls with their evidence"),)
    question = "Which detections support a control, and whose mapping says so?"
    return QuestionAnswer(17, question, tuple(sentences), more, recorded=bool(history.controls))


def _catalogue(name: str, found: list[ControlHistory]) -> Markup:
    authors = sum(1 for c in found if any(not e.mapping for e in c.evidence))
    mapped = sum(1 for c in found if any(e.mapping for e in c.evidence))
    return say(
        "{}: evidence for {}; for {} by a detection's own author, for {} by a mapping.",
        name,
        plural(sum(1 for c in found if c.evidence), "control"),
        authors,
        mapped,
    )


def logs(to: PageLinks) -> QuestionAnswer:
    """18."""
    history = to.site.history
    needed = sorted(
        {s for each in to.site.live for s in (each.entry.sources or (each.entry.source,))}
    )
    declared = {each.name for each in history.sources if each.declared}
    lacking = [to.source(name) for name in needed if name not in declared]
    sentences = [
        say(
            "Live detections need {}: {}.",
            plural(len(needed), "source"),
            named([to.source(name) for name in needed]),
        ),
        say("Declared then: {} of them.", len(needed) - len(lacking)),
    ]
    if lacking:
        sentences.append(say("Not declared: {}.", named(lacking)))
    sentences.append(absent("Whether their events arrived"))
    more = (("sources/index.html", "all sources with fields and detections"),)
    question = "Which logs are needed, and which are declared?"
    return QuestionAnswer(18, question, tuple(sentences), more, recorded=bool(needed))
