"""Composing: `create`, the schema held against a real validator, the reference and its freshness."""
import json
import re
import sys

import jsonschema
import yaml

from harness import *

REGENERATE = {
    "pipelines/schema.json": ["schema"],
    "docs/nodes.md": ["describe", "--markdown"],
}

# One fault each, below `version: 1` and a good source `f`; and a part of what the validator must say.
BAD = [
    ("nodes: {f: {op: list_fils, with: {path: x}}}", "list_fils"),
    ("nodes: {f: {op: list_files}}", "with"),
    ("nodes: {f: {op: list_files, with: {}}}", "path"),
    ("nodes: {f: {op: list_files, with: {path: x, patern: y}}}", "patern"),
    ("nodes: {f: {op: list_files, path: x}}", "path"),
    ("nodes: {f: {op: list_files, in: g, with: {path: x}}}", "null"),
    ("nodes: {f: {op: list_files, with: {path: x, epochs: 0}}}", "minimum"),
    ("nodes: {f: {op: list_files, with: {path: x, epochs: many}}}", "many"),
    ("nodes: {f: {op: list_files, with: {path: x, epochs: 1.5}}}", "1.5"),
    ("nodes: {f: {op: list_files, with: {path: x, shuffle: 1}}}", "boolean"),
    ("nodes: {f: {op: list_files, with: {path: x, shuffle: 'maybe'}}}", "maybe"),
    ("nodes: {f: {op: list_files, with: {path: x, only: y}}}", "array"),
    ("nodes: {f: {op: list_files, with: {path: x, split: [0.5, 0.5]}}}", "object"),
    ("nodes: {f: {op: list_files, with: {path: x, split: {train: most}}}}", "most"),
    ("nodes: {f: {op: list_files, with: {path: [x]}}}", "string"),
    ("nodes: {r: {op: resize, with: {width: 8}}}", "in"),
    ("nodes: {r: {op: resize, in: [a, b]}}", "object"),
    ("nodes: {r: {op: resize, in: {images: a}}}", "images"),
    ("nodes: {r: {op: resize, in: a.b.c}}", "a.b.c"),
    ("nodes: {r: {op: resize, in: a, with: {method: bicubic}}}", "bicubic"),
    ("nodes: {r: {op: resize, in: a, with: {width: 70000}}}", "maximum"),
    ("nodes: {m: {op: metrics, in: a}}", "object"),
    ("nodes: {m: {op: metrics, in: {original: a}}}", "reconstruction"),
    ("nodes: {t: {op: train, in: a, with: {optimizer: {type: adamm}}}}", "adamm"),
    ("nodes: {t: {op: train, in: a, with: {optimizer: adamm}}}", "adamm"),
    ("nodes: {t: {op: train, in: a, with: {optimizer: {type: adam, momentum: 0.9}}}}", "momentum"),
    ("nodes: {t: {op: train, in: a, with: {optimizer: {rate: fast}}}}", "fast"),
    ("nodes: {t: {op: train, in: a, with: {model: {type: gan, hidden: [8]}}}}", "hidden"),
    ("nodes: {t: {op: train, in: a, with: {model: {type: gan, adversarial: {type: wasserstein, clip: 99}}}}}", "maximum"),
    ("nodes: {r: {op: resize, in: a, on_error: ignore}}", "ignore"),
    ("nodes: {r: {op: resize, in: a, when: sometimes}}", "sometimes"),
    ("nodes: {Big: {op: resize, in: a}}", "Big"),
    ("nodes: {r: resize}", "object"),
    ("nodes: {r: {in: a}}", "op"),
    ("nodes: {}", "{}"),
    ("name: x", "nodes"),
    ("nods: {}", "nods"),
    ("run: {threds: 4}\nnodes: {f: {op: list_files, with: {path: x}}}", "threds"),
    ("run: {threads: all}\nnodes: {f: {op: list_files, with: {path: x}}}", "all"),
    ("run: {max_in_flight: 0}\nnodes: {f: {op: list_files, with: {path: x}}}", "minimum"),
    ("params: {n: {default: 1}}\nnodes: {f: {op: list_files, with: {path: x}}}", "type"),
    ("params: {n: {type: integer}}\nnodes: {f: {op: list_files, with: {path: x}}}", "integer"),
    ("params: {n: {type: int, default: ten}}\nnodes: {f: {op: list_files, with: {path: x}}}", "ten"),
    ("params: {n: {type: int, defalt: 1}}\nnodes: {f: {op: list_files, with: {path: x}}}", "defalt"),
    ("name: a/b\nnodes: {f: {op: list_files, with: {path: x}}}", "a/b"),
    ("include: {file: x}", "array"),
]

