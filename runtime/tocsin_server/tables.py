"""All tables: those of every feature, for migrations."""

from __future__ import annotations

import tocsin_server.alerts.models
import tocsin_server.audit.models
import tocsin_server.auth.models
import tocsin_server.auth.oidc.models
import tocsin_server.console.models
import tocsin_server.dispositions.models
import tocsin_server.ingest.models
import tocsin_server.sinks.models
import tocsin_server.suppressions.models  # noqa: F401 - their tables register themselves
from tocsin_server.base import TableBase

METADATA = TableBase.metadata
