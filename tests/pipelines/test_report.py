"""Reports as they are read: in a browser on a desk, a phone and paper, and by TensorBoard."""
import json
import re

from harness import *
from page_checks import CHROMIUM, LABELS_CUT_OFF, PageTest

PREFIX = pathlib.Path(os.environ.get("LATENTFLOW_PREFIX") or
                      pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "latentflow")
TENSORBOARD = PREFIX / "test-venv/bin/python"

class Report(PageTest):
    def run_small(self, name, *arguments, code=0, epochs=3):
        folder = self.folder / name
        images = self.folder / "images"
        if not images.exists():
            self.make_images(12)
        self.call("run", "train_convolutional", "-p", f"data={images}", "-p", f"epochs={epochs}", "-p", "group=",
                  "--set", f"run.out={folder}", "--quiet", *arguments, code=code)
        return folder

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI"), "chromium is not installed")
    def test_is_read_everywhere(self):
        broken = self.folder / "images"
        self.make_images(12)
        (broken / "<b>broken & 'odd'.tif").write_bytes(b"no TIFF")
        (broken / b"bytes_\xff.tif".decode(errors="surrogateescape")).write_bytes(b"no TIFF")
        folder = self.run_small("run", code=65)
        page = folder / "report.html"
        text = page.read_text()  # UTF-8 all through
        self.assertIn("&lt;b&gt;broken &amp; &#39;odd&#39;.tif", text)
        self.assertIn("bytes_\ufffd.tif", text)
        self.assertNotIn("<script", text)
        self.assertNotRegex(text, r'(src|href)="?https?:|url\(|@import')
        browser = self.check_page(page)
        self.assertEqual(browser.evaluate("document.querySelectorAll('.charts figure').length"), 5)
        # Train and test are in one chart.
        self.assertEqual(browser.evaluate("[...document.querySelectorAll('.charts figure')].filter(figure => "
                                          "figure.textContent.startsWith('mse'))[0].querySelectorAll('polyline').length"), 2)
        self.assertIn("Rows: originals, reconstructions, difference x 4", browser.evaluate("document.images[0].alt"))
        # No label of a chart lies outside of its picture.
        self.assertEqual(browser.evaluate(LABELS_CUT_OFF), [])
        paper = self.folder / "report.pdf"
        browser.print(paper)
        self.assertTrue(paper.read_bytes().startswith(b"%PDF"))
        self.assertLess(len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())), 12)

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI"), "chromium is not installed")
    def test_compares_runs(self):
        one = self.run_small("one", "--set", "nodes.train.with.optimizer.rate=0.004")
        two = self.run_small("two", epochs=4)
        self.assertEqual(self.call("report", one, two), "compare.html\n")
        page = self.folder / "compare.html"
        text = page.read_text()
        self.assertIn("<td>nodes.train.with.optimizer.rate</td><td>0.004</td><td>0.005</td>", text)
        self.assertIn("<td>nodes.files.with.epochs</td><td>3</td><td>4</td>", text)
        self.assertNotIn("<td>nodes.small.with.width</td>", text)
        last = {name: rows(self.folder / name / "metrics.csv")[(epoch, "convolutional", "test", "mse")]
                for name, epoch in (("one", 3), ("two", 4))}
        self.assertIn(f"<b title=best>{min(last.values()):.4g}</b>", text)
        self.check_page(page)

    def test_is_written_however_a_run_ends(self):
        images = self.make_images(12)
        folder = self.folder / "stopped"
        arguments = ("train_convolutional", "-p", f"data={images}", "-p", "epochs=100000", "-p", "group=",
                     "--set", f"run.out={folder}", "--quiet")
        self.assertEqual(self.stop_after(5, signal.SIGINT, "run", *arguments), 75)
        self.assertIn("stopped; go on with: pipeline resume", (folder / "report.html").read_text())
        # A report that cannot be written is a warning.
        done = self.run_small("done")
        (done / "report.html").unlink()
        (done / "report.html").mkdir()
        (done / "report.html" / "mine").touch()
        (done / "run.json").unlink()  # so that there is something to resume
        output = self.call("resume", done, "--quiet")
        self.assertIn("warning: no report: ", output)
        shutil.rmtree(done / "report.html")
        self.assertEqual(self.call("report", done), f"{done}/report.html\n")
        self.assertIn("no resolved.yaml", self.call("report", self.folder, code=78))

    def test_runs_made_elsewhere(self):
        """A folder that was moved, whose images are gone: the report still tells all."""
        folder = self.run_small("before")
        shutil.rmtree(self.folder / "images")
        moved = self.folder / "after"
        folder.rename(moved)
        before = (moved / "report.html").read_text()
        self.call("report", moved)
        after = (moved / "report.html").read_text()
        self.assertIn("images 1x128x128 per batch", after)
        same = [text.replace(str(moved), str(folder)).replace("<title>after", "<title>before") for text in (before, after)]
        self.assertEqual(*same)

    def test_tensorboard_reads_it(self):
        if not TENSORBOARD.exists():
            self.assertFalse(os.environ.get("CI"), f"{TENSORBOARD} is not there")
            self.skipTest("TensorBoard is not installed: scripts/setup --ci")
        folder = self.run_small("run")
        events = self.folder / "events"
        for _ in range(2):  # done again, it is not there twice
            self.call("report", folder, "--tensorboard", events)
        script = """if True:
            import json, sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            def read(folder):
                read = EventAccumulator(folder, size_guidance={"images": 0, "scalars": 0}).Reload()
                tags = read.Tags()
                return ({tag: [[e.step, e.value] for e in read.Scalars(tag)] for tag in tags["scalars"]},
                        {tag: [[e.step, e.width, e.height, e.encoded_image_string.hex()] for e in read.Images(tag)]
                         for tag in tags["images"]})
            print(json.dumps([read(folder) for folder in sys.argv[1:]]))"""
        folders = [events / "run", events / "run/convolutional/train", events / "run/convolutional/test"]
        output = subprocess.run([TENSORBOARD, "-c", script, *folders], check=True, stdout=subprocess.PIPE, timeout=200)
        (_, images), *scalars = json.loads(output.stdout)
        read = {(step, "convolutional", split, metric): value for split, (tags, _) in zip(("train", "test"), scalars)
                for metric, points in tags.items() for step, value in points}
        written = rows(folder / "metrics.csv")
        self.assertEqual(read.keys(), written.keys())
        for key, value in written.items():
            self.assertAlmostEqual(read[key], value, delta=1e-6 * max(1, abs(value)))
        png = (folder / "sheet.png").read_bytes()
        width, height = (int.from_bytes(png[at:at + 4], "big") for at in (16, 20))
        self.assertEqual(images, {"sheet": [[3, width, height, png.hex()]]})


if __name__ == "__main__":
    unittest.main()
