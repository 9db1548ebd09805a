"""Measures candidates alternately in one process, so that the load of the machine affects all alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

#: Candidate -> CPU microseconds per piece, in each round.
Costs = dict[str, list[float]]


def measure_costs(candidates: Mapping[str, Callable[[], object]], pieces: int, rounds: int) -> Costs:
    """Return the CPU microseconds per piece of each candidate in each round."""
    spent: Costs = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            begin = time.process_time()
            run()
            spent[name].append((time.process_time() - begin) / pieces * 1e6)
    return spent


def format_ratio(costs: Costs, peer: str, ours: str) -> str:
    """Format the cost of `peer` as a multiple of `ours`: the median over the rounds, with minimum and maximum."""
    rounds = [theirs / own for theirs, own in zip(costs[peer], costs[ours], strict=True)]
    return f"{median(rounds):.1f} ({min(rounds):.1f}-{max(rounds):.1f})"


def format_medians(costs: Costs) -> str:
    """Format the median cost of each candidate."""
    return "  ".join(f"{name} {median(times):.0f}" for name, times in costs.items())
