"""Candidates measured in one process, in turns, so that all meet the same machine in the same mood."""

import time
from collections.abc import Callable, Mapping
from statistics import median

#: Of each candidate what a round took, in microseconds of CPU a piece.
Costs = dict[str, list[float]]


def cost(candidates: Mapping[str, Callable[[], object]], pieces: int, rounds: int) -> Costs:
    """CPU microseconds a piece of each candidate, a figure a round."""
    spent: Costs = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            begin = time.process_time()
            run()
            spent[name].append((time.process_time() - begin) / pieces * 1e6)
    return spent


def ratio(costs: Costs, peer: str, ours: str) -> str:
    """How many times ours the peer costs: the median of the rounds, and the least and most of them."""
    rounds = [theirs / own for theirs, own in zip(costs[peer], costs[ours], strict=True)]
    return f"{median(rounds):.1f} ({min(rounds):.1f}-{max(rounds):.1f})"


def medians(costs: Costs) -> str:
    """The candidates with the median of what each took."""
    return "  ".join(f"{name} {median(times):.0f}" for name, times in costs.items())
