"""`graph --format mermaid` and the drawings in the docs, parsed and drawn by Mermaid itself."""
import json
import re

from browser import CHROMIUM, Browser
from harness import *

PREFIX = pathlib.Path(os.environ.get("LATENTFLOW_PREFIX") or
                      pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "latentflow")
MERMAID = PREFIX / "readers/artoo_mermaid/assets/mermaid.min.js"


class Diagrams(PipelineTest):
    def setUp(self):
        super().setUp()
        if not MERMAID.exists() or not CHROMIUM:
            self.assertFalse(os.environ.get("CI"), f"{MERMAID} or chromium is not there: scripts/setup --ci")
            self.skipTest("Mermaid or Chromium is not installed: scripts/setup --ci")
        page = self.folder / "page.html"
        page.write_text("<!DOCTYPE html><meta charset=utf-8>")
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        self.browser.open(page, 1280)
        self.browser.send("Runtime.evaluate", expression=MERMAID.read_text())
        self.browser.evaluate("mermaid.initialize({startOnLoad: false})")

    def draw(self, text):
        """The labels of the nodes and the number of links in the picture."""
        return self.browser.evaluate("""mermaid.render('picture', %s).then(({svg}) => {
            const picture = new DOMParser().parseFromString(svg, 'text/html');
            const read = element => element.innerHTML.includes('<br') ?
                element.innerHTML.replace(/<br ?\\/?>/g, '\\n').replace(/<[^>]*>/g, '') : element.textContent;
            return {nodes: [...picture.querySelectorAll('.node .nodeLabel')].map(label => read(label).trim()),
                    links: picture.querySelectorAll('path.flowchart-link').length};
        })""" % json.dumps(text))

    def test_those_that_ship(self):
        for file in sorted((ROOT / "pipelines").glob("*.yaml")):
            with self.subTest(file.name):
                text = self.call("graph", file, "--format", "mermaid")
                drawn = self.draw(text)
                nodes = re.findall(r'^    n_\w+\["(.*)<br/>(.*)"\]$', text, re.MULTILINE)
                self.assertGreater(len(nodes), 1)
                self.assertEqual(sorted(drawn["nodes"]), sorted("\n".join(node) for node in nodes))
                self.assertEqual(drawn["links"], text.count("-->"))

    def test_names_that_mean_something_to_it(self):
        file = self.folder / "p.yaml"
        file.write_text("version: 1\nnodes:\n  end: {op: generate_cells}\n  class: {op: write_image, in: end}\n")
        drawn = self.draw(self.call("graph", file, "--format", "mermaid"))
        self.assertEqual(sorted(drawn["nodes"]), ["class\nwrite_image", "end\ngenerate_cells"])

    def test_the_docs(self):
        drawings = [text for page in sorted((ROOT / "docs").glob("*.md"))
                    for text in re.findall(r"```mermaid\n(.*?)```", page.read_text(), re.DOTALL)]
        self.assertGreater(len(drawings), 2)
        for text in drawings:
            with self.subTest(text):
                self.assertGreater(len(self.draw(text)["nodes"]), 2)


if __name__ == "__main__":
    unittest.main()
