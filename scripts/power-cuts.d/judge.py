"""Compares what there is on the MiniPC after a power cut with what is said about it, for scripts/test-power-cuts.

python3 judge.py cut BEFORE AFTER SAID RECORDS FROM TO: BEFORE and AFTER are what `look` told before the verb was started and
after the next boot, SAID is what the verb printed until the power went, RECORDS the records that were durable by then. FROM
and TO are releases, as digest=schema.
python3 judge.py good BEFORE AFTER RECORDS WANTED: the same of a node that was brought to WANTED, and is as it should be.

Prints where the verb was, and how the node is; then everything that is wrong, as `problem: KIND: WHAT` with one of the kinds
truth, store and durable. Exits 1 if anything is, and 2 if it cannot be told.
"""

import json
import sys

problems = []


def must(truth, text, kind="truth"):
    if not truth:
        problems.append(f"{kind}: {text}")


def read(path):
    """The sections of what `look` told."""
    sections, name = {}, None
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines.read().splitlines():
            if line.startswith("==== "):
                name = line[5:]
                sections[name] = []
            elif name and line:
                sections[name].append(line)
    if "end" not in sections:
        print(f"it did not look to its end: {path}")
        sys.exit(2)
    return sections


def release(text):
    digest, schema = text.split("=")
    return digest, int(schema)


def journal(sections):
    return [json.loads(line) for line in sections["journal"]]


def truth(after):
    """What `status` says is what anybody can see."""
    real = after["seen"][0]
    answers = after["seen"][1] if len(after["seen"]) > 1 else None
    code, status = int(after["status"][0]), json.loads(after["status"][1])
    state = status["state"]
    digest = (status["release"] or {}).get("digest")
    told = next((one.get("status") for one in status["services"]), "")
    must((told == "running") == (real == "running"), f"the container is {real}, and told to be {told}")
    must(status["answering"] == answers, f"{answers} answers, and {status['answering']} is told to")
    if state in ("serving", "on_probation"):
        must(code == 0, f"{state} ends with {code}")
        must(answers is not None and answers == digest, f"{state} with {digest}, and {answers} answers")
        must(not status["hold"] and not after["hold"], f"{state}, and held")
    elif state in ("held", "interrupted", "broken", "not_installed"):
        must(code == 3, f"{state} ends with {code}")
        must(status["next"], f"{state}, and not told what to do next")
    else:
        must(False, f"it is {state}")
    if state == "held":
        must(real != "running" and answers is None, f"held, the container is {real}, and {answers} answers")
        must(status["hold"] and after["hold"], "held, and nobody holds it")
        running = [one for one in after["containers"] if one.endswith(" running")]
        must(not running, f"held, and there run {running}")
    must(status["at_work"] is None, f"somebody is at work: {status['at_work']}")
    return status


def sound(before, after, records):
    """The image store, the receipts, the records, and what nobody may touch."""
    must(after["store"][-1] == "0", "the image store is damaged: " + "; ".join(after["store"]), "store")
    must(after["receipts"][-1] == "0", "the receipts are not whole: " + "; ".join(after["receipts"]), "durable")
    old, new = before["journal"], after["journal"]
    must(new[: len(old)] == old, "receipts from before are gone", "durable")
    must(before["precious"] == after["precious"], "models or configuration are changed", "durable")
    there = set(after["records"])
    durable = {line for line in before["records"] if line.startswith("record ")}
    with open(records, encoding="utf-8") as lines:
        # The last line may have been cut off on its way here.
        durable |= {line for line in lines.read().split("\n")[:-1] if line.startswith("record ")}
    lost = sorted(durable - there)
    must(not lost, f"{len(lost)} of {len(durable)} records are lost: {', '.join(lost[:5])}", "durable")
    return len(durable)


def cut(before, after, said, records, start, target):
    status = truth(after)
    durable = sound(before, after, records)
    (start, from_schema), (target, to_schema) = release(start), release(target)
    run = journal(after)[len(before["journal"]):]
    with open(said, encoding="utf-8", errors="replace") as lines:
        printed = [line for line in lines.read().splitlines() if line.strip()]
    begun = [one["step"] for one in run if one["what"] == "step_began"]
    done = [one["step"] for one in run if one["what"] == "step_done"]
    for line in printed:
        if line.startswith("[") and "/6]" in line:
            step = line.split("]")[1].split()[0]
            must(step in begun, f"{step} was done, as the verb said, and has no receipt", "durable")
    interrupted = [one for one in run if one["what"] == "interrupted"]
    digest = (status["release"] or {}).get("digest")
    names = ["stop", "sync", "rebuild", "prepare", "restart", "status"]
    if not any(one["what"] == "began" for one in run):
        place = "before step 1"
        wanted, held = start, False
    elif "restart" in done:
        # It had answered: what is lost, at most, is the report.
        place = "after its end" if "status" in done else "step 6 (status)"
        wanted, held = target, False
    else:
        step = begun[-1] if begun else "stop"
        place = f"step {names.index(step) + 1} ({step})"
        if begun and step in done and step != "status":
            place = f"between steps {names.index(step) + 1} and {names.index(step) + 2}"
        wanted, held = None, True
        if interrupted:
            last = status["last"] or {}
            must(last.get("outcome") == "interrupted", f"the last run is told to be {last.get('outcome')}")
            must(last.get("step") == interrupted[-1]["step"], f"the last run is told to have ended in {last.get('step')}")
        else:
            # No supervisor has got as far as ending it, and it must be told what it is.
            under_way = status["under_way"] or {}
            must(under_way.get("step") == step, f"the run that has no end is told to be in {under_way.get('step')}")
            must(after["hold"], "a run has no end, and nobody holds the node")
    state = status["state"]
    if held:
        must(state == ("held" if interrupted else "interrupted"), f"cut in {place}, and it is {state}")
    else:
        must(state in ("serving", "on_probation"), f"cut {place}, and it is {state}: {status.get('because')}")
        must(digest == wanted, f"cut {place}, and {digest} serves")
        schema = {start: from_schema, target: to_schema}.get(digest)
        must(after["schema"] == [str(schema)], f"the state has the schema {after['schema']}, and {digest} serves")
    if place == "before step 1":
        place += f", after \"{printed[-1][:60]}\"" if printed else ", before its first word"
    migrated = [one["what"] for one in run if one["what"] in ("migrating", "migrated", "restoring", "restored")]
    print(f"{place}{' ' + migrated[-1] if held and migrated else ''}|{state}|{durable}")


def good(before, after, records, wanted):
    status = truth(after)
    durable = sound(before, after, records)
    wanted, schema = release(wanted)
    must(status["state"] in ("serving", "on_probation"), f"it is {status['state']}: {status.get('because')}")
    must((status["release"] or {}).get("digest") == wanted, f"{(status['release'] or {}).get('digest')} serves, and {wanted} should")
    must(after["schema"] == [str(schema)], f"the state has the schema {after['schema']}, and {schema} is wanted")
    must(len(after["containers"]) == 1, f"containers stayed behind: {after['containers']}")
    print(f"good|{status['state']}|{durable}")


what, *words = sys.argv[1:]
if what == "cut":
    cut(read(words[0]), read(words[1]), words[2], words[3], words[4], words[5])
else:
    good(read(words[0]), read(words[1]), words[2], words[3])
for problem in problems:
    print(f"problem: {problem}")
sys.exit(1 if problems else 0)
