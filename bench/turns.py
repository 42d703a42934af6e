"""Commands timed, and two sides compared in turns: what all comparisons here share."""

import os
import statistics
import subprocess
import sys
import time


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, text=True, stdout=subprocess.PIPE).stdout


def seconds_of(*command):
    start = time.perf_counter()
    output(*command)
    return time.perf_counter() - start


def in_turns(ours, theirs, rounds):
    """Medians of ours, of theirs and of the ratio of each pair. Who goes first alternates too."""
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            second = theirs()
            pairs.append((ours(), second))
        else:
            pairs.append((ours(), theirs()))
    ratios = [mine / other for mine, other in pairs]
    return *(statistics.median(side) for side in zip(*pairs)), statistics.median(ratios)


def warn_if_busy():
    if os.getloadavg()[0] > 0.5:
        # OpenMP's threads wait for each other, so company slows PyTorch more than us.
        print("warning: this machine is busy, which flatters us; figures need a quiet one", file=sys.stderr)
