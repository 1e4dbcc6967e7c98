"""A normal day of the company: each function gives the events of one source, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from people import (
    DEVELOPERS,
    FINANCE,
    HOUR,
    MERCHANTS,
    REPOS,
    SERVICES,
    STAFF,
    SUPPORT,
    Day,
    Event,
    Merchant,
    Timed,
)

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/133.0"
_APPS = ("Mail", "Wiki", "Tickets", "GitHub", "AWS", "Payments Dashboard", "Calendar", "Chat")
DEPLOYMENTS = (8.6, 9.9, 10.8, 13.4, 14.3, 15.1)
"""Hours at which a version of a service goes out."""


def okta(day: Day) -> Iterator[Timed]:
    """People sign in with their second factor, open applications, and leave."""
    for person in STAFF:
        start = day.morning()
        if day.chance.random() < 0.2:
            yield start - 20, _okta(day, person, "user.session.start", "INVALID_CREDENTIALS")
        yield start, _okta(day, person, "user.session.start")
        yield start + 9, _okta(day, person, "user.authentication.auth_via_mfa")
        for _ in range(16):
            app = day.chance.choice(_APPS)
            opened = _okta(day, person, "user.authentication.sso")
            yield day.office_hours(), {**opened, "displayMessage": f"User single sign on to {app}"}
        yield day.evening(), _okta(day, person, "user.session.end")


def _okta(day: Day, person: str, kind: str, failed: str = "") -> Event:
    address = day.address(person)
    office = address.startswith("203.")
    return {
        "eventType": kind,
        "severity": "WARN" if failed else "INFO",
        "outcome": {"result": "FAILURE", "reason": failed} if failed else {"result": "SUCCESS"},
        "actor": {"type": "User", "alternateId": f"{person}@example.com"},
        "client": {"ipAddress": address, "device": "Computer"},
        "securityContext": {"asNumber": 64496 if office else 64510, "isProxy": False},
    }


def github(day: Day) -> Iterator[Timed]:
    """Code is fetched, pushed and merged; robots test it and deploy it."""
    for person, _ in product(DEVELOPERS, range(45)):
        action = day.chance.choice(("git.fetch", "git.fetch", "git.push", "pull_request.create"))
        yield day.office_hours(), _github(day, person, action)
    for person in DEVELOPERS:
        yield day.morning() + HOUR, _github(day, person, "git.clone")
        yield day.office_hours(), _github(day, person, "pull_request.merge")
    for _ in range(260):
        yield day.any_time(), _robot(day, "git.clone", "example-ci[bot]")
    for hour in DEPLOYMENTS:
        yield hour * HOUR, _robot(day, "workflows.completed_workflow_run", "example-deploy[bot]")


def _github(day: Day, person: str, action: str) -> Event:
    return {
        "action": action,
        "actor": person,
        "actor_ip": day.address(person),
        "actor_is_bot": False,
        "external_identity_nameid": f"{person}@example.com",
        "repo": f"example/{day.chance.choice(REPOS)}",
        "public_repo": False,
        "programmatic_access_type": "Fine-grained personal access token",
    }


def _robot(day: Day, action: str, name: str) -> Event:
    repo = f"example/{day.chance.choice(REPOS)}"
    return {"action": action, "actor": name, "actor_is_bot": True, "repo": repo, "conclusion": "ok"}


def kubernetes(day: Day) -> Iterator[Timed]:
    """Controllers look after everything, deployments change images, people look at pods."""
    for _ in range(900):
        service = day.chance.choice(SERVICES)
        verb, what = day.chance.choice((("get", "secrets"), ("update", "leases"), ("list", "pods")))
        account = f"system:serviceaccount:{service}:{service}"
        yield day.any_time(), _kubernetes(account, verb, what, service)
    for hour, service in zip(DEPLOYMENTS, SERVICES, strict=True):
        argo = "system:serviceaccount:argocd:argocd-application-controller"
        yield hour * HOUR + 70, _kubernetes(argo, "patch", "deployments", service)
    for _ in range(240):
        person = f"{day.chance.choice(DEVELOPERS)}@example.com"
        verb = day.chance.choice(("get", "list"))
        yield day.office_hours(), _kubernetes(person, verb, "pods", day.chance.choice(SERVICES))


def _kubernetes(user: str, verb: str, what: str, namespace: str) -> Event:
    return {
        "level": "Metadata",
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user},
        "objectRef": {"resource": what, "namespace": namespace},
        "responseStatus": {"code": 200},
        "annotations": {"authorization.k8s.io/decision": "allow"},
    }


def cloudtrail(day: Day) -> Iterator[Timed]:
    """Roles of services read and write, the settlement batch fetches archives, deployments run."""
    calls = (
        ("sts", "AssumeRole"),
        ("ec2", "DescribeInstances"),
        ("kms", "Decrypt"),
        ("s3", "PutObject"),
        ("logs", "CreateLogStream"),
    )
    for _ in range(1200):
        service, call = day.chance.choice(calls)
        role = f"{day.chance.choice(SERVICES)}-runtime/session"
        yield day.any_time(), _aws(role, service, call)
    for n in range(40):
        read = {"bucketName": "cde-settlement", "key": f"2026/01/12/part-{n:03}.parquet"}
        size = {"bytesTransferredOut": 48_000_000.0}
        batch = _aws("batch-settlement/nightly", "s3", "GetObject")
        yield (
            2 * HOUR + n * 21,
            {**batch, "requestParameters": read, "additionalEventData": size},
        )
    for hour in DEPLOYMENTS:
        yield hour * HOUR + 40, _aws("deploy-pipeline/release", "ecr", "PutImage")


def _aws(role: str, service: str, call: str) -> Event:
    return {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call,
        "awsRegion": "eu-central-1",
        "recipientAccountId": "111122223333",
        "sourceIPAddress": "10.20.0.7",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::111122223333:assumed-role/{role}",
        },
    }


def payments(day: Day) -> Iterator[Timed]:
    """Merchants sign in, look and refund; money goes out in the early morning."""
    for merchant in MERCHANTS:
        start = day.morning()
        yield start, _merchant(merchant, "session.start")
        yield start + 600, _merchant(merchant, "report.export")
        yield 4 * HOUR + merchant.number, _payout(day, merchant)
        for _ in range(day.chance.randrange(4)):
            yield start + day.chance.random() * 8 * HOUR, _refund(day, merchant)
        for hour in range(24):
            key = {"id": f"key_{merchant.number}", "kind": "secret", "age_days": 210}
            used = {**_merchant(merchant, "api_key.use"), "api_key": key}
            yield hour * HOUR + merchant.number, {**used, "actor": {"type": "api_key", **key}}
    for person in (*SUPPORT, *FINANCE):
        role = "finance_ops" if person in FINANCE else "support_l1"
        actor = {"type": "support", "id": f"stf_{person}", "role": role, "mfa": "webauthn"}
        for _ in range(12):
            merchant = day.chance.choice(MERCHANTS)
            yield day.office_hours(), {**_merchant(merchant, "account.read"), "actor": actor}


def _merchant(merchant: Merchant, action: str) -> Event:
    return {
        "action": action,
        "outcome": "success",
        "environment": "live",
        "account_id": merchant.account,
        "account": {"country": "DE", "age_days": 400 + merchant.number, "risk_tier": "standard"},
        "actor": {**merchant.user, "mfa": "totp"},
        "client": {"ip": f"192.0.2.{merchant.number}", "country": "DE", "new_network": False},
    }


def _payout(day: Day, merchant: Merchant) -> Event:
    service = {"actor": {"type": "service", "id": "svc_payouts"}}
    amount = {"value": day.chance.randrange(20_000, 900_000), "currency": "EUR"}
    return {**_merchant(merchant, "payout.create"), **service, "amount": amount}


def _refund(day: Day, merchant: Merchant) -> Event:
    amount = {"value": day.chance.randrange(900, 30_000), "currency": "EUR"}
    card = f"crd_{day.chance.randrange(10_000):04}"
    refund = {"instrument": card, "paid_with": card, "reason": "returned goods"}
    return {**_merchant(merchant, "refund.create"), "amount": amount, "refund": refund}


def security(day: Day) -> Iterator[Timed]:
    """Logons to workstations and file servers, tickets of Kerberos, administrators at work."""
    for person, _ in product(STAFF, range(14)):
        logon = {"EventID": 4624, "LogonType": "3", "TargetUserName": person}
        address = f"10.30.0.{20 + STAFF.index(person)}"
        yield day.office_hours(), _security("FS01", {**logon, "IpAddress": address})
        ticket = {"EventID": 4769, "Status": "0x0", "TicketEncryptionType": "0x12"}
        asked = {"ServiceName": "FS01$", "TargetUserName": f"{person}@EXAMPLE"}
        yield day.office_hours(), _security("DC01", {**ticket, **asked, "IpAddress": address})
    for person in STAFF[::3]:
        wrong = {"EventID": 4625, "SubStatus": "0xc000006a", "TargetUserName": person}
        logon = {**wrong, "IpAddress": f"10.30.0.{20 + STAFF.index(person)}"}
        yield day.morning() - 15, _security(f"WS-{person.upper()}", logon)
    for _ in range(30):
        service = {"EventID": 4672, "SubjectUserName": "svc-backup"}
        yield day.any_time(), _security("FS01", service)


def _security(computer: str, event: Event) -> Event:
    return {"Channel": "Security", "Computer": f"{computer}.example.com", **event}


def sysmon(day: Day) -> Iterator[Timed]:
    """Programs of the office start, ask for names, connect and write files."""
    programs = (r"Microsoft Office\WINWORD", r"Microsoft Office\EXCEL", r"Mozilla Firefox\firefox")
    for person, _ in product(STAFF, range(12)):
        image = rf"C:\Program Files\{day.chance.choice(programs)}.exe"
        base = {"Image": image, "User": rf"EXAMPLE\{person}"}
        started = {
            "EventID": 1,
            "CommandLine": f'"{image}"',
            "ParentImage": r"C:\Windows\explorer.exe",
        }
        asked = {"EventID": 22, "QueryName": f"{day.chance.choice(SERVICES)}.example.com"}
        reached = {"EventID": 3, "Initiated": "true", "DestinationIp": "198.51.100.200"}
        at = day.office_hours()
        for n, event in enumerate((started, asked, reached)):
            yield at + n * 2, _sysmon(person, {**base, **event})


def _sysmon(person: str, event: Event) -> Event:
    channel = "Microsoft-Windows-Sysmon/Operational"
    return {"Channel": channel, "Computer": f"WS-{person.upper()}.example.com", **event}


def auditd(day: Day) -> Iterator[Timed]:
    """Services and timers run programs on the servers; administrators sign in and look."""
    for _ in range(620):
        node = f"pay-{day.chance.choice(('web', 'ledger', 'batch'))}-{day.chance.randrange(1, 4)}"
        program = day.chance.choice(("logrotate", "curl", "systemctl", "pg_dump", "gzip"))
        run = {"type": "SYSCALL", "syscall": "59", "success": "yes", "uid": "0", "euid": "0"}
        more = {"auid": "4294967295", "comm": program, "exe": f"/usr/bin/{program}"}
        yield day.any_time(), {**run, **more, "node": node}
    for person in DEVELOPERS[:4]:
        login = {"type": "USER_LOGIN", "acct": person, "res": "success", "node": "pay-web-1"}
        yield day.office_hours(), login


WORK: dict[str, Callable[[Day], Iterator[Timed]]] = {
    "okta_system": okta,
    "github_audit": github,
    "kubernetes_audit": kubernetes,
    "aws_cloudtrail": cloudtrail,
    "payments_audit": payments,
    "windows_security": security,
    "windows_sysmon": sysmon,
    "linux_auditd": auditd,
}
