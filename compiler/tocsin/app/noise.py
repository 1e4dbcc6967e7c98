"""How much detections say: from a server's API, or from its database where that is at hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from tocsin import gate
from tocsin.app.kept_alerts import KeptAlerts
from tocsin.errors import ConfigError, TocsinError
from tocsin.front.place import find_project
from tocsin.front.project import read_settings
from tocsin.model.noise import DetectionNoise, NoiseReport
from tocsin.parse_errors import first_line
from tocsin.plan.explain import former_of
from tocsin.plan.steps import Plan
from tocsin.progress import Notify

PLAN_DAYS = 14
"""What a plan looks back at."""
_MOST_BYTES = 64 * gate.MIB


def noise_report(
    kept: KeptAlerts, environment: str, days: int, project: Path | None
) -> NoiseReport:
    """All detections of an environment that raised alerts in the last days.

    The project's own database is asked about the project's environments alone: ConfigError.
    """
    if not kept.server and not kept.database:
        read_settings(find_project(project or Path())).environment(environment)
    asked = _asked if kept.server else _read
    found = asked(kept, environment, days, project)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return NoiseReport(environment=environment, at=now, days=days, detections=tuple(found))


def noise_of_plan(
    kept: KeptAlerts, plan: Plan, project: Path | None, notify: Notify
) -> NoiseReport | None:
    """What a plan changes or removes, and how much it said until now; None where nobody knows.

    A server that is away keeps no plan from being made: it is said, and that is all.
    """
    changed = {former for step in plan.steps if (former := former_of(step))}
    if not changed or not kept.is_there(project):
        return None
    try:
        report = noise_report(kept, plan.environment, PLAN_DAYS, project)
    except TocsinError as error:
        notify(f"how much these detections said is not known: {error.message}")
        return None
    return of_some(report, changed)


def of_some(report: NoiseReport, wanted: Collection[str]) -> NoiseReport:
    """The report, of these detections alone."""
    some = tuple(each for each in report.detections if each.detection in wanted)
    return report.model_copy(update={"detections": some})


def read_report(file: Path) -> NoiseReport:
    """What `tocsin noise --format json` wrote. Raises ConfigError for anything else."""
    return report_in(read_noise(file), file)


def read_noise(file: Path) -> bytes:
    """The bytes of such a file."""
    return gate.read(file, _MOST_BYTES)


def report_in(data: bytes, file: Path) -> NoiseReport:
    """What the bytes of such a file say. Raises ConfigError if they are none."""
    try:
        return NoiseReport.model_validate(gate.loads(data))
    except ValidationError as error:
        why = first_line(error)
    except ValueError:
        why = "it is not JSON"
    raise ConfigError(
        f"it is not a report of noise: {why}",
        hint="`tocsin noise --format json` writes one",
        file=file,
    )


def _asked(kept: KeptAlerts, environment: str, days: int, _: Path | None) -> list[DetectionNoise]:
    with kept.asked() as client:
        return _noises(client.noise(days, environment))


def _read(
    kept: KeptAlerts, environment: str, days: int, project: Path | None
) -> list[DetectionNoise]:
    with kept.read(project) as session:
        from tocsin_server.dispositions.noise import NoiseQuery, noise  # noqa: PLC0415 - an extra

        return _noises(noise(session, NoiseQuery(days=days, environment=environment)))


def _noises(found: Iterable[object]) -> list[DetectionNoise]:
    names = DetectionNoise.model_fields
    return [
        DetectionNoise.model_validate({name: getattr(each, name) for name in names})
        for each in found
    ]
