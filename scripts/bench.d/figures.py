"""The statistics of the benchmarks: medians, percentiles, and an interval for a ratio that assumes nothing about noise."""

import math
import statistics


def percentile(values, share):
    """Returns the smallest value that at least `share` of all values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values):
    """Returns the median, minimum and maximum of some values, and how many there are."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "n": len(values)}


def interval_of_median(values, confidence=0.95):
    """Returns an exact interval for the median from order statistics, with the confidence it really has.

    The number of values below the true median is binomial with p = 1/2, so the k-th smallest and the k-th largest
    value enclose it with probability 1 - 2 P(B < k); the largest k that still reaches `confidence` is taken. With
    fewer than six values none does: then it is minimum and maximum, and `confidence` says what they are worth.
    """
    ordered = sorted(values)
    count = len(ordered)
    place, outside = 1, 2 * 0.5**count
    while place < count // 2:
        wider = outside + 2 * math.comb(count, place) * 0.5**count
        if 1 - wider < confidence:
            break
        place, outside = place + 1, wider
    return {"low": ordered[place - 1], "high": ordered[count - place], "confidence": round(max(0.0, 1 - outside), 4)}


def paired_ratio(ours, theirs, at_least=None, enough_pairs=1, judged="ratio"):
    """Returns the median of the ratios of pairs that ran next to each other, and its interval.

    With a goal also whether it is reached; with too few pairs neither yes nor no is claimed. `judged` is what the goal is
    held against: `ratio` itself, or `high`, the upper end of the interval.
    """
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    summary = {
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs),
        "ratio": statistics.median(ratios),
        "interval": interval_of_median(ratios),
        "min": min(ratios),
        "max": max(ratios),
        "pairs": len(ratios),
    }
    if at_least is not None:
        summary["at_least"] = at_least
        value = summary["interval"]["high"] if judged == "high" else summary["ratio"]
        summary["reached"] = value >= at_least if len(ratios) >= enough_pairs else None
    return summary
