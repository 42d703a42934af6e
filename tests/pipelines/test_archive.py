"""An archive as a user makes it: every kind of file goes in, any HDF5 client reads it, and neither kills
nor several processes at once change a byte of it."""
import hashlib
import os
import random

import h5py
import numpy
import tifffile

import stream_decoder
from harness import *

MODEL = ROOT / "data/models/fluorescence.h5"
LAUNCHERS = ("SLURM_", "OMPI_", "PMI_")  # a test may itself run under one


def contents(folder):
    """Of everything in a folder: what it is, by what it is called."""
    return {path.relative_to(folder): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in folder.rglob("*") if path.is_file()}


def content(archive):
    """Of what makes an archive."""
    return {str(path.relative_to(archive)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in [*sorted((archive / "shards").glob("*.h5")), archive / "index.h5", archive / "SHA256SUMS"]}


class Archives(PipelineTest):
    def setUp(self):
        super().setUp()
        self.archive = self.folder / "archive"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}

    def arguments(self, source, *more, name="archive"):
        return ["run", name, "-p", f"input={source}", "-p", f"archive={self.archive}",
                "--set", f"run.out=runs/{name}", *more]

    def run_archive(self, source, *more, code=0, name="archive", **environment):
        return self.call(*self.arguments(source, *more, name=name), code=code,
                         env={**self.environment, **environment})

    def finalise(self, code=0):
        return self.call("run", "finalise", "-p", f"archive={self.archive}",
                         "--set", f"run.out={self.folder / 'runs' / 'finalise'}", code=code, env=self.environment)

    def make_folder(self, name):
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name

    def start(self, source, *more, cwd=None, **environment):
        process = subprocess.Popen(self.command(*self.arguments(source, *more)), cwd=cwd or self.folder,
                                   env={**self.environment, **environment}, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        return process

    def left_over(self):
        return [path for path in self.archive.rglob("*") if path.name.endswith((".part", ".damaged"))]

    def make_inputs(self):
        """A file of each kind; gives the coding that each is kept in, by name."""
        folder = self.make_images(3, size=96, name="in")
        images = sorted(folder.glob("*.tif*"))
        image = tifffile.imread(images[0])
        ramp = numpy.arange(256, dtype=numpy.uint16) * 257
        (folder / "sub/deep").mkdir(parents=True)
        write = lambda name, data, photometric="minisblack", **more: \
            tifffile.imwrite(folder / name, data, photometric=photometric, metadata=None, **more)
        write("sub/pages.tif", numpy.stack([image, image.T, 255 - image]), resolution=(1234.5, 678.25),
              resolutionunit="CENTIMETER", description="three pages, 0.1 µm".encode())
        write("sub/deep/wide.tif", image.astype(numpy.uint16) * 16 + 100)
        write("colour.tif", numpy.stack([image, image.T, image], -1), "rgb")
        write("grey_palette.tif", image, "palette", colormap=numpy.stack([ramp] * 3))
        write("palette.tif", image, "palette", colormap=numpy.stack([ramp, ramp[::-1], ramp]))
        write("float.tif", image.astype(numpy.float32))
        (folder / "junk.tif").write_bytes(b"a thesis, by mistake")
        (folder / "empty.TIF").write_bytes(b"")
        (folder / "cut.tif").write_bytes(images[1].read_bytes()[:5000])
        odd = ["-rf.tif", "sp ace\nline, \"quoted\".tif", os.fsdecode(b"no utf-8 \xff\xfe.tif"), "µm 細胞.tif"]
        for name in odd:
            shutil.copy(images[2], folder / name)
        for name in (".hidden.tif", "notes.txt"):
            (folder / name).write_bytes(b"not to be archived")
        streams = [path.name for path in images] + odd
        streams += ["sub/pages.tif", "sub/deep/wide.tif", "colour.tif", "grey_palette.tif"]
        return folder, {**dict.fromkeys(streams, "stream"), **dict.fromkeys(
            ["palette.tif", "float.tif", "junk.tif", "empty.TIF", "cut.tif"], "original")}

    def read_index(self):
        """The ten lines of any HDF5 client: {path: (all that is known, bytes)}."""
        with h5py.File(self.archive / "index.h5") as f:
            names = [name for name in f if f[name].shape == f["id"].shape]
            columns = {name: f[name][...] for name in names}
            self.assertEqual(columns["id"].tolist(), list(range(len(columns["id"]))))
            found = {}
            for i in columns["id"]:
                row = {name: columns[name][i] for name in names}
                data = f["bytes"][row["offset"]:row["offset"] + row["length"]].tobytes()
                found[os.fsdecode(row["path"])] = row, data
            self.assertEqual(len(found), len(columns["id"]))
        return found

    def test_every_kind_of_file(self):
        source, codings = self.make_inputs()
        before = contents(source)
        text = self.run_archive(source, "-p", "shard_images=4")
        self.assertIn("5 images kept as they are", text)
        self.assertEqual(contents(source), before)  # originals are never touched
        self.assertEqual(len(list((self.archive / "shards").iterdir())), -(-len(codings) // 4))
        images = self.read_index()
        self.assertEqual({path: row["coding"].decode() for path, (row, _) in images.items()}, codings)
        model = stream_decoder.Model(MODEL)
        self.assertEqual(list(images), sorted(images, key=os.fsencode))
        for path, (row, data) in images.items():
            with self.subTest(path):
                file = source / path
                self.assertEqual(row["sha256"].decode(), hashlib.sha256(file.read_bytes()).hexdigest())
                self.assertEqual(row["size"], file.stat().st_size)
                self.assertLessEqual(len(data), row["size"])
                if data:
                    self.assertEqual(row["digest"].decode(), hashlib.sha256(data).hexdigest())
                if row["coding"] == b"original":
                    self.assertEqual(data, file.read_bytes())
                    continue
                self.assertEqual(row["model"].decode(), model.digest.hex())
                pixels = stream_decoder.decode(model, data)  # which checks their digest
                image = tifffile.imread(file)
                if row["channels"] == 3:
                    image = numpy.moveaxis(image, -1, 0)
                image = image.reshape(row["pages"], row["channels"], row["height"], row["width"])
                self.assertEqual(row["type"].decode(), {"uint8": "u8", "uint16": "u16"}[str(image.dtype)])
                error = numpy.abs(pixels.astype(int) - image)
                self.assertEqual(row["max_error"], error.max())
                peak = 255 if image.dtype == numpy.uint8 else image.max()
                self.assertAlmostEqual(row["psnr"], 10 * numpy.log10(peak ** 2 / numpy.mean(error ** 2.0)), 6)
                self.assertGreater(row["psnr"], 20)
                self.assertTrue(0.5 < row["ssim"] < 1)
        self.assertIn("270=three pages, 0.1 \\xc2\\xb5m", images["sub/pages.tif"][0]["tags"].decode())

    def test_sha256sum_knows_it(self):
        source, _ = self.make_inputs()
        self.run_archive(source, "-p", "shard_images=4")
        listed = [line.split("  ")[1] for line in (self.archive / "SHA256SUMS").read_text().splitlines()]
        there = [str(path.relative_to(self.archive)) for path in self.archive.rglob("*") if path.is_file()]
        self.assertEqual(sorted(listed), sorted(set(there) - {"SHA256SUMS"}))
        subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=self.archive, check=True)
        copies = sorted((self.archive / "models").iterdir())
        self.assertEqual([file.read_bytes() for file in copies], [MODEL.read_bytes()] * 2)

    def test_promises(self):
        """What falls short is kept without loss, and djxl reads it; or as it is."""
        source, codings = self.make_inputs()
        self.run_archive(source, "-p", "min_psnr=200")
        lossless = self.read_index()
        self.assertEqual({path for path, (row, _) in lossless.items() if row["coding"] == b"jpegxl"},
                         {path for path, coding in codings.items() if coding == "stream"})
        for path in ("colour.tif", "sub/deep/wide.tif", "sub/pages.tif"):
            row, data = lossless[path]
            self.assertEqual((row["psnr"], row["ssim"], row["max_error"]), (numpy.inf, 1, 0))
            (self.folder / "plane.jxl").write_bytes(data)  # the first of them, of several
            subprocess.run(["djxl", "--quiet", "plane.jxl", "plane.pgm"], cwd=self.folder, check=True)
            head, size, top, plane = (self.folder / "plane.pgm").read_bytes().split(b"\n", 3)
            image = tifffile.imread(source / path)
            image = image[..., 0] if path == "colour.tif" else image[0] if image.ndim == 3 else image
            self.assertEqual(head, b"P5")
            kind = ">u2" if int(top) > 255 else "u1"
            numpy.testing.assert_array_equal(numpy.frombuffer(plane, kind).reshape(image.shape), image)
        shutil.rmtree(self.archive)
        self.run_archive(source, "-p", "max_error=1", "-p", "otherwise=original")
        self.assertEqual({row["coding"] for row, _ in self.read_index().values()}, {b"original"})
        shutil.rmtree(self.archive)
        self.run_archive(source, "-p", "psnr=30")
        for path, (row, _) in self.read_index().items():
            if codings[path] == "stream":
                self.assertGreaterEqual(row["psnr"], 30, path)

    def test_asking_writes_nothing(self):
        source = self.make_images(3, name="in")
        before = contents(self.folder)
        for command in (["validate"], ["run", "--dry-run"]):
            for name in ("archive", "plan_archive"):
                self.call(command[0], name, *self.arguments(source)[2:], *command[1:])
        self.assertEqual(contents(self.folder), before)
        self.assertFalse(self.archive.exists())
        self.finalise(code=78)
        self.assertFalse(self.archive.exists())

    def test_a_plan_holds(self):
        source = self.make_images(6, name="in")
        self.run_archive(source, "-p", "shard_images=2", name="plan_archive")
        self.assertFalse((self.archive / "index.h5").exists())
        before = contents(self.archive)
        for more, expected in ((("-p", "quality=3"), "was planned with quality 4"),
                               (("-p", "min_psnr=40"), "keep to these settings"),
                               (("-p", f"input={self.make_images(1, name='other')}"), "append: true")):
            text = self.run_archive(source, *more, code=78)
            self.assertIn(expected, text)
            self.assertEqual(len(text.splitlines()), 1, text)
        self.assertEqual(contents(self.archive), before)
        shutil.copy(source / "../other" / sorted(os.listdir(self.folder / "other"))[0], source / "new.tif")
        self.assertIn("1 files of", self.run_archive(source))
        self.assertEqual(len(self.read_index()), 6)
        whole = content(self.archive)
        self.run_archive(source)  # there is nothing to do
        self.assertEqual(content(self.archive), whole)
        self.run_archive(source, "-p", "append=true")
        self.assertEqual(list(self.read_index())[6:], ["new.tif"])
        shards = {name: digest for name, digest in content(self.archive).items() if name.startswith("shards")}
        self.assertEqual(len(shards), 4)
        self.assertLessEqual({item for item in whole.items() if item[0].startswith("shards")}, set(shards.items()))
        (source / "new.tif").write_bytes(b"other content")
        (source / "newer.tif").write_bytes(b"new content")
        self.assertIn("with other content", self.run_archive(source, "-p", "append=true", code=65))
        self.assertEqual(list(self.read_index())[6:], ["new.tif", "newer.tif"])
        self.run_archive(source, "-p", "append=true", "-p", "prefix=again")
        self.assertEqual(list(self.read_index())[-2:], ["again/new.tif", "again/newer.tif"])
        self.assertEqual(len(self.read_index()), 6 + 2 + 8)

    def test_a_file_that_changes_costs_its_shard_alone(self):
        source = self.make_images(6, name="in")
        self.run_archive(source, "-p", "shard_images=2", name="plan_archive")
        third, last = sorted(source.iterdir())[2], sorted(source.iterdir())[5]
        kept = third.read_bytes(), last.read_bytes()
        third.write_bytes(kept[0][:-1] + b"x")
        last.unlink()
        text = self.run_archive(source, code=70)
        self.assertIn(f"{third}: has changed since it was planned", text)
        self.assertIn(f"{last}: cannot open", text)
        self.assertIn("2 of 3 shards", text)
        self.assertEqual(len(list((self.archive / "shards").iterdir())), 1)
        self.assertFalse((self.archive / "index.h5").exists())
        self.assertIn("2 of 3 shards", self.finalise(code=70))
        self.assertFalse((self.archive / "index.h5").exists())
        third.write_bytes(kept[0])
        last.write_bytes(kept[1])
        self.run_archive(source)
        self.assertEqual(len(self.read_index()), 6)

    def test_no_task_of_an_array_hides_what_it_lost(self):
        source = self.make_images(2, name="in")
        self.run_archive(source, "-p", "shard_images=1", name="plan_archive")
        sorted(source.iterdir())[1].unlink()
        for limit in (0, 5):
            self.run_archive(source, "--set", f"run.quarantine_limit={limit}", code=70, SLURM_ARRAY_TASK_ID="1",
                             SLURM_ARRAY_TASK_COUNT="2", SLURM_ARRAY_TASK_MIN="0")

    def test_damaged_shards_are_done_again(self):
        source = self.make_images(6, name="in")
        self.run_archive(source, "-p", "shard_images=2")
        whole = content(self.archive)
        shard = sorted((self.archive / "shards").iterdir())[1]
        data = bytearray(shard.read_bytes())
        data[len(data) // 2] ^= 1
        shard.write_bytes(data)
        self.assertIn(shard.name, self.finalise(code=70))
        text = self.run_archive(source)
        self.assertIn("1 damaged shards are done again", text)
        self.assertEqual(content(self.archive), whole)
        self.assertEqual([path.name for path in self.left_over()], [shard.name + ".damaged"])

    def many(self):
        """Enough for a run that can be interrupted, and what an undisturbed one makes of it."""
        source = self.make_images(24, size=128, name="in")
        start = time.monotonic()
        self.run_archive(source, "-p", "shard_images=2")
        duration = time.monotonic() - start
        expected = content(self.archive)
        self.assertEqual(len(expected), 12 + 2)
        shutil.rmtree(self.archive)
        return source, expected, duration

    def test_killed_at_any_moment(self):
        source, expected, duration = self.many()
        before = contents(source)
        killed = 0
        for moment in range(10):
            process = self.start(source, "-p", "shard_images=2")
            try:
                process.wait(timeout=random.uniform(0.02, 1) * duration)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            process.wait()
            self.run_archive(source, "-p", "shard_images=2")
            self.assertEqual(content(self.archive), expected, f"moment {moment}")
            self.assertEqual(self.left_over(), [])
            shutil.rmtree(self.archive)
        self.assertEqual(contents(source), before)
        self.assertGreater(killed, 3)

    def test_two_at_once(self):
        source, expected, _ = self.many()
        for _ in range(2):
            both = [self.start(source, "-p", "shard_images=2", cwd=self.make_folder(name)) for name in ("one", "two")]
            self.assertEqual([process.wait(timeout=280) for process in both], [0, 0])
            self.assertEqual(content(self.archive), expected)
            self.assertEqual(self.left_over(), [])
            shutil.rmtree(self.archive)

    def test_tasks_of_an_array(self):
        source, expected, _ = self.many()
        for task in (2, 0, 3, 1):
            self.assertFalse((self.archive / "index.h5").exists())
            self.run_archive(source, "-p", "shard_images=2", SLURM_ARRAY_TASK_ID=str(task),
                             SLURM_ARRAY_TASK_COUNT="4", SLURM_ARRAY_TASK_MIN="0")
        self.assertEqual(len(list((self.archive / "shards").iterdir())), 12)
        self.finalise()
        self.assertEqual(content(self.archive), expected)

    def test_told_to_stop(self):
        source, expected, _ = self.many()
        for again in ("run", "resume"):
            process = self.start(source, "-p", "shard_images=2", "--set", "run.max_in_flight=1")
            while process.poll() is None and not list(self.archive.glob("shards/*.h5")):
                time.sleep(0.002)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=120), 75)
            self.assertFalse((self.archive / "index.h5").exists())
            self.assertLess(len(list((self.archive / "shards").glob("*.h5"))), 12)
            if again == "run":
                self.run_archive(source, "-p", "shard_images=2", "--set", "run.max_in_flight=1")
            else:
                self.call("resume", self.folder / "runs/archive", env=self.environment)
            found = content(self.archive)
            self.assertEqual({name: digest for name, digest in found.items() if name.startswith("shards")},
                             {name: digest for name, digest in expected.items() if name.startswith("shards")})
            self.assertEqual(len(self.read_index()), 24)
            shutil.rmtree(self.archive)

    def test_told_to_stop_while_it_plans(self):
        source = self.folder / "large"
        source.mkdir()
        for i in range(100):
            with open(source / f"{i}.tif", "wb") as file:
                file.truncate(1 << 30)  # of which nothing is on the disk
        process = self.start(source)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 75)  # much sooner than the whole is read
        self.assertEqual(list(self.archive.glob("*plan*")), [])
        self.assertFalse((self.folder / "runs").exists())


if __name__ == "__main__":
    unittest.main()
