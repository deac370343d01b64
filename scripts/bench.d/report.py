"""Turns the newest record of each part into the tables of docs/benchmarks.md."""

import json
import re
import statistics

from places import ROOT, Stop, say

BEGIN, END = "<!-- scripts/bench report --write: begin -->", "<!-- scripts/bench report --write: end -->"
PAGE = ROOT / "docs/benchmarks.md"


def report(options):
    """Prints the tables, or puts them into the page, where those of parts without a record stay as they are."""
    new = tables(newest(options.record))
    if not options.write:
        print("\n".join(new.values()))
        return
    page = PAGE.read_text()
    before, begin, rest = page.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        raise Stop(f"{PAGE} has no `{BEGIN}` … `{END}` to fill")
    sections = {section.partition("\n")[0]: section.strip() + "\n" for section in re.split("^(?=### )", old, flags=re.MULTILINE) if section.strip()}
    text = "\n".join((sections | new).values())
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
    say(f"wrote {PAGE}")


def newest(paths):
    """Returns the newest record of each part, from the files that were named or from target/bench."""
    found = {}
    for path in paths or sorted((ROOT / "target/bench").glob("*.json")):
        record = json.loads(path.read_text())
        found |= {name: (record, part) for name, part in record["parts"].items()}
    if not found:
        raise Stop("no record in target/bench: run `scripts/bench engine`, `stream`, `http`, `verify`, `embeddings`, `search` or another part first")
    return found


def tables(found):
    """Returns the table of each part by its heading."""
    makers = {
        "engine": _engine,
        "stream": _stream,
        "http": _http,
        "verify": _verify,
        "embeddings": _embeddings,
        "search": _search,
        "optimize": _optimize,
        "turns": _turns,
        "schema": _schema,
        "memory": _memory,
        "drafts": _drafts,
        "decision": _decision,
    }
    written = [_heading(*found[name]) + maker(found[name][1]) for name, maker in makers.items() if name in found]
    return {section.partition("\n")[0]: section for section in written}


def _heading(record, part):
    machine = record["machine"]
    instructions = f" ({', '.join(machine['instructions'])})" if machine["instructions"] else ""
    load = f" Load average at the start: {record['load_average_before'][0]:.2f}."
    note = f" {record['note']}" if record["note"] else ""
    return (
        f"### {part['title']}\n\n{record['started'][:10]}, commit {record['commit']}: {machine['cpu']}, {machine['cores']} cores"
        f"{instructions}, {machine['memory_gib']} GiB, Linux {machine['kernel'].partition('-')[0]}, {machine['system']}.{load}{note}\n\n"
    )


