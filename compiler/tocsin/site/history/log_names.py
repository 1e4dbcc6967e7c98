"""What ATT&CK calls the log that a rule's `logsource` means. It is our reading: MITRE has no table.

A row: what `logsource` says, and the beginnings of ATT&CK's names. Of a name with event codes
(`WinEventLog:Sysmon EventCode=3, 22`) one of the row's codes must be among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

_SYSMON, _SECURITY, _POWERSHELL = (
    "WinEventLog:Sysmon",
    "WinEventLog:Security",
    "WinEventLog:PowerShell",
)
_ENDPOINT = ("macos:endpointsecurity", "macos:unifiedlog", "macos:osquery")
_FILES = ("fs:fsusage", "fs:fsevents", "fs:fileevents", "macos:endpointsecurity")

# Event codes of Sysmon, and of the Security log where it has the same events.
_WINDOWS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "process_creation": {_SYSMON: (1,), _SECURITY: (4688,)},
    "file_change": {_SYSMON: (2,)},
    "network_connection": {_SYSMON: (3,), _SECURITY: (5156, 5157)},
    "process_termination": {_SYSMON: (5,), _SECURITY: (4689,)},
    "driver_load": {_SYSMON: (6,)},
    "image_load": {_SYSMON: (7,)},
    "create_remote_thread": {_SYSMON: (8,)},
    "raw_access_thread": {_SYSMON: (9,)},
    "process_access": {_SYSMON: (10,)},
    "file_event": {_SYSMON: (11,)},
    "registry_add": {_SYSMON: (12,)},
    "registry_delete": {_SYSMON: (12,)},
    "registry_set": {_SYSMON: (13,), _SECURITY: (4657,)},
    "registry_event": {_SYSMON: (12, 13, 14), _SECURITY: (4657,)},
    "registry_rename": {_SYSMON: (14,)},
    "create_stream_hash": {_SYSMON: (15,)},
    "pipe_created": {_SYSMON: (17, 18)},
    "wmi_event": {_SYSMON: (19, 20, 21)},
    "dns_query": {_SYSMON: (22,)},
    "file_delete": {_SYSMON: (23, 26)},
    "process_tampering": {_SYSMON: (25,)},
    "ps_script": {_POWERSHELL: ()},
    "ps_module": {_POWERSHELL: ()},
    "ps_classic_start": {_POWERSHELL: ()},
}
_SERVICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("windows", "security"): (_SECURITY,),
    ("windows", "sysmon"): (_SYSMON,),
    ("windows", "system"): ("WinEventLog:System",),
    ("windows", "application"): ("WinEventLog:Application",),
    ("windows", "powershell"): (_POWERSHELL,),
    ("windows", "powershell-classic"): (_POWERSHELL,),
    ("windows", "taskscheduler"): ("WinEventLog:TaskScheduler",),
    ("windows", "wmi"): ("WinEventLog:WMI",),
    ("windows", "windefend"): (
        "WinEventLog:Windows Defender",
        "WinEventLog:Microsoft-Windows-Windows Defender",
    ),
    ("windows", "firewall-as"): (
        "WinEventLog:Microsoft-Windows-Windows Firewall With Advanced Security",
    ),
    ("windows", "codeintegrity-operational"): (
        "WinEventLog:Microsoft-Windows-CodeIntegrity",
        "WinEventLog:CodeIntegrity",
    ),
    ("windows", "applocker"): ("WinEventLog:AppLocker",),
    ("linux", "auditd"): ("auditd:",),
    ("linux", "syslog"): ("linux:syslog",),
    ("linux", "auth"): ("linux:auth", "linux:syslog", "auditd:USER_LOGIN"),
    ("linux", "sshd"): ("linux:auth", "linux:syslog", "auditd:USER_LOGIN"),
    ("linux", "cron"): ("linux:cron", "linux:syslog"),
    ("aws", "cloudtrail"): ("AWS:CloudTrail", "CloudTrail:"),
    ("azure", "activitylogs"): ("azure:activity",),
    ("azure", "auditlogs"): ("azure:audit", "Microsoft Entra ID Audit Logs"),
    ("azure", "signinlogs"): ("azure:signinlogs", "m365:signinlogs"),
    ("gcp", "gcp.audit"): ("gcp:audit",),
    ("gcp", "google_workspace.admin"): ("saas:googleworkspace", "gcp:workspaceaudit"),
    ("gcp", "google_workspace.login"): ("saas:googleworkspace", "gcp:workspaceaudit"),
    ("m365", "audit"): ("m365:unified", "m365:audit"),
    ("m365", "exchange"): ("m365:exchange", "m365:unified"),
    ("m365", "threat_management"): ("m365:defender", "m365:unified"),
    ("okta", "okta"): ("saas:okta", "Okta:SystemLog"),
    ("github", "audit"): ("saas:github",),
    ("kubernetes", "audit"): ("kubernetes:audit", "kubernetes:apiserver"),
    ("zeek", "conn"): ("NSM:Flow", "NSM:Connections"),
    ("cisco", "aaa"): ("networkdevice:cli", "networkdevice:syslog"),
}
_CATEGORIES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("linux", "process_creation"): ("auditd:EXECVE", "linux:Sysmon"),
    ("linux", "file_event"): ("auditd:PATH", "auditd:FILE", "linux:Sysmon"),
    ("linux", "network_connection"): ("linux:Sysmon",),
    ("macos", "process_creation"): _ENDPOINT,
    ("macos", "file_event"): _FILES,
    ("", "firewall"): ("NSM:Firewall", "iptables:LOG", "networkdevice:Firewall"),
    ("", "webserver"): ("ApplicationLog:WebServer", "apache:access_log"),
    ("", "dns"): ("dns:query",),
}
_CODES = re.compile(r"[0-9]+")


@lru_cache(maxsize=4096)
def same_log(logsource: str, name: str) -> bool:
    """Whether what a rule says (`product=okta, service=okta`) and ATT&CK's name are one log."""
    plain, _, codes = name.partition(" EventCode=")
    named = set(map(int, _CODES.findall(codes)))
    return any(
        plain.casefold().startswith(start.casefold())
        and (not wanted or bool(named.intersection(wanted)))
        for start, wanted in _names(logsource)
    )


def _names(logsource: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    said = dict(part.split("=", 1) for part in logsource.split(", ") if "=" in part)
    product, category, service = (said.get(k, "") for k in ("product", "category", "service"))
    if product == "windows":
        yield from _WINDOWS.get(category, {}).items()
    found = (*_SERVICES.get((product, service), ()), *_CATEGORIES.get((product, category), ()))
    yield from ((start, ()) for start in found)
