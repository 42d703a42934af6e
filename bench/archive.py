"""How archiving scales on this machine: generated images of mixed sizes and bit depths, 1,000 to
100,000 of them, through `pipeline run archive`. Each size ends as lines `NAME VALUE`: MB/s of the
files, memory, shards being written at once. At the end, the most images over the fewest:
`archive_flat ratio`, `archive_memory ratio`, `archive_peak_memory ratio`; and how memory goes in the
course of the longest run: by tenths, and `archive_memory_in_time ratio`, the last over the second.
Few images are done several times, because the machine's speed varies by more within seconds than
within minutes: their median is taken. Where the time goes is from the run's times.csv and profile."""

import argparse
import csv
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import tifffile

from turns import seconds_of, warn_if_busy

root = Path(__file__).resolve().parent.parent
sides = [96, 128, 192, 256, 384]


def make_images(base, folder, count, seed=1):
    """Windows of larger images, turned and with noise of their own, so that no two are alike: a third
    of them 16-bit. A folder has 1,000, as a microscope's plates have."""
    random = np.random.default_rng(seed)
    for i in range(count):
        if i % 1000 == 0:
            plate = folder / f"plate{i // 1000:03}"
            plate.mkdir(parents=True)
        height, width = random.choice(sides, 2)
        image = base[random.integers(len(base))]
        y, x = (random.integers(side - length + 1) for side, length in zip(image.shape, (height, width)))
        window = np.rot90(image[y:y + height, x:x + width], random.integers(4)).astype(np.int32)
        window = window + random.integers(-1, 2, window.shape, dtype=np.int8)
        if i % 3 == 0:
            window = np.clip(window, 0, 255) * 16 + 100
            tifffile.imwrite(plate / f"image{i:06}.tif", window.astype(np.uint16))
        else:
            tifffile.imwrite(plate / f"image{i:06}.tif", np.clip(window, 0, 255).astype(np.uint8))


def link_first(source, folder, count):
    """The first images of `source` as links in a folder of their own."""
    for i, file in enumerate(sorted(source.glob("*/*.tif"))[:count]):
        to = folder / file.parent.name / file.name
        to.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, to)


class Watch(threading.Thread):
    """Looks 20 times a second: the most temporaries of shards that were there at once, and what the
    process had in memory (in MB, without what it maps of files)."""

    def __init__(self, archive, process):
        super().__init__(daemon=True)
        self.archive, self.process, self.most, self.resident, self.done = archive, process, 0, [], threading.Event()

    def run(self):
        while not self.done.wait(0.05):
            if (self.archive / "shards").is_dir():
                self.most = max(self.most, sum(1 for _ in (self.archive / "shards").glob(".*.part")))
            try:
                status = Path(f"/proc/{self.process.pid}/status").read_text()
                self.resident.append(int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024)
            except (OSError, TypeError):  # it has ended
                pass


def tenths(values):
    """The medians of ten parts of a row of values."""
    ends = [len(values) * i // 10 for i in range(11)]
    return [statistics.median(values[a:b]) for a, b in zip(ends, ends[1:]) if b > a]


def measure(pipeline, images, work, options):
    archive, out = work / "archive", work / "run"
    for folder in (archive, out):
        shutil.rmtree(folder, ignore_errors=True)
    size = sum(file.stat().st_size for file in images.glob("*/*.tif"))
    start = time.perf_counter()
    process = subprocess.Popen([pipeline, "run", "archive", "-p", f"input={images}", "-p", f"archive={archive}",
                                "--set", f"run.out={out}", "--quiet", "--profile", *options],
                               stdout=subprocess.PIPE, text=True)
    watch = Watch(archive, process)
    watch.start()
    profile = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    watch.done.set()
    if status != 0:
        raise SystemExit(f"the run failed:\n{profile}")
    with open(out / "times.csv") as file:
        stages = {row["stage"]: float(row["seconds"]) for row in csv.DictReader(file)}
    for node, stage in (("read", "disk: read and hash"), ("write", "disk: write")):
        stages[stage] = float(re.search(rf"^{node} .* ([\d.]+)$", profile, re.M)[1])
    resident = statistics.median(watch.resident[len(watch.resident) // 2:])
    return size / 1e6 / seconds, seconds, usage.ru_maxrss / 1024, resident, watch.most, stages, watch.resident, archive


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", default=root / "build/release/pipeline")
    parser.add_argument("--counts", default="1000,10000,100000", help="how many images, ascending")
    parser.add_argument("--work", type=Path, help="a folder with room for them (8 GB for 100,000)")
    parser.add_argument("options", nargs="*", help="of `pipeline run archive`, after --")
    args = parser.parse_args()
    warn_if_busy()
    counts = [int(count) for count in args.counts.split(",")]
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        work = Path(folder)
        subprocess.run([args.pipeline, "run", "make_sample", "-p", f"data={work / 'base'}", "-p", "count=24",
                        "-p", "size=512", "--set", f"run.out={work / 'made'}", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        base = [tifffile.imread(file) for file in sorted((work / "base").glob("*.tif"))]
        make_images(base, work / "all", counts[-1])
        speeds, memories = [], []
        for count in counts:
            images = work / f"first{count}"
            link_first(work / "all", images, count)
            times = max(1, min(5, 30000 // count))
            runs = [measure(args.pipeline, images, work, args.options) for _ in range(times)]
            speed, seconds, peak, resident = (statistics.median(column) for column in list(zip(*runs))[:4])
            writers = max(run[4] for run in runs)
            stages, course, archive = runs[-1][5:]
            speeds.append(speed)
            memories.append((resident, peak))
            stored = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
            whole = sum(file.stat().st_size for file in images.glob("*/*.tif"))
            print(f"archive_{count} {speed:.1f} MB/s, {seconds:.0f} s, {resident:.0f} MB of memory in the second half "
                  f"(at most {peak:.0f} MB with what is mapped), {writers} shard open at once, {stored / whole:.3f} of the size", flush=True)
            total = sum(stages.values())
            print(f"archive_{count}_time " + ", ".join(f"{stage} {100 * spent / total:.0f} %"
                                                      for stage, spent in sorted(stages.items())), flush=True)
        for name in ("plan_archive", "finalise", "list", "verify"):
            given = ["-p", f"input={images}"] if name == "plan_archive" else []
            where = work / "planned" if given else archive
            took = seconds_of(args.pipeline, "run", name, "-p", f"archive={where}", *given,
                              "--set", f"run.out={work / name}", "--quiet")
            print(f"{name}_{count} {took:.1f} s, {count / took:.0f} images/s")
        for name in ("index.h5", "plans/0001.h5"):
            print(f"{name} {(archive / name).stat().st_size / count:.0f} bytes an image")
        print(f"archive_flat ratio {speeds[-1] / speeds[0]:.3f}")
        course = tenths(course)
        print(f"archive_{counts[-1]}_memory " + ", ".join(f"{part:.0f}" for part in course) + " MB, by tenths of the run")
        print(f"archive_memory_in_time ratio {course[-1] / course[1]:.3f}")
        for name, (few, many) in zip(("memory", "peak_memory"), zip(memories[0], memories[-1])):
            print(f"archive_{name} ratio {many / few:.3f}")


if __name__ == "__main__":
    main()
