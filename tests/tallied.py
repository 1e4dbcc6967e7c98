"""Tallies as they are kept, and as they are counted from all findings."""

from collections import Counter

from sqlalchemy import select

from tocsin_server.alerts.models import AlertFinding, FindingTally
from tocsin_server.alerts.tallies import COUNTED, DAY
from tocsin_server.database import Database

Tallied = dict[tuple[str, str, int], Counter[str]]


def tallied(database: Database) -> Tallied:
    """Those of the table, without days on which nothing is left."""
    with database.read() as session:
        rows = session.scalars(select(FindingTally)).all()
    found = {
        (row.detection, row.environment, row.day): Counter(
            {name: number for name in COUNTED if (number := getattr(row, name))}
        )
        for row in rows
    }
    return {where: told for where, told in found.items() if told}


def recounted(database: Database) -> Tallied:
    """Counted one finding after the other."""
    found: Tallied = {}
    with database.read() as session:
        for each in session.scalars(select(AlertFinding)):
            told = found.setdefault((each.detection, each.environment, each.last // DAY), Counter())
            for name, number in (("alerts", each.count), ("findings", 1)):
                told[name] += number
            told["undecided"] += each.state != "suppressed" and not each.disposition
            for name in {each.state, each.disposition} & set(COUNTED):
                told[name] += 1
    return {where: +told for where, told in found.items()}