def _engine(part):
    lines = ["| int4 block | measurement | ours tok/s | llama.cpp tok/s | ratio | interval | at least | reached |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in part["summary"]:
        interval = row["interval"]
        lines.append(
            f"| {row['block']} | {row['measurement']} | {row['ours']:.1f} | {row['theirs']:.1f} | {row['ratio']:.3f} "
            f"| {interval['low']:.3f} to {interval['high']:.3f} | {_goal(row.get('at_least'))} | {_reached(row)} |"
        )
    # More than a tenth of a core in the middle run is a neighbour, not the system's own housekeeping.
    others = [row["other_cores_busy"] for row in part["samples"]]
    disturbed = ": **a disturbed run, do not quote it**" if statistics.median(others) > 0.1 else ""
    pairs = part["summary"][0]["pairs"]
    confidence = part["summary"][0]["interval"]["confidence"]
    return "\n".join(lines) + (
        f"\n\n{pairs} pairs, {part['threads']} threads, {part['decoded_tokens']} tokens decoded; medians of the pairs; "
        f"the intervals hold the median with {confidence:.1%}; other processes kept {statistics.median(others):.2f} cores busy "
        f"(median, at most {max(others):.2f}){disturbed}.\n"
    )


def _stream(part):
    row = part["summary"]
    rate = row["decode_streamed_over_bare"]
    return (
        "| tokens | p50 µs | p95 µs | p99 µs | max µs | p50 at most | reached | decode, streamed / bare |\n|---|---|---|---|---|---|---|---|\n"
        f"| {row['tokens']} | {row['p50_us']:.0f} | {row['p95_us']:.0f} | {row['p99_us']:.0f} | {row['max_us']:.0f} "
        f"| {row['at_most_p50_us']} | {_reached(row)} | {rate['ours']:.1f} / {rate['theirs']:.1f} tok/s = {rate['ratio']:.3f} |\n"
    )


def _http(part):
    lines = [f"| {part['connections']} connections | ours /s | FastAPI /s | ratio | interval | at least | reached |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in part["summary"]["routes"]:
        interval = row["interval"]
        size = f" ({part['sse_bytes']} bytes in {part['sse_events']} events)" if row["route"].startswith("SSE") else ""
        lines.append(
            f"| `{row['route']}`{size} | {row['ours']:.0f} | {row['theirs']:.0f} | {row['ratio']:.1f} "
            f"| {interval['low']:.1f} to {interval['high']:.1f} | {_goal(row.get('at_least'))} | {_reached(row)} |"
        )
    memory, start = part["summary"]["memory"], part["summary"]["start"]
    lines += [
        "",
        "| | ours | FastAPI | at most | reached |",
        "|---|---|---|---|---|",
        f"| idle resident memory, no workers, MiB | {memory['ours_idle_mib']:.1f} | {memory['fastapi_idle_mib']:.1f} "
        f"| {memory['at_most_mib']} and {memory['at_most_share']}× ({memory['share']:.2f}×) | {_reached(memory)} |",
        f"| resident memory after the load, MiB | {memory['ours_after_load_mib']:.1f} | {memory['fastapi_after_load_mib']:.1f} | | |",
        f"| start to ready, ms (median, min to max) | {_range(start)} | {_range(start['fastapi'])} | {start['at_most_ms']} | {_reached(start)} |",
        f"| start to live, ms | {_range(start['live'])} | | | |",
    ]
    first = part["summary"]["routes"][0]
    lines += ["", f"{first['pairs']} pairs of {part['seconds']} s; uvicorn: {part['uvicorn']}; the intervals hold the median with {first['interval']['confidence']:.1%}."]
    return "\n".join(lines) + "\n"


def _verify(part):
    row = part["summary"]
    interval, again = row["interval"], row["again_ms"]
    return (
        "| file | ours s | sha256sum s | ratio | interval | at most | reached | again, unchanged, ms (median, min to max) |\n|---|---|---|---|---|---|---|---|\n"
        f"| {part['megabytes']} MB | {row['ours']:.2f} | {row['theirs']:.2f} | {row['ratio']:.2f} "
        f"| {interval['low']:.2f} to {interval['high']:.2f} | {row['at_most']:g}× | {_reached(row)} | {_range(again)} |\n\n"
        f"{row['pairs']} pairs; the intervals hold the median with {interval['confidence']:.1%}.\n"
    )


def _embeddings(part):
    lines = ["| our graph | ours /s | sentence-transformers fp32 /s | ratio | interval | at least | reached |", "|---|---|---|---|---|---|---|"]
    for name, graph in part["graphs"].items():
        row = graph["summary"]
        interval = row["interval"]
        lines.append(
            f"| {name} | {row['ours']:.1f} | {row['theirs']:.1f} | {row['ratio']:.2f} | {interval['low']:.2f} to {interval['high']:.2f} "
            f"| {_goal(row.get('at_least'))} | {_reached(row)} |"
        )
    pairs = row["pairs"]
    lines += ["", f"{part['texts']} texts of {part['tokens']} tokens, {pairs} pairs; ours through a whole node, by HTTP; the intervals hold the median with {interval['confidence']:.1%}."]
    if clients := part.get("clients"):
        row, slow = clients["summary"], clients["p95_ms"]
        interval = row["interval"]
        lines += [
            "",
            f"| {clients['clients']} clients, a text of {clients['tokens']} tokens each | runs shared | one request a run | ratio | interval |",
            "|---|---|---|---|---|",
            f"| answers /s | {row['ours']:.0f} | {row['theirs']:.0f} | {row['ratio']:.2f} | {interval['low']:.2f} to {interval['high']:.2f} |",
            f"| p95 ms | {slow['ours']:.0f} | {slow['theirs']:.0f} | | |",
        ]
    return "\n".join(lines) + "\n"


def _search(part):
    spread, most, reached = part["learn_warm_seconds"], part["at_most"], part["reached"]
    yes = lambda name: "yes" if reached[name] else "**no**"
    row = lambda name, key, goal="", met="": f"| {name} | {part[key]['p50']:.1f} | {part[key]['p95']:.1f} | {goal} | {met} |"
    return "\n".join(
        [
            f"| {part['passages']} passages, ms | p50 | p95 | p95 at most | reached |",
            "|---|---|---|---|---|",
            row("by words and vectors", "search_ms", most["search_ms"], yes("search_ms")),
            row("the question's vector, before that", "question_vector_ms"),
            row("by words alone", "words_ms"),
            "",
            "| | s | at most | reached |",
            "|---|---|---|---|",
            f"| `learn` of {part['files']} files, the first time | {part['learn_seconds']:.1f} | | |",
            f"| again, unchanged (median, at most) | {spread['median']:.2f}, {spread['max']:.2f} | {most['learn_warm_seconds']} | {yes('learn_warm_seconds')} |",
        ]
    ) + "\n"


def _optimize(part):
    lines = ["| export | outcome | answers, times as fast | writes, times as fast | reads, times as fast | same tokens | largest difference of a logit | divergence, nats |", "|---|---|---|---|---|---|---|---|"]
    for row in part["summary"]:
        speed, answers = row["speed"], row["answers"]
        told = lambda verb: f"{speed[verb + '_gain']:.2f} ({speed[verb + '_after']:.1f} / {speed[verb + '_before']:.1f} tok/s)" if speed else ""
        close = f"{answers['same_token']:.1%} of {answers['tokens']} | {answers['largest_difference']:.3f} | {answers['divergence']:.5f}" if answers else " | | "
        lines.append(f"| {row['variant']} | {row['outcome'].replace('_', ' ')} | {speed['answer_gain'] if speed else 0:.2f} | {told('writing')} | {told('reading')} | {close} |")
    return "\n".join(lines) + f"\n\n{part['rounds']} rounds of both graphs, {part['threads']} threads; medians, and medians of the rounds' ratios.\n"


def _turns(part):
    row, samples = part["summary"], part["samples"]
    interval = row["interval"]
    tokens = lambda key: f"{statistics.median(sample[key] for sample in samples):.0f}"
    return (
        "| | tokens of the prompt | known already | first token, ms |\n|---|---|---|---|\n"
        f"| first turn | {tokens('first_prompt_tokens')} | {tokens('first_cached_tokens')} | {row['theirs']:.0f} |\n"
        f"| second turn | {tokens('second_prompt_tokens')} | {tokens('second_cached_tokens')} | {row['ours']:.0f} |\n\n"
        "| second / first | interval | at most | reached |\n|---|---|---|---|\n"
        f"| {row['ratio']:.3f} | {interval['low']:.3f} to {interval['high']:.3f} | {row['at_most']:g}× | {_reached(row)} |\n\n"
        f"{row['pairs']} conversations, {part['threads']} threads; medians; the interval holds the median with {interval['confidence']:.1%}.\n"
    )


def _schema(part):
    lines = ["| answer | tokens | p50 µs | p95 µs | max µs | before the first token, ms |", "|---|---|---|---|---|---|"]
    for row in part["cases"]:
        lines.append(f"| {row['name']} | {row['tokens']} | {row['p50_us']:.0f} | {row['p95_us']:.0f} | {row['max_us']:.0f} | {row['begin_ms']:.1f} |")
    row = part["summary"]
    return "\n".join(lines) + (
        f"\n\n| all tokens | p50 µs | p50 at most | reached |\n|---|---|---|---|\n| {row['tokens']} | {row['p50_us']:.0f} | {row['at_most_p50_us']} | {_reached(row | {'pairs': row['tokens']})} |\n\n"
        f"A vocabulary of {part['vocabulary']}; reading it takes {part['prepare_seconds']:.1f} s, once in the life of a worker.\n"
    )


def _memory(part):
    lines = ["| process | models loaded, MiB | after work, MiB |", "|---|---|---|"]
    lines += [f"| {row['process']} | {row['loaded_mib']:.1f} | {row['worked_mib']:.1f} |" for row in part["summary"]]
    models = "; ".join(f"{kind}: {name}" for kind, name in part["models"].items())
    return "\n".join(lines) + f"\n\nResident memory. {models}; {part['threads']} threads.\n"


def _drafts(part):
    row = part["summary"]
    interval, together = row["interval"], part["together"]
    return (
        f"| {together} tokens after {part['depth']} | ms | ratio | interval | at most | reached |\n|---|---|---|---|---|---|\n"
        f"| one by one | {row['theirs'] * 1000:.0f} | | | | |\n"
        f"| one and a draft of {together - 1}, in one run | {row['ours'] * 1000:.0f} | {row['ratio']:.2f} | {interval['low']:.2f} to {interval['high']:.2f} | {row['at_most']:g}× | {_reached(row)} |\n\n"
        "| greedy tokens | changed by drafts | at most | runs of the graph | s, token by token | s, with drafts |\n|---|---|---|---|---|---|\n"
        f"| {part['greedy_tokens']} | {part['changed_tokens']} | 0 | {part['runs']} | {part['single_seconds']:.0f} | {part['drafted_seconds']:.0f} |\n\n"
        f"{row['pairs']} pairs, {part['threads']} threads; the interval holds the median with {interval['confidence']:.1%}. Random weights repeat themselves more than a model "
        "that has learned something; the seconds say nothing of other texts.\n"
    )


def _decision(part):
    lines = ["| case | decisions | redeemed | p50 µs | p99 µs | max µs |", "|---|---|---|---|---|---|"]
    for row in part["cases"]:
        lines.append(f"| {row['name']} | {row['decisions']} | {row['redeemed']} | {row['p50_us']:.1f} | {row['p99_us']:.1f} | {row['max_us']:.0f} |")
    row = part["summary"]
    decisions = sum(case["decisions"] for case in part["cases"])
    return "\n".join(lines) + (
        f"\n\n| worst p99 µs | at most | reached |\n|---|---|---|\n| {row['p99_us']:.1f} | {row['at_most_p99_us']} | {_reached(row | {'pairs': decisions})} |\n"
    )


def _range(row):
    return f"{row['median']:.0f}, {row['min']:.0f} to {row['max']:.0f}"


def _goal(goal):
    return "" if goal is None else f"{goal:g}×"


def _reached(row):
    if ("at_least" in row or "at_most" in row) and row["reached"] is None:
        return f"only {row['pairs']} pairs"
    return {True: "yes", False: "**no**", None: ""}[row.get("reached")]