# The same in the sections that only some commands read.
BAD_SECTIONS = [
    ("sweep: {overr: {nodes.f.epochs: [1]}}", "overr"),
    ("sweep: {over: {nodes.f.epochs: [1]}, seeds: many}", "many"),
    ("sweep: {random: {nodes.f.epochs: {least: 1}}}", "least"),
    ("sweep: {over: {nodes.f.epochs: [1]}, metric: {goal: best}}", "best"),
    ("tests: {name: x}", "array"),
    ("tests: [{expect: {}}]", "name"),
    ("tests: [{name: x, exit: 256}]", "maximum"),
]

# What is unusual, and right.
GOOD = [
    "nodes: {f: {op: list_files, with: {path: '${params.x}', epochs: '${params.n}', shuffle: '${env:S:-true}'}}}",
    "nodes: {f: {op: list_files, with: {path: 7}}, r: {op: read_tiff, in: f, with: null, on_error: retry, when: last_epoch}}",
    "nodes: {t: {op: train, in: {images: a.images}, with: {optimizer: adam, model: '${params.model}'}}}",
    "nodes: {t: {op: train, in: a, with: {model: {activation: '${params.a}', encoder: [8, '${params.n}']}}}}",
    "nodes: {t: {op: train, in: a, with: {model: {type: '${params.m}', width: 3}}}}",
    "nodes: {c: {op: write_metrics, in: {metrics: [a.metrics, b]}}, d: {op: write_metrics, in: a.metrics}}",
    "nodes: {e: {op: evaluate, in: a}, g: {op: evaluate, in: {images: a, model: t.model}}}",
    "nodes: {m: {op: '${params.op}', in: a, with: {anything: 1}}}",
    "include: base.yaml\nparams: {n: {default: 3}}\nnodes: {small: {with: {width: 8}}}",
    "include: [a.yaml, b.yaml]",
    "run: {threads: auto, seed: '${params.seed}', out: 'runs/${name}'}\nnodes: {f: {op: list_files, with: {path: x}}}",
    "tests: [{name: x, feed: {f: [{file: a}]}, expect: {f: {count: 1}}}]\nnodes: {f: {op: list_files, with: {path: x}}}",
    "run:\nparams:\nname: 2026\nnodes: {f: {op: list_files, with: {path: x}}}",
    "sweep: {over: {nodes.f.epochs: [1, 2]}, seeds: [1, 2]}\nnodes: {f: {op: list_files, with: {path: x}}}",
]


