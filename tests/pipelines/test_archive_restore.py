"""Archives read back: every image, some of them, or windows; damage is found, named and costs no
more than it must; and what may be deleted is known. LATENTFLOW_FLIPS=1000 flips so many bytes."""
import csv
import os
import random

import numpy
import tifffile

from harness import *

FLIPS = int(os.environ.get("LATENTFLOW_FLIPS", "60"))


def contents(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*")) if file.is_file()}


def table(file):
    with open(file, newline="") as stream:
        return list(csv.DictReader(stream))


class ArchiveRestore(PipelineTest):
    def setUp(self):
        super().setUp()
        self.input = self.make_images(5, size=96, name="in")
        image = tifffile.imread(sorted(self.input.glob("*.tif"))[0])
        (self.input / "plate 7").mkdir()
        tifffile.imwrite(self.input / "plate 7/pages.tif", numpy.stack([image, image.T, 255 - image]),
                         photometric="minisblack", metadata=None)
        tifffile.imwrite(self.input / "plate 7/wide.tif", image.astype(numpy.uint16) * 16 + 100, metadata=None)
        # No stream holds numbers that are not whole: it is kept as it is.
        tifffile.imwrite(self.input / "plate 7/float.tif", image.astype(numpy.float32) / 3,
                         metadata=None)
        self.archive = self.folder / "archive"
        self.call("run", "archive", "-p", f"input={self.input}", "-p", f"archive={self.archive}",
                  *self.out("archived"))

    def out(self, name):
        return "--quiet", "--set", f"run.out={self.folder / 'runs' / name}"

    def run_on(self, pipeline, *arguments, code=0, name=None):
        return self.call("run", pipeline, "-p", f"archive={self.archive}", *arguments,
                         *self.out(name or pipeline), code=code)

    def restore(self, name, *arguments, code=0):
        text = self.run_on("restore", "-p", f"output={self.folder / name}", *arguments, code=code)
        return contents(self.folder / name), text

    def list(self):
        self.run_on("list")
        return table(self.folder / "runs/list/list.csv")

    def test_all_some_and_windows(self):
        before = contents(self.input)
        whole, _ = self.restore("whole")
        self.assertEqual(set(whole), set(before))
        self.assertEqual(contents(self.input), before)
        for row in self.list():
            one = tifffile.imread(self.input / row["path"])
            other = tifffile.imread(self.folder / "whole" / row["path"])
            self.assertEqual((one.shape, one.dtype), (other.shape, other.dtype))
            error = numpy.abs(one.astype(float) - other.astype(float)).max()
            if row["max_error"]:
                self.assertAlmostEqual(error, float(row["max_error"]), places=3, msg=row)
        self.assertEqual(whole["plate 7/float.tif"], before["plate 7/float.tif"])
        some, _ = self.restore("some", "-p", "match=plate 7/*")
        self.assertEqual(some, {name: whole[name] for name in whole if name.startswith("plate 7/")})
        ids = {row["id"]: row["path"] for row in self.list()}
        some, _ = self.restore("ids", "-p", "ids=1,3-4")
        self.assertEqual(some, {ids[i]: whole[ids[i]] for i in "134"})
        self.restore("none", "-p", "match=*.png", code=78)
        self.restore("none", "-p", f"ids={len(ids)}", code=78)
        self.restore("windows", "-p", "window=10,20,30,40", "--set", "nodes.write.compression=none")
        for path in ids.values():
            image = tifffile.imread(self.folder / "whole" / path)
            part = tifffile.imread(self.folder / "windows" / path)
            numpy.testing.assert_array_equal(part, image[..., 20:60, 10:40])

    def test_nothing_is_written_over(self):
        before = contents(self.input)
        for output in (self.input, self.folder, self.archive):
            for more in ([], ["-p", "overwrite=true"]):
                self.run_on("restore", "-p", f"output={output}", *more, code=78)
        self.assertEqual(contents(self.input), before)
        whole, _ = self.restore("out")
        self.restore("out")  # the same again is no error
        first = self.folder / "out" / sorted(whole)[0]
        first.write_bytes(b"mine")
        second = self.folder / "out" / sorted(whole)[1]
        second.unlink()
        _, text = self.restore("out", code=65)
        self.assertIn("is there already, with other content", text)
        self.assertEqual(first.read_bytes(), b"mine")
        self.assertTrue(second.exists())  # one that is in the way costs no other
        again, _ = self.restore("out", "-p", "overwrite=true")
        self.assertEqual(again, whole)

    def test_list_and_info_read_no_image(self):
        text = self.run_on("list")
        rows = table(self.folder / "runs/list/list.csv")
        self.assertEqual([row["path"] for row in rows], sorted(contents(self.input)))
        self.assertIn((self.folder / "runs/list/list.csv").read_text(), text)
        text = self.run_on("info")
        self.assertIn("all: 8 images", text)
        self.assertIn("original: ", text)
        self.assertIn((self.folder / "runs/info/info.txt").read_text(), text)

    def test_verify_says_what_may_be_deleted(self):
        before = contents(self.input)
        text = self.run_on("verify")
        self.assertIn("8 of 8 images are verified", text)
        self.assertFalse((self.folder / "runs/verify/deletable.txt").exists())
        (self.input / "new.tif").write_bytes(b"of today")
        changed = sorted(self.input.glob("*.tif"))[0]
        changed.write_bytes(changed.read_bytes()[:-1] + b"!")
        lost = self.input / "plate 7/wide.tif"
        lost.unlink()
        kept = contents(self.input)
        text = self.run_on("verify", "-p", f"against={self.input}")
        self.assertIn("6 of 8 files", text)
        run = self.folder / "runs/verify"
        deletable = (run / "deletable.txt").read_bytes().split(b"\0")
        self.assertEqual(deletable.pop(), b"")
        for file in deletable:
            name = pathlib.Path(os.fsdecode(file)).relative_to(self.input.resolve()).as_posix()
            self.assertEqual(kept[name], before[name])
        self.assertEqual(len(deletable), 6)
        self.assertEqual({row["path"]: row["reason"] for row in table(run / "kept.csv")},
                         {changed.name: "changed since it was archived", "new.tif": "not in the archive"})
        states = {row["path"]: (row["state"], row["original"], row["may_be_deleted"])
                  for row in table(run / "verified.csv")}
        self.assertEqual(states["plate 7/wide.tif"], ("verified", "missing", "no"))
        self.assertEqual(states[changed.name], ("verified", "changed", "no"))
        self.assertEqual(states["plate 7/float.tif"], ("verified", "same", "yes"))
        self.assertEqual(contents(self.input), kept)  # nothing is deleted

    def test_every_flipped_byte_is_found_and_costs_one_image(self):
        """One in each file, then by turns anywhere in the archive and in its shards."""
        whole, _ = self.restore("whole")
        files = sorted(file for file in self.archive.rglob("*") if file.is_file())
        draw = random.Random(1)
        places = [(file, draw.randrange(file.stat().st_size)) for file in files]
        while len(places) < FLIPS:
            among = [file for file in files if len(places) % 2 or file.parent.name == "shards"]
            file = draw.choices(among, [file.stat().st_size for file in among])[0]
            places.append((file, draw.randrange(file.stat().st_size)))
        lost = 0
        for file, at in places:
            before = file.read_bytes()
            file.write_bytes(before[:at] + bytes([before[at] ^ 1 << draw.randrange(8)]) + before[at + 1:])
            place = f"{file.relative_to(self.archive)} at {at}"
            text = self.run_on("verify", code=65)
            self.assertIn(file.name, text, place)
            bad = [row["path"] for row in table(self.folder / "runs/verify/verified.csv")
                   if row["state"] != "verified"]
            self.assertLessEqual(len(bad), 1, place)
            result = subprocess.run(
                self.command("run", "restore", "-p", f"archive={self.archive}", "-p",
                             f"output={self.folder / 'some'}", *self.out("restore")),
                text=True, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            restored = contents(self.folder / "some")
            missing = set(whole) - set(restored)
            self.assertEqual(restored, {path: whole[path] for path in restored}, place)
            self.assertTrue(missing <= set(bad), place)
            # Restoring reads no more than it needs, but what it misses is never passed over.
            self.assertIn(result.returncode, (65,) if missing else (0, 65), place)
            for path in bad:
                self.assertIn(path, text, place)
            for path in missing:
                self.assertIn(path, result.stdout, place)
            lost += len(missing)
            file.write_bytes(before)
            for folder in ("some", "runs"):
                shutil.rmtree(self.folder / folder)
        print(f"\n{len(places)} flips: all found and named; {lost} images lost, {len(places) * len(whole) - lost} restored")
        self.assertGreater(lost, 0)
        self.run_on("verify")


if __name__ == "__main__":
    unittest.main()
