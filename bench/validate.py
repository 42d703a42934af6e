"""How long `pipeline validate` takes for a pipeline of 1,000 nodes: `validate_1000 ms VALUE`, the
median of several, with the start of the program."""
import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time


def pipeline(nodes):
    """Chains of resizes behind one source, each ending in a file of its own."""
    lines = ["version: 1", "nodes:", "  cells: {op: generate_cells, with: {count: 4, width: 64, height: 64}}"]
    last = "cells"
    for i in range(1, nodes):
        if i % 10 == 0 or i == nodes - 1:
            lines.append(f"  write_{i}: {{op: write_image, in: {last}, with: {{folder: images_{i}}}}}")
            last = "cells"
        else:
            lines.append(f"  node_{i}: {{op: resize, in: {last}, with: {{width: {64 + i % 64}, height: 64}}}}")
            last = f"node_{i}"
    return "\n".join(lines) + "\n"


def milliseconds(command, times):
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--pipeline", required=True, help="the program")
    arguments.add_argument("--times", type=int, default=11)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for nodes in (3, 1000):
            file = pathlib.Path(folder) / f"of_{nodes}.yaml"
            file.write_text(pipeline(nodes))
            took = milliseconds([given.pipeline, "validate", str(file)], given.times)
            print(f"validate_{nodes} ms {took:.1f}")


if __name__ == "__main__":
    main()
