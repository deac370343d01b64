"""Names the machine, and says how much of it others used while we measured."""

import os
import pathlib
import platform
import resource
import time


def describe():
    """Returns what a reader needs to judge the figures: processor, cores, memory, kernel."""
    model, flags = "unknown", ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
        if name.strip() == "flags":
            flags = value
    wanted = ["avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8"]
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "instructions": [name for name in wanted if name in flags.split()],
        "memory_gib": round(memory_kib / 2**20, 1),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "Linux"),
    }


def busy_seconds():
    """Returns the processor time that everything on the machine has used since it started."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, *rest = fields
    return (user + nice + system + irq + softirq + (rest[0] if rest else 0)) / os.sysconf("SC_CLK_TCK")


class Others:
    """Measures, around a child that has ended, how many cores everybody else kept busy meanwhile."""

    def __enter__(self):
        self._busy, self._own, self._start = busy_seconds(), _own_seconds(), time.monotonic()
        return self

    def __exit__(self, *_error):
        elapsed = time.monotonic() - self._start
        others = (busy_seconds() - self._busy) - (_own_seconds() - self._own)
        self.cores = round(max(0.0, others / elapsed), 3)


def _own_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def resident_kib(pid):
    """Returns VmRSS of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"process {pid} has no VmRSS: it has ended")


def resident_parts_mib(pid):
    """Returns what resident memory is made of: pages of files (the binary and libraries), and memory of its own."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = [line.replace(":", "").split() for line in lines if line.startswith("Rss")]
    return {name: round(int(kib) / 1024, 2) for name, kib, _unit in fields}


def children(pid):
    """Returns the process ids of the direct children of a process."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == pid:
            found.append(int(stat.parent.name))
    return found
