"""Part (n): what a decision takes, from two signals to the redeemed ticket, by the code of the core.

`ladylinux bench decision` decides three cases many times over, each time from an empty conversation: a command that is carried out at once, one
that is confirmed, and one that is refused.
"""

import json

import figures
from places import run

AT_MOST_P99_US = 50


def measure(places, options):
    """Decides, and returns what the decisions took."""
    places.need(places.binary)
    command = [places.binary, "bench", "decision", "--repeat", options.decisions]
    told = json.loads(run(command, env=places.environment(), stdout_only=True))
    p99 = max(figures.percentile(case["decision_us"], 0.99) for case in told["cases"])
    return {
        "cases": [_row(case) for case in told["cases"]],
        "summary": {"p99_us": p99, "at_most_p99_us": AT_MOST_P99_US, "reached": p99 <= AT_MOST_P99_US},
    }


def _row(case):
    times = case["decision_us"]
    return {
        "name": case["name"],
        "decisions": len(times),
        "redeemed": case["redeemed"],
        "p50_us": figures.percentile(times, 0.5),
        "p99_us": figures.percentile(times, 0.99),
        "max_us": max(times),
    }
