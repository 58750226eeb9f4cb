"""`coap probe` run on servers and on clients, and what its report says."""

from __future__ import annotations

import json
import time

from harness import until
from programs import coap, start_coap

TIME = 120.0


def probe(*arguments) -> dict:
    process = coap("probe", "--json", *arguments, within=TIME)
    assert process.stdout.startswith("{"), f"{process}"
    report = json.loads(process.stdout)
    assert process.code == (1 if report["violates"] else 0), f"{process}"
    return report


def named(report: dict, verdict: str) -> set[str]:
    return {case["name"] for case in report["cases"] if case["verdict"] == verdict}


def assert_found(report: dict, expected: dict) -> None:
    for verdict, names in expected.items():
        assert named(report, verdict) == names, [case for case in report["cases"] if case["verdict"] == verdict]


def assert_flawless(report: dict, skipped: set[str]) -> None:
    """Nothing against a rule or a recommendation, and no other cases were skipped."""
    assert_found(report, {"violates": set(), "differs": set(), "not applicable": skipped})


def cases(*chosen: str) -> list[str]:
    """The options that choose these."""
    return [word for name in sorted(chosen) for word in ("--case", name)]


def names(prefix: str = "") -> set[str]:
    """Of all cases there are."""
    found = {line.split()[0] for line in coap("probe", "--list").stdout.splitlines()}
    return {name for name in found if name.startswith(prefix)}


def probe_clients(client, *arguments, at: str = "coap+tcp://127.0.0.1:0", host: str = "127.0.0.1") -> dict:
    """A probe that listens, and a client that comes again and again, with a URI that names `host`."""
    process = start_coap("probe", "--json", "--listen", at, *arguments)
    try:
        found = process.wait_for_line(r"waits for clients on (coaps?\+(?:tcp|ws))://[0-9.]+:([0-9]+)$", on="stderr")
        end = time.monotonic() + 2 * TIME
        while process.is_running and time.monotonic() < end:
            client(f"{found[1]}://{host}:{found[2]}/x")
        until(lambda: not process.is_running, what="the end of the probe")
        return json.loads(process.stdout)
    finally:
        process.kill()