class SchemaTest(PipelineTest):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(subprocess.run([PIPELINE, "schema"], check=True, capture_output=True).stdout)
        cls.validator = jsonschema.Draft7Validator(cls.schema)

    def faults(self, text):
        return list(self.validator.iter_errors(yaml.safe_load(text)))

    def test_is_a_schema(self):
        jsonschema.Draft7Validator.check_schema(self.schema)
        self.assertEqual(self.schema["$schema"], "http://json-schema.org/draft-07/schema#")

    def test_takes_every_shipped_pipeline(self):
        files = sorted((ROOT / "pipelines").glob("*.yaml"))
        self.assertGreater(len(files), 20)
        for file in files:
            self.assertEqual(self.faults(file.read_text()), [], file)

    def test_takes_what_is_unusual(self):
        for text in GOOD:
            self.assertEqual([f.message for f in self.faults("version: 1\n" + text)], [], text)

    def test_refuses_each_fault(self):
        source = "\nnodes: {f: {op: list_files, with: {path: x}}}"
        for text, part in BAD + [(text + source, part) for text, part in BAD_SECTIONS]:
            faults = self.faults("version: 1\n" + text)
            self.assertTrue(faults, f"not refused: {text}")

            def said(fault):
                yield f"{fault.message} {fault.validator} {fault.validator_value}"
                for inner in fault.context:
                    yield from said(inner)
            told = "\n".join(line for fault in faults for line in said(fault))
            self.assertIn(part, told, text)
        self.assertTrue(self.faults("nodes: {f: {op: list_files, with: {path: x}}}"), "no version")
        self.assertTrue(self.faults("version: 2\nnodes: {f: {op: list_files, with: {path: x}}}"))
        self.assertTrue(self.faults("[]"))

    def test_what_it_refuses_the_program_refuses(self):
        for text, _ in BAD:
            if "Big" in text:
                continue
            file = self.folder / "bad.yaml"
            file.write_text("version: 1\n" + text + "\n")
            self.call("validate", file, code=78)

    def test_every_option_carries_its_facts(self):
        width = self.schema["definitions"]["op_resize"]["properties"]["with"]["properties"]["width"]
        self.assertEqual((width["default"], width["minimum"], width["maximum"]), (128, 1, 65536))
        self.assertIn("the new width in pixels", width["description"])

    def test_shipped_pipelines_name_the_schema(self):
        for file in (ROOT / "pipelines").glob("*.yaml"):
            first = file.read_text().splitlines()[0]
            self.assertEqual(first, "# yaml-language-server: $schema=schema.json", file)


