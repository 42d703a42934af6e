"""Random pipelines of the image nodes that ship: whatever is linked to what, `validate` lets pass what
`run` can do, and one thread and many give the same files.
LATENTFLOW_RANDOM_PIPELINES=500 makes so many; LATENTFLOW_RANDOM_SEED=N begins with number N."""
import random

import numpy
import tifffile

from harness import *

COUNT = int(os.environ.get("LATENTFLOW_RANDOM_PIPELINES", "12"))
FIRST = int(os.environ.get("LATENTFLOW_RANDOM_SEED", "1"))


class Maker:
    """Nodes in the order of their links; `open` are outputs of images, by node."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.lines, self.open, self.batches = [], [], []
        self.epochs = self.random.choice([1, 1, 2, 3])
        for _ in range(self.random.choice([1, 1, 2])):
            self.add_source(folder)
        for _ in range(self.random.randint(2, 7)):
            self.add_step()
        for image in self.open:
            if self.random.random() < 0.6:
                self.add("write_image", image, "folder: FOLDER, format: " + self.random.choice(["tiff", "png", "tiff"]))
        for batches in self.batches:
            self.open.append(self.add("unbatch", batches, ""))
        used = " ".join(self.lines)
        for image in self.open:
            if f"in: {image}," not in used:
                self.add("write_image", image, "folder: FOLDER")

    def add(self, op, source, options):
        name = f"n{len(self.lines)}"
        link = f"in: {source}, " if source else ""
        self.lines.append(f"  {name}: {{op: {op}, {link}with: {{{options.replace('FOLDER', name)}}}}}")
        return name

    def add_source(self, folder):
        schedule = f"epochs: {self.epochs}, shuffle: {self.random.choice(['true', 'false'])}"
        if self.random.random() < 0.5:
            schedule += ", split: {train: 0.6, test: 0.4}"
        if self.random.random() < 0.5:
            self.open.append(self.add("generate_cells", None, f"count: {self.random.randint(2, 9)}, width: 48, height: 40, "
                                      f"cells: 4, bits: {self.random.choice([8, 16])}, {schedule}"))
        else:
            files = self.add("list_files", None, f"path: '{folder}', {schedule}")
            self.open.append(self.add("read_tiff", files, "pages: " + self.random.choice(["first", "all"])))

    def add_step(self):
        image, choose = self.random.choice(self.open), self.random.choice
        step = self.random.randrange(6)
        if step == 0:
            node = self.add("resize", image, f"width: {choose([24, 27, 64])}, height: {choose([20, 33])}, "
                            f"method: {choose(['auto', 'area', 'linear', 'cubic', 'nearest'])}")
        elif step == 1:
            node = self.add("normalise", image, f"mode: {choose(['percentile', 'min_max', 'full_scale'])}")
        elif step == 2:
            node = self.add("crop", image, f"width: 24, height: 20, mode: {choose(['grid', 'random'])}, count: {choose([1, 3])}")
        elif step == 3:
            node = self.add("augment", image, f"rotate: {choose(['none', 'right_angles'])}, shift: {choose([0, 3])}, brightness: 0.2")
        elif step == 4:
            node = self.add("grey_scale", image, f"square_root: {choose(['true', 'false'])}")
        else:
            small = self.add("resize", self.add("normalise", image, "mode: min_max"), "width: 16, height: 16")
            self.batches.append(self.add("batch", small, f"size: {choose([1, 3, 8])}"))
            return
        self.open.append(node)

    def text(self, threads, tickets, out):
        return (f"version: 1\nname: random\nrun: {{seed: 3, threads: {threads}, max_in_flight: {tickets}, quarantine_limit: "
                f"999, out: '{out}'}}\nnodes:\n" + "\n".join(self.lines) + "\n")


class RandomPipelines(PipelineTest):
    def make_files(self):
        folder = self.folder / "in"
        folder.mkdir()
        random = numpy.random.default_rng(5)
        for number in range(6):
            pages = random.integers(0, 255, (1 + number % 3, 30 + number, 40), numpy.uint8)
            tifffile.imwrite(folder / f"{number}.tif", pages, photometric="minisblack", metadata=None)
        tifffile.imwrite(folder / "dark.tif", numpy.zeros((40, 30), numpy.uint16), metadata=None)
        tifffile.imwrite(folder / "float.tif", random.normal(size=(32, 32)).astype(numpy.float32), metadata=None)
        (folder / "broken.tif").write_bytes(b"II*\0" + b"\xff" * 30)
        return folder

    def left(self, run):
        return {file.relative_to(run).as_posix(): file.read_bytes() for file in sorted(run.rglob("*"))
                if file.is_file() and file.suffix in (".tif", ".png")}

    def test_one_thread_and_many(self):
        folder, files = self.make_files(), 0
        for seed in range(FIRST, FIRST + COUNT):
            maker, found = Maker(seed, folder), []
            for threads, tickets in (1, 64), (1 + seed % 16, 24):
                run = self.folder / f"run_{seed}_{threads}_{tickets}"
                pipeline = self.folder / "random.yaml"
                pipeline.write_text(maker.text(threads, tickets, run))
                with self.subTest(f"pipeline {seed}\n{pipeline.read_text()}"):
                    self.call("run", pipeline, "--quiet")
                    found.append(self.left(run))
                shutil.rmtree(run, ignore_errors=True)
            with self.subTest(f"pipeline {seed}\n{pipeline.read_text()}"):
                self.assertEqual(len(found), 2)
                self.assertEqual(found[0].keys(), found[1].keys())
                self.assertEqual([name for name in found[0] if found[0][name] != found[1][name]], [])
                files += len(found[0])
        self.assertGreater(files, COUNT)
        print(f"{COUNT} pipelines, {files} files each way")


if __name__ == "__main__":
    unittest.main()
