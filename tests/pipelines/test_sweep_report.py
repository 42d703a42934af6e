"""The report of a sweep: what was tried, what came of it, and the best settings, ready to be run."""
import html
import re
import shlex

from harness import *
from page_checks import CHROMIUM, LABELS_CUT_OFF, PageTest


class SweepReport(PageTest):
    def setUp(self):
        super().setUp()
        self.images = self.make_images(10)
        self.out = self.folder / "out"

    def write(self, sweep):
        file = self.folder / "p.yaml"
        file.write_text(f"version: 1\ninclude: {ROOT / 'pipelines' / 'train_convolutional.yaml'}\n"
                        f"params: {{epochs: {{default: 3}}}}\nsweep:\n{sweep}")
        return file

    def sweep(self, pipeline, *more, code=0):
        return self.call("sweep", pipeline, "-p", f"data={self.images}", "-p", "group=", "--set", f"run.out={self.out}",
                         "--set", "nodes.small.width=32", "--set", "nodes.small.height=32", *more, code=code)

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI"), "chromium is not installed")
    def test_is_read_everywhere(self):
        pipeline = self.write("  over:\n"
                              "    nodes.train.optimizer.rate: [0.0001, 0.001, 0.01]\n"
                              "    nodes.train.model.encoder: [[4, 4, 2], [16, 8, 8]]\n"
                              "  seeds: [1, 2]\n  processes: 2\n")
        self.sweep(pipeline)
        page = self.out / "report.html"
        text = page.read_text()
        self.assertIn("12 of 12 trials done", text)
        self.assertNotIn("<script", text)
        self.assertNotRegex(text, r'(src|href)="?https?:|url\(|@import')
        self.assertNotIn("id=not-done", text)
        browser = self.check_page(page)
        self.assertEqual(browser.evaluate(LABELS_CUT_OFF), [])
        # A chart for each setting with a dot for each trial; the rates, over decades, on a logarithmic axis.
        charts = browser.evaluate("[...document.querySelectorAll('#effects figure')].map(figure => [figure.textContent, "
                                  "figure.querySelectorAll('circle').length])")
        self.assertEqual([dots for _, dots in charts], [12, 12])
        self.assertIn("rate, log scale", charts[0][0])
        places = browser.evaluate("[...new Set([...document.querySelector('#effects figure').querySelectorAll('circle')]"
                                  ".map(dot => Number(dot.getAttribute('cx'))))].sort((a, b) => a - b)")
        self.assertAlmostEqual(places[1] - places[0], places[2] - places[1], delta=0.3)
        self.assertIn("[4, 4, 2]", charts[1][0])
        # The curves of all trials in one chart for each split.
        self.assertEqual(browser.evaluate("[...document.querySelectorAll('#curves figure')].map(figure => "
                                          "figure.querySelectorAll('polyline').length)"), [12, 12])
        # Sorted as the table is, with links to reports that are there.
        table = [line.split("|")[1].strip() for line in (self.out / "sweep.md").read_text().splitlines() if line[:1] == "|"]
        shown = browser.evaluate("[...document.querySelectorAll('#tried tbody tr')].map(row => row.cells[0].textContent)")
        self.assertEqual(shown, table[2:])
        links = re.findall(r'href="\./(trial[^"]*)"', text)
        self.assertEqual(len(set(links)), 12)
        self.assertEqual([link for link in links if not (self.out / link).is_file()], [])
        paper = self.folder / "report.pdf"
        browser.print(paper)
        self.assertLess(len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())), 8)

    def test_best_settings_run_as_they_stand(self):
        pipeline = self.write("  over: {nodes.train.model.encoder: [[4, 4, 2], [16, 8, 8]]}\n")
        self.out = self.folder / "it's out"
        self.sweep(pipeline, "--set", "run.threads=1")
        text = (self.out / "report.html").read_text()
        command = html.unescape(re.search(r"<pre>pipeline (run .*?)</pre>", text, re.DOTALL).group(1))
        words = shlex.split(command)
        self.assertIn("nodes.train.model.encoder=[", command)
        self.call(*words)
        best = re.search(r'<b title=best>.*?href="\./(trial\.\d+)/', text, re.DOTALL).group(1)
        self.assertEqual((self.out / "best" / "checkpoint.h5").read_bytes(),
                         (self.out / best / "checkpoint.h5").read_bytes())
        # What was run is no trial: the sweep is as it was.
        self.assertIn("2 of 2 trials are done already", self.sweep(pipeline, "--set", "run.threads=1"))

    @unittest.skipUnless(CHROMIUM or os.environ.get("CI"), "chromium is not installed")
    def test_failures_are_named_with_their_reason(self):
        (self.images / "<b>bad.tif").write_text("no image")
        pipeline = self.write("  over: {run.quarantine_limit: [0, 5]}\n")
        self.sweep(pipeline, code=65)
        text = (self.out / "report.html").read_text()
        self.assertIn("1 of 2 trials done, 1 failed", text)
        failed = re.search(r"<section id=not-done>.*?</section>", text, re.DOTALL).group(0)
        self.assertIn("<td>quarantine_limit 0</td><td>exit code 65</td>", failed)
        self.assertIn("&lt;b&gt;bad.tif", failed)
        self.assertIn('href="./trial.001/report.html"', failed)
        self.assertIn("<b title=best>", text)  # of the other
        self.check_page(self.out / "report.html")

    def test_of_what_is_not_done(self):
        pipeline = self.write("  over: {nodes.train.optimizer.rate: [0.001, 0.005]}\n")
        self.sweep(pipeline, "--collect", code=70)
        text = (self.out / "report.html").read_text()
        self.assertIn("0 of 2 trials done", text)
        self.assertEqual(text.count("<td>not begun</td>"), 2)
        self.assertNotIn("id=best", text)
        self.assertIn("is the folder of a sweep", self.call("report", self.out, code=78))


if __name__ == "__main__":
    unittest.main()