class FreshnessTest(PipelineTest):
    def test_generated_files_are_what_the_program_says(self):
        for name, arguments in REGENERATE.items():
            said = self.call(*arguments)
            kept = (ROOT / name).read_text()
            self.assertTrue(said == kept, f"{name} is not fresh; write it again with: "
                                          f"scripts/pipeline {' '.join(arguments)} > {name}")

    def test_do_not_depend_on_the_environment(self):
        for name, arguments in REGENERATE.items():
            said = self.call(*arguments, env={**os.environ, "PIPELINE_DATA": "/elsewhere", "LC_ALL": "C"})
            self.assertNotIn("/elsewhere", said)
            self.assertNotIn(str(self.folder), said)

    def test_links_of_the_reference_lead_somewhere(self):
        text = (ROOT / "docs/nodes.md").read_text()
        anchors = {re.sub(r"[^a-z0-9_ -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                   for line in text.splitlines() if line.startswith("#")}
        links = set(re.findall(r"\]\(#([^)]*)\)", text))
        self.assertGreater(len(links), 60)
        self.assertEqual(links - anchors, set())


class CreateTest(PipelineTest):
    def test_a_row_of_nodes_runs_once_the_placeholder_is_filled(self):
        images = self.make_images(12)
        said = self.call("create", "list_files", "read_tiff", "resize", "batch", "train", "evaluate",
                         "save_checkpoint", "write_metrics", "--output", "mine.yaml")
        self.assertEqual(said, "fill in list_files.path: a folder, or a single file\n")
        file = self.folder / "mine.yaml"
        text = file.read_text()
        self.assertIn("path: PATH  # fill in", text)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines() if not "$schema" in line))
        self.assertIn("PATH", self.call("validate", file, code=78))
        file.write_text(text.replace("path: PATH  # fill in", f"path: {images}"))
        self.call("validate", file)
        self.call("run", file, "--quiet", "--set", "nodes.resize.width=32", "--set", "nodes.resize.height=32")
        self.assertTrue((self.folder / "runs/mine/checkpoint.h5").exists())
        self.assertIn(",mse,", (self.folder / "runs/mine/metrics.csv").read_text())

    def test_a_brief_one_is_short(self):
        text = self.call("create", "generate_cells", "write_image", "--brief")
        self.assertLess(len(text.splitlines()), 12, text)
        (self.folder / "brief.yaml").write_text(text)
        self.call("validate", "brief.yaml")

    def test_tells_what_is_left_to_do(self):
        said = self.call("create", "list_files", "read_tiff", "--brief")
        self.assertIn("nothing uses 'read_tiff' yet; its output fits ", said)

    def test_names_the_node_that_is_missing(self):
        self.assertEqual(self.call("create", "list_files", "read_tiff", "train", code=78),
                         "train takes images per batch for its input 'images', and nothing before it "
                         "gives that; put batch between read_tiff and train\n")
        self.assertEqual(self.call("create", "list_fils", code=78),
                         "unknown node 'list_fils'; did you mean 'list_files'?\n")

    def test_needs_nodes_or_a_pipeline(self):
        self.assertIn("name nodes", self.call("create", code=64))
        self.assertIn("name nodes", self.call("create", "batch", "--from", "encode", code=64))
        self.assertIn("did you mean 'train_gan'", self.call("create", "--from", "train_gna", code=78))

    def test_a_copy_of_a_pipeline_runs(self):
        images = self.make_images(4)
        self.call("create", "--from", "archive", "--output", "mine.yaml")
        text = (self.folder / "mine.yaml").read_text()
        self.assertNotIn("include", text)
        self.assertIn("# Archives a folder of images", text)
        self.call("validate", "mine.yaml", "-p", f"input={images}", "-p", "archive=a")
        self.call("run", "mine.yaml", "-p", f"input={images}", "-p", "archive=a", "--quiet")
        self.assertTrue((self.folder / "a").is_dir())

    def test_never_writes_over_a_file(self):
        file = self.folder / "mine.yaml"
        file.write_text("mine")
        said = self.call("create", "--from", "encode", "--output", file, code=78)
        self.assertIn("mine.yaml is there already; --force replaces it", said)
        self.assertEqual(file.read_text(), "mine")
        self.call("create", "--from", "encode", "--output", file, "--force")
        self.assertIn("op: encode", file.read_text())
        self.call("create", "--from", "encode", "--output", "no/such/folder/x.yaml", code=74)

    def test_comments_stay_where_a_file_includes_another(self):
        (self.folder / "base.yaml").write_text(
            "# The base.\nversion: 1\nparams:\n  # how many\n  n: {type: int, default: 2, min: 1}\n"
            "run: {seed: 7}\nnodes:\n  # makes them\n  cells:\n    op: generate_cells\n    with:\n"
            "      count: \"${params.n}\"  # some\n  write: {op: write_image, in: cells}\n")
        (self.folder / "over.yaml").write_text(
            "# Over it.\nversion: 1\nname: over\ninclude: base.yaml\nparams:\n  n: {default: 3}\n"
            "run: {seed: 8}\nnodes:\n  # others\n  write: {with: {folder: there}}\n")
        text = self.call("create", "--from", "over.yaml")
        for part in ["# Over it.", "# how many", "# makes them", "# some", "default: 3", "seed: 8", "folder: there"]:
            self.assertIn(part, text)
        self.assertNotIn("The base", text)
        (self.folder / "copy.yaml").write_text(text)
        self.assertIn("3 items", self.call("run", "copy.yaml", "--dry-run"))


class DescribeTest(PipelineTest):
    def test_examples_are_pipelines(self):
        images = self.make_images(8)
        text = self.call("describe", "resize")
        (self.folder / "example.yaml").write_text(text[text.index("version: 1"):])
        self.call("validate", "example.yaml", "--set", f"nodes.files.path={images}")

    def test_a_pipeline_shows_its_nodes(self):
        text = self.call("describe", "train_convolutional")
        self.assertRegex(text, r"(?m)^  score +evaluate +<- \{images: batch, model: train.model\}$")
        self.assertIn("epochs: int, default 100, at least 1", text)
        self.assertTrue(all(len(line) <= 80 for line in text.splitlines()), text)


if __name__ == "__main__":
    unittest.main()
