"""Builds an index of vectors, kills the build again and again and lets it go on, and searches it: recall
at 10 against exact search, milliseconds a query on one thread, memory and time of building. Vectors are
`clusters` (1000 Gaussian ones), `mixture` (24 causes through a layer of tanh, with noise) or `crops` (real
images: crop_features.py). Ends in lines `NAME VALUE GOAL`."""

import argparse
import hashlib
import os
import random
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import crop_features
from turns import output, warn_if_busy

root = Path(__file__).resolve().parent.parent
folders = [root.parent / "shared/data/bbbc016", root.parent / "shared/data/nuclei_dna"]
queries = 500


def build(command, kills, folder):
    """Builds it with so many kills on the way; (seconds of the last call, processor seconds of
    it, peak MB, what calls found missing)."""
    missing, peak = [], 0
    for kill in range(kills + 1):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if kill < kills:
            there = count_segments(folder)
            while count_segments(folder) < there + 1 and process.poll() is None:
                time.sleep(0.1)
            time.sleep(random.random() * 5)  # some way into the next segments
            process.send_signal(signal.SIGKILL)
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        missing.append(int(re.search(r"missing (\d+)", text)[1]))
        peak = max(peak, usage.ru_maxrss / 1024)
        if kill == kills and status != 0:
            raise SystemExit(f"{' '.join(command)}: status {status}")
    return time.perf_counter() - start, usage.ru_utime, peak, missing


def count_segments(folder):
    return len(list(folder.glob("vectors_*.h5")))


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def measure(kind, args, work):
    """{name: (value, goal)} of vectors of a kind."""
    common = ["--kind", kind, "--ids", str(args.ids), "--metric", args.metric,
              "--segment", str(args.segment)]
    if kind == "crops":
        file = work / "crops.f32"
        crop_features.write(args.data, file, args.ids + queries)
        common[1] = "file"
        common += ["--file", str(file)]
    tool, folder = str(args.program), work / kind
    command = [tool, "build", str(folder), "--threads", "2", *common]
    seconds, processor, peak, _ = build(command, 0, folder)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"{kind}: built in {seconds:.0f} s ({processor:.0f} s of processors), at most {peak:.0f} MB of memory, "
          f"{size:.0f} MB on disk", flush=True)
    figures = {}
    if kind in args.kill:
        again = work / "killed"
        command[2] = str(again)
        *_, missing = build(command, args.kills, again)
        same = digests(folder) == digests(again)
        print(f"{kind}: killed {args.kills} times, segments missing at each start {missing}, "
              f"the same bytes: {same}", flush=True)
        figures[f"{kind}_same_after_kills"] = (int(same), 1)
    text = output(tool, "search", folder, "--queries", queries, *common, "--search-effort", *args.efforts)
    print("".join(f"{kind}: {line}\n" for line in text.splitlines()), end="", flush=True)
    line = re.search(r"effort 48 recall (\S+) median (\S+) ms p95 (\S+) ms", text)
    figures[f"{kind}_recall_at_10"] = (float(line[1]), 0.95)
    figures[f"{kind}_ms_a_query"] = (float(line[2]), 5)
    return figures


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench search", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ids", type=int, default=1_000_000, help="vectors")
    parser.add_argument("--segment", type=int, default=100_000, help="vectors of a segment")
    parser.add_argument("--kinds", nargs="+", choices=["clusters", "mixture", "crops"],
                        default=["clusters", "mixture", "crops"])
    parser.add_argument("--metric", choices=["cosine", "l2"], default="cosine")
    parser.add_argument("--kill", nargs="*", default=["clusters"], help="kinds whose build is killed")
    parser.add_argument("--kills", type=int, default=4, help="how often")
    parser.add_argument("--efforts", nargs="+", type=int, default=[16, 32, 48, 64, 96], help="of searching")
    parser.add_argument("--data", nargs="+", type=Path, default=folders, help="folders of TIFFs of one grey channel")
    parser.add_argument("--program", type=Path, default=root / "build/release/bench_search")
    args = parser.parse_args()
    if 48 not in args.efforts:
        args.efforts.append(48)  # what is the default

    warn_if_busy()
    with tempfile.TemporaryDirectory() as folder:
        figures = {}
        for kind in args.kinds:
            figures |= measure(kind, args, Path(folder))
    for name, (value, goal) in figures.items():
        print(f"{name} {value:g} {goal:g}")


if __name__ == "__main__":
    main()
