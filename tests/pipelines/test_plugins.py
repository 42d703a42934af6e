"""Nodes in shared libraries: the template and the docs, followed against an installed program, and all that
is refused."""
import re
import tempfile

import numpy
import tifffile

from harness import *


class Plugins(PipelineTest):
    @classmethod
    def setUpClass(cls):
        """Does what docs/plugins.md says: installs the program, and builds the template out of tree."""
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="latentflow-plugins-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, True)
        page = (ROOT / "docs/plugins.md").read_text()
        commands = "".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL))
        assert "build/release" in commands
        commands = commands.replace("build/release", f"'{pathlib.Path(PIPELINE).resolve().parent}'")
        cls.followed = cls.do("bash", "-euc", commands, cwd=cls.shared, env={**os.environ, "HOME": str(cls.shared)})
        cls.prefix = cls.shared / "latentflow"
        cls.template = cls.shared / "my_nodes"
        cls.plugin = cls.template / "build/my_nodes.so"

    @classmethod
    def do(cls, *command, **options):
        result = subprocess.run([*map(str, command)], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=280, **options)
        assert result.returncode == 0, result.stdout
        return result.stdout

    @classmethod
    def build(cls, folder):
        cls.do("cmake", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={cls.prefix}")
        cls.do("cmake", "--build", folder / "build")
        return folder / "build" / "my_nodes.so"

    def command(self, *arguments):
        return [str(self.prefix / "bin/pipeline"), *map(str, arguments)]

    def with_plugins(self, plugins, *arguments, code=0):
        return self.call(*arguments, code=code, env={**os.environ, "PIPELINE_PLUGINS": str(plugins)})

    def compile(self, name, source, *flags):
        """A plugin of one source, built as the template's target builds it."""
        include = self.prefix / "include/latentflow"
        mark = include / "graph/plugin_mark.cpp"
        file, library = self.folder / f"{name}.cpp", self.folder / f"{name}.so"
        file.write_text(source)
        build_type = re.search(r'BUILD_TYPE "(.*)"', next(self.prefix.rglob("latentflowConfig.cmake")).read_text())
        debug = [] if build_type[1] in ("Debug", "") else ["-DNDEBUG"]
        self.do("c++", "-std=c++20", "-shared", "-fPIC", *debug, "-I", include, *flags, mark, file, "-o", library)
        return library

    def refused(self, plugins, *lines):
        """Nothing runs, and these are the lines that it says."""
        text = self.with_plugins(plugins, "list", code=78)
        self.assertEqual(text.splitlines(), [f"PIPELINE_PLUGINS: {line}" for line in lines])

    def mark(self, library):
        return re.search(rb"built for (latentflow [^\0]*)", library.read_bytes())[1].decode()

    def test_the_template(self):
        listing = self.with_plugins(self.plugin, "list")
        self.assertRegex(listing, r"\n  invert +Makes negatives of images\. \[my_nodes\.so\]\n")
        text = self.with_plugins(self.plugin, "describe", "invert")
        self.assertIn(f"from the plugin {self.plugin}\n", text)
        self.assertIn("white: number, default 1, between 0 and 1", text)
        self.assertIn("invert: Makes negatives", self.followed)
        self.assertIn("1 tests, 0 failed", self.followed)
        self.do("ctest", "--test-dir", self.template / "build")

        images = self.make_images(3)
        run = self.folder / "run"
        self.with_plugins(self.plugin, "run", self.template / "invert.yaml", "-p", f"data={images}", "--set",
                          f"run.out={run}")
        for file in images.iterdir():
            negative = tifffile.imread(run / "images" / file.name)
            self.assertTrue((negative == 255 - tifffile.imread(file)).all())
            self.assertEqual(negative.dtype, numpy.uint8)
        # Options are checked as those of any node, and without the plugin there is no such node.
        text = self.with_plugins(self.plugin, "validate", self.template / "invert.yaml", "--set",
                                 "nodes.negative.white=2", code=78)
        self.assertIn("'white' must be between 0 and 1, not 2", text)
        self.assertIn("unknown op 'invert'", self.call("validate", self.template / "invert.yaml", code=78))

    def test_lists_of_files_and_folders(self):
        self.assertIn("invert", self.with_plugins(f":{self.plugin}::{self.plugin.parent}:", "list"))
        self.assertNotIn("my_nodes", self.with_plugins("", "list"))
        self.assertNotIn("my_nodes", self.with_plugins(":", "list"))
        empty = self.folder / "empty"
        empty.mkdir()
        self.refused(f"{empty}:{self.folder}/none.so", f"{empty}: there is no plugin (*.so) in this folder",
                     f"{self.folder}/none.so: No such file or directory")
        self.with_plugins("/none.so", "--version")  # which helps to find out what fits

    def test_what_was_built_for_another_program(self):
        mark = self.mark(self.plugin)
        changes = {"version": (b"latentflow 0.", b"latentflow 9."),
                   "headers": (re.search(rb"interface ....", self.plugin.read_bytes())[0], b"interface zzzz"),
                   "compiler": (b"), g++", b"), icc")}
        lines = []
        for name, (old, new) in changes.items():
            library = self.folder / f"{name}.so"
            content = self.plugin.read_bytes()
            self.assertIn(old, content)
            library.write_bytes(content.replace(old, new))
            other = mark.replace(old.decode(), new.decode())
            lines.append(f"{library}: built for {other}, and this program is of {mark}; rebuild it with the package "
                         "that this program installs")
        self.refused(":".join(str(self.folder / f"{name}.so") for name in changes), *lines)
        # The other build type really is another: no NDEBUG.
        debug = self.compile("debug", "", "-UNDEBUG")
        if mark.endswith("release"):
            self.assertIn(", debug, and this program is of", self.with_plugins(debug, "list", code=78))

    def test_what_is_no_plugin(self):
        text = self.folder / "text.so"
        text.write_text("hello")
        plain = self.folder / "plain.so"
        self.do("c++", "-shared", "-fPIC", "-x", "c++", "/dev/null", "-o", plain)
        self.refused(f"{plain}:{text}",
                     f"{plain}: this was not built as a plugin; link it with latentflow::plugin of the CMake "
                     "package latentflow", f"{text}: this is no shared library")

    def test_what_others_could_have_written(self):
        library = self.folder / "open.so"
        shutil.copy(self.plugin, library)
        library.chmod(0o757)
        self.refused(library, f"{library}: everyone may write to {library}, and so into this program; "
                     f"chmod o-w {library}")
        library.chmod(0o755)
        self.folder.chmod(0o777)
        self.refused(library, f"{library}: everyone may write to {self.folder}, and so into this program; "
                     f"chmod o-w {self.folder}")
        self.folder.chmod(0o700)
        self.with_plugins(library, "list")

    def test_what_cannot_be_loaded(self):
        missing = self.compile("missing", "void nowhere(); struct Use { Use() { nowhere(); } } use;")
        self.refused(missing, f"{missing}: cannot be loaded: undefined symbol: _Z7nowherev; link it with all that "
                     "it uses")
        throws = self.compile("throws", "#include <stdexcept>\n"
                              "struct Bad { Bad() { throw std::runtime_error(\"no licence\"); } } bad;")
        self.refused(throws, f"{throws}: cannot be loaded: no licence")

    def test_names_that_are_taken(self):
        source = (self.template / "invert.cpp").read_text()
        resize = self.compile("resize", source.replace('"invert"', '"resize"'), "-lfmt")
        self.refused(resize, f"{resize}: cannot be loaded: two nodes are called 'resize'")
        again = self.folder / "again.so"
        shutil.copy(self.plugin, again)
        self.refused(f"{self.plugin}:{again}", f"{again}: cannot be loaded: two nodes are called 'invert'")

    def test_messages_of_its_own(self):
        """As the page on plugins has them; and hidden symbols, as some build by habit."""
        page = (ROOT / "docs/plugins.md").read_text()
        name, facts = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
        plugin = self.compile("outline", f"""
            #include "graph/inspect.hpp"
            #include "nodes/types.hpp"
            namespace my_nodes {{ struct Outline {{ std::vector<int> points; }}; }}
            {name}
            {facts}
            using namespace graph;
            using formats::Image;
            using my_nodes::Outline;
            const Register trace{{map<NoParams, Image, Outline>(
                {{.name = "trace", .doc = "Outlines.", .group = "image",
                 .inputs = {{port<Image>(Clock::item, "image", "any")}},
                 .outputs = {{port<Outline>(Clock::item, "outline", "its first row")}}}},
                [](const NoParams&, const Image& image) {{
                    if (image.width < 4) throw std::runtime_error("too narrow");
                    return Outline{{std::vector<int>(size_t(image.width))}}; }})}};
            const Register fill{{map<NoParams, Outline, Image>(
                {{.name = "fill", .doc = "Fills outlines.", .group = "image",
                 .inputs = {{port<Outline>(Clock::item, "outline", "any")}},
                 .outputs = {{port<Image>(Clock::item, "image", "of one row")}}}},
                [](const NoParams&, const Outline& outline) {{
                    Image image;
                    image.height = 1;
                    image.width = int(outline.points.size());
                    image.samples.resize(outline.points.size(), 1.0f);
                    return image; }})}};
            """, "-lfmt", "-fvisibility=hidden")
        file = self.folder / "outlines.yaml"
        file.write_text("version: 1\nnodes:\n"
                        "  files: {op: list_files, with: {path: none}}\n"
                        "  image: {op: read_tiff, in: files}\n"
                        "  trace: {op: trace, in: image}\n"
                        "  fill: {op: fill, in: trace}\n"
                        "  small: {op: resize, in: fill, with: {width: 2, height: 1}}\n"
                        "  write: {op: write_image, in: small}\n"
                        "tests:\n"
                        "  - name: outlines\n"
                        "    feed: {image: [{width: 7, height: 3}, {width: 7, height: 9}, {width: 3}]}\n"
                        "    expect: {trace: {count: 2, failed: 1, points: 7}, small: {shape: [1, 1, 2], mean: 1}}\n"
                        "    exit: 65\n")
        self.assertIn("1 tests, 0 failed", self.with_plugins(plugin, "test", file))
        wrong = file.read_text().replace("in: fill", "in: trace")
        file.write_text(wrong)
        self.assertIn("'trace' is of type outline, but input 'image' of resize takes image; put a 'fill' between",
                      self.with_plugins(plugin, "validate", file, code=78))

    def test_the_page_on_adding_a_node(self):
        """Its node, built as a plugin, and its pipeline with its test."""
        page = (ROOT / "docs/add_a_node.md").read_text()
        blocks = dict(re.findall(r"```\w+ (\S+)\n(.*?)```", page, re.DOTALL))
        folder = self.folder / "threshold"
        shutil.copytree(self.template, folder, ignore=shutil.ignore_patterns("build"))
        (folder / "invert.cpp").write_text(blocks["nodes/image/threshold.cpp"])
        (folder / "masks.yaml").write_text(blocks["pipelines/masks.yaml"])
        plugin = self.build(folder)
        self.assertIn("level: number, default 0.5", self.with_plugins(plugin, "describe", "threshold"))
        self.assertIn("1 tests, 0 failed", self.with_plugins(plugin, "test", folder / "masks.yaml"))


if __name__ == "__main__":
    unittest.main()
