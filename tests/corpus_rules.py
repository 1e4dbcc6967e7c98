"""Rules of any place as queries over no declared source."""

from collections.abc import Sequence

from tocsin.front.collect import RuleSet
from tocsin.front.relate import relate_inferred
from tocsin.front.rule import Rule
from tocsin.ir.query import Resolved
from tocsin.scan.infer import UNBOUND


def bind(rules: Sequence[Rule], *, ignore_logsource: bool) -> tuple[Resolved, ...]:
    """The queries of event rules."""
    found = RuleSet(tuple(rules), (), 0)
    return relate_inferred(found, UNBOUND, ignore_logsource=ignore_logsource).queries
