"""The sign-flip test by counting every pattern, for tests of what is faster."""

import itertools


def brute_force(sums):
    totals = [
        abs(sum(s * d for s, d in zip(signs, sums, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(sums))
    ]
    return sum(total >= abs(sum(sums)) - 1e-12 for total in totals) / len(totals)
