"""Whether a site is as it was made: each file, who signed it, and the ledger it is from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from tocsin import gate
from tocsin.app.environment import open_environment
from tocsin.errors import ConfigError, LedgerError
from tocsin.front.place import find_project
from tocsin.front.project import read_settings
from tocsin.plural import plural
from tocsin.site.exports.folder import differences
from tocsin.site.exports.manifest import ENVELOPE, FILE, KIND, MAX_BYTES, SiteManifest, parse
from tocsin.trust.dsse import Envelope
from tocsin.trust.trust_file import KeyRole, Trust, UntrustedError, Use, read_trust

_ROLES: tuple[KeyRole, ...] = ("site", "release")
"""Whoever may sign releases may sign what is told of them."""


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What was checked and found. `by`: who signed it, else `why` that is not known.

    `ledger`: how the site stands to the ledger of the project that is here, or why it was not
    compared.
    """

    project: str = ""
    environment: str = ""
    head: str = ""
    files: int = 0
    findings: tuple[str, ...] = ()
    by: str = ""
    why: str = ""
    ledger: str = ""

    @property
    def verdict(self) -> Literal["proven", "unproven", "damaged"]:
        """Digests alone prove nothing: whoever changes files writes a manifest that fits."""
        if self.findings:
            return "damaged"
        return "proven" if self.by else "unproven"


def verify_site(
    folder: Path, trust_file: Path | None, project: Path | None = None, remote: str = ""
) -> SiteReport:
    """Look at every file of a site. Damage is a finding; ConfigError where there is no site."""
    trust = read_trust(trust_file) if trust_file else None
    try:
        data = gate.read(folder / FILE, MAX_BYTES)
    except gate.MissingError as error:
        hint = "`tocsin coverage --env ENV --out DIR` makes a site"
        raise ConfigError(f"{folder} holds no site: it has no {FILE}", hint=hint) from error
    try:
        manifest = parse(data)
    except ValueError as error:
        return SiteReport(findings=(f"{FILE} is not the manifest of a site: {error}",))
    by, why, wrong = _signature(folder, data, manifest, trust)
    ledger, strange = _ledger(manifest, project, remote)
    return SiteReport(
        manifest.project,
        manifest.environment,
        manifest.head,
        len(manifest.files),
        (*wrong, *strange, *differences(folder, manifest.files)),
        by,
        why,
        ledger,
    )


def _signature(
    folder: Path, data: bytes, manifest: SiteManifest, trust: Trust | None
) -> tuple[str, str, tuple[str, ...]]:
    """Who signed the manifest, why that is not known, and what is wrong with it."""
    if trust is None:
        return "", "no trust file was given", ()
    try:
        envelope = Envelope.decode(gate.read(folder / ENVELOPE, MAX_BYTES), data)
        return _signer(envelope, manifest, trust), "", ()
    except gate.MissingError:
        why = "it has no signature"
    except UntrustedError as error:
        why = error.message
    except ValueError as error:
        why = f"its signature cannot be read: {error}"
    return "", why, (f"{FILE}: {why}",)


def _signer(envelope: Envelope, manifest: SiteManifest, trust: Trust) -> str:
    """The name of the key. It must count at some time from the end of the period until now.

    A manifest says no time of its own: the same site has the same bytes, whenever it is made.
    """
    now = datetime.now(UTC)
    begins = (key.since for key in trust.keys if key.since and manifest.until < key.since <= now)
    failure = UntrustedError("it has no signature")
    for at in (manifest.until, *sorted(begins)):
        for role in _ROLES:
            try:
                return trust.signer(envelope, KIND, Use(role, manifest.environment, at)).name
            except UntrustedError as error:
                failure = error
    raise failure


def _ledger(
    manifest: SiteManifest, project: Path | None, remote: str
) -> tuple[str, tuple[str, ...]]:
    """How the site stands to the ledger here, in words, and what is wrong with that."""
    try:
        root = find_project(project or Path())
        name = read_settings(root).project.name
        if name != manifest.project:
            return f"not compared: the project here is {name}", ()
        opened = open_environment(manifest.environment, root, remote=remote, resolve=False)
        commits = opened.ledger.branch.commits()
    except (ConfigError, LedgerError) as error:
        return f"not compared: {error.message}", ()
    if manifest.head not in commits:
        lost = f"the ledger of {manifest.environment} does not hold {manifest.head[:12]}"
        return "another", (f"{lost}, from which the site was made",)
    after = commits.index(manifest.head)
    if not after:
        return "it was made from the last commit", ()
    return f"it was made from a commit of it, {plural(after, 'commit')} before the last", ()
