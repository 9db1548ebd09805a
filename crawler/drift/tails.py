"""Probabilities of counts and means that differ from their past by more than chance."""

from collections.abc import Sequence
from math import erfc, exp, lgamma, sqrt

#: (number with the property, number of all) in one batch.
Count = tuple[int, int]


def count_tail(count: Count, mean: float, correlation: float, *, is_upper: bool) -> float:
    """Return the probability of at least (or at most) so many, by a beta-binomial distribution.

    `mean` is the expected share (between 0 and 1, exclusive); `correlation` (0 to 1, exclusive) that of two members of
    one batch: 0 would be a binomial distribution.
    """
    number, size = count
    total = 1 / correlation - 1
    alpha, beta = mean * total, (1 - mean) * total
    constant = lgamma(size + 1) + lgamma(total) - lgamma(alpha) - lgamma(beta) - lgamma(size + total)
    values = range(number, size + 1) if is_upper else range(number + 1)
    terms = (
        constant + lgamma(k + alpha) + lgamma(size - k + beta) - lgamma(k + 1) - lgamma(size - k + 1) for k in values
    )
    return min(1.0, sum(map(exp, terms)))


def estimate_correlation(counts: Sequence[Count], mean: float, assumed: float, weight: int) -> float:
    """Return the correlation within batches by the method of moments, with `assumed` counting as `weight` batches."""
    variance = mean * (1 - mean)
    pairs = sum(size - 1 for _, size in counts)
    if len(counts) < 2 or pairs <= 0 or not variance:
        return assumed
    spread = sum((number - size * mean) ** 2 / size for number, size in counts if size) / variance
    own = min(1.0, max(0.0, (spread - (len(counts) - 1)) / pairs))
    return min(0.5, (own * (len(counts) - 1) + assumed * weight) / (len(counts) - 1 + weight))


def normal_tail(deviation: float) -> float:
    """Return the probability that a normal variable exceeds its mean by so many standard deviations."""
    return erfc(deviation / sqrt(2)) / 2
