"""Part (c): three routes next to the same three in FastAPI, idle memory without workers, and the time to ready.

Our node answers once for the record and FastAPI sends those same bytes, so that both do the same work on the wire.
Both servers run throughout; wrk loads one of them at a time, and the order changes with every pair.
"""

import json
import os
import time
import uuid

import figures
import machine
from node import Root, fastapi
from places import HERE, Stop, run, say, tool

CONNECTIONS = 64
# The answer of a deterministic intent that comes to one kilobyte of events.
QUESTION = json.dumps({"text": "what can you do?"})
# More than the node remembers, so that each turn begins a conversation, and says so as the recorded one did.
CONVERSATIONS = 1000
ROUTES = {
    "/health/live": {"method": "GET", "at_least": None},
    "/v1/models": {"method": "GET", "at_least": 10.0},
    "SSE turn": {"method": "POST", "at_least": None},
}
# What FastAPI is started with when only its start is timed.
EMPTY = {"live": {"status": "live"}, "models": {"object": "list", "data": []}, "events": []}
ENOUGH_PAIRS = 7
MOST_RSS_MIB, MOST_RSS_SHARE, MOST_START_MS = 20, 0.3, 150


def measure(places, options):
    """Runs load, memory and start-up one after the other."""
    wrk = tool("wrk", "wrk")
    places.need(places.binary, places.fastapi_venv / "bin/uvicorn")
    with Root(places) as root:
        starts = _starts(places, root, options.starts)
        with root.serve() as ours:
            ours.milliseconds_until("/health/live")
            payload = record(ours, root.path / "payload.json", options.route or ROUTES)
            with fastapi(places, root.path / "payload.json", root.path / "fastapi.log", options.plain_uvicorn) as theirs:
                theirs.milliseconds_until("/health/live")
                _compare_answers(ours, theirs, payload)
                memory = _memory(ours, theirs, options.settle)
                rows = _load(wrk, ours, theirs, options)
                memory |= {"ours_after_load_mib": _mib(ours), "fastapi_after_load_mib": _mib(theirs)}
    return {
        "connections": CONNECTIONS,
        "seconds": options.seconds,
        "uvicorn": "plain" if options.plain_uvicorn else "uvloop and httptools",
        "sse_bytes": sum(len(event.encode()) for event in payload["events"]),
        "sse_events": len(payload["events"]),
        "summary": {"routes": summarise(rows, list(options.route or ROUTES)), "memory": memory, "start": starts},
        "samples": rows,
    }


def summarise(rows, routes):
    """Returns the ratio of requests per second for each route."""

    def series(side, route):
        return [row["per_second"] for row in rows if row["side"] == side and row["route"] == route]

    return [
        {"route": route}
        | figures.paired_ratio(series("ours", route), series("fastapi", route), ROUTES[route]["at_least"], ENOUGH_PAIRS)
        for route in routes
    ]


def record(ours, path, routes):
    """Asks our node once for each route and writes what FastAPI is to send."""
    answers = {"events": []}
    for name, route in {"live": "/health/live", "models": "/v1/models"}.items():
        status, body = ours.request("GET", route)
        if status != 200:
            raise Stop(f"{route} answered {status}: {body[:300]!r}")
        answers[name] = json.loads(body)
    if "SSE turn" in routes:
        status, body = ours.request("POST", f"/api/conversations/{uuid.uuid4()}/turns", QUESTION)
        if status != 200:
            raise Stop(f"the turn answered {status}: {body[:300]!r}\n{ours.log_tail()}")
        answers["events"] = [event + "\n\n" for event in body.decode().split("\n\n") if event]
    path.write_text(json.dumps(answers))
    return answers


def _compare_answers(ours, theirs, payload):
    """Makes sure that FastAPI sends the same bytes; a turn of ours says something new each time, so that is its record."""
    for route in [name for name, load in ROUTES.items() if load["method"] == "GET"]:
        answers = [server.request("GET", route) for server in (ours, theirs)]
        if answers[0] != answers[1]:
            raise Stop(f"{route} answers differ: {answers}")
    status, body = theirs.request("POST", f"/api/conversations/{uuid.uuid4()}/turns", QUESTION)
    if status != 200 or body.decode() != "".join(payload["events"]):
        raise Stop(f"FastAPI streams something else than our node: {status} {body[:300]!r}")


def _load(wrk, ours, theirs, options):
    rows = []
    conversations = [str(uuid.uuid4()) for _ in range(CONVERSATIONS)]
    for pair in range(options.web_pairs):
        sides = [("ours", ours), ("fastapi", theirs)]
        for route in options.route or ROUTES:
            for side, server in sides if pair % 2 == 0 else reversed(sides):
                result = _wrk(wrk, server, route, options.seconds, conversations)
                rows.append({"pair": pair, "route": route, "side": side, **result})
        latest = " ".join(f"{row['side']}:{row['route']}={row['per_second']:.0f}/s" for row in rows if row["pair"] == pair)
        say(f"http pair {pair + 1}/{options.web_pairs}: {latest}")
    return rows


def _wrk(wrk, server, route, seconds, conversations):
    method = ROUTES[route]["method"]
    environment = {"PATH": os.environ["PATH"], "BENCH_METHOD": method, "BENCH_BODY": QUESTION}
    environment["BENCH_CONVERSATIONS"] = " ".join(conversations)
    url = server.url + (route if method == "GET" else "/")
    load = [wrk, "--threads", 1, "--connections", CONNECTIONS, "--duration", f"{seconds}s", "--script", HERE / "load.lua", url]
    result = json.loads(run(load, env=environment).splitlines()[-1])
    if result["errors"] or not result["requests"]:
        raise Stop(f"wrk saw errors on {route}: {result}\n{server.log_tail()}")
    return result | {"per_second": result["requests"] / result["seconds"]}


def _memory(ours, theirs, settle):
    """Returns resident memory of both before any load, some seconds after they answered first."""
    time.sleep(settle)
    if machine.children(ours.process.pid):
        raise Stop("the node runs workers: its memory cannot be called that of the core alone")
    own, other = _mib(ours), _mib(theirs)
    return {
        "ours_idle_mib": own,
        "fastapi_idle_mib": other,
        "ours_parts_mib": machine.resident_parts_mib(ours.process.pid),
        "share": own / other,
        "at_most_mib": MOST_RSS_MIB,
        "at_most_share": MOST_RSS_SHARE,
        "reached": own <= MOST_RSS_MIB and own / other <= MOST_RSS_SHARE,
    }


def _mib(server):
    return round(machine.resident_kib(server.process.pid) / 1024, 2)


def _starts(places, root, count):
    """Returns the milliseconds from asking for the process to its first 200, alternating with FastAPI."""
    (root.path / "payload.json").write_text(json.dumps(EMPTY))
    ours, live, theirs = [], [], []
    for number in range(count):
        with root.serve() as server:
            ours.append(server.milliseconds_until("/health/ready"))
        with root.serve() as server:
            live.append(server.milliseconds_until("/health/live"))
        with fastapi(places, root.path / "payload.json", root.path / "fastapi.log") as server:
            theirs.append(server.milliseconds_until("/health/live"))
        say(f"start {number + 1}/{count}: ready after {ours[-1]:.0f} ms, live {live[-1]:.0f} ms, FastAPI {theirs[-1]:.0f} ms")
    summary = figures.spread(ours) | {"live": figures.spread(live), "fastapi": figures.spread(theirs)}
    return summary | {"at_most_ms": MOST_START_MS, "reached": summary["median"] <= MOST_START_MS}
