"""The twenty questions of an auditor, in their order."""

from __future__ import annotations

from tocsin.site.pages.answers import making, presence, record, substance
from tocsin.site.pages.answers.answer import QuestionAnswer
from tocsin.site.pages.linked import PageLinks

_TWENTY = (
    presence.live_then,
    presence.covered,
    substance.exact_text,
    making.who,
    making.approved,
    substance.tested,
    substance.both_cases,
    making.changes,
    making.chain,
    making.weakened,
    making.emergencies,
    record.failed,
    presence.exceptions_then,
    presence.not_live,
    record.drift,
    record.approved_bytes,
    substance.controls,
    substance.logs,
    presence.last_fired,
    record.whole,
)


def answers(to: PageLinks) -> list[QuestionAnswer]:
    """All of them, as this site answers them."""
    return [answer(to) for answer in _TWENTY]
