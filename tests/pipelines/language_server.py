"""A YAML language server, as editors run it: what it complains of in a file, and what it offers."""
import itertools
import json
import os
import pathlib
import subprocess


class LanguageServer:
    def __init__(self, script, folder):
        self.process = subprocess.Popen(["node", script, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.numbers, self.complaints = itertools.count(1), {}
        uri = pathlib.Path(folder).as_uri()
        self.ask("initialize", processId=os.getpid(), rootUri=uri, workspaceFolders=[{"uri": uri, "name": "pipelines"}],
                 capabilities={"textDocument": {"publishDiagnostics": {}, "completion": {}, "hover": {}}})
        self.tell("initialized")
        self.tell("workspace/didChangeConfiguration", settings={"yaml": {
            "validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}})

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        size = 0
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if not size:
            raise EOFError("the language server is gone")
        message = json.loads(self.process.stdout.read(size))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.complaints[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:  # it asks for settings
            items = message["params"].get("items") if isinstance(message.get("params"), dict) else None
            self.send({"id": message["id"], "result": [None] * len(items) if items else None})
        return message

    def tell(self, method, **params):
        self.send({"method": method, "params": params})

    def ask(self, method, **params):
        number = next(self.numbers)
        self.send({"id": number, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def open(self, file, text):
        """What is wrong with it: [(line from 1, message)]."""
        self.uri = pathlib.Path(file).as_uri()
        self.complaints.pop(self.uri, None)
        self.tell("textDocument/didOpen", textDocument={"uri": self.uri, "languageId": "yaml", "version": 1,
                                                        "text": text})
        while self.uri not in self.complaints:
            self.receive()
        return [(one["range"]["start"]["line"] + 1, one["message"]) for one in self.complaints[self.uri]]

    def at(self, line, column):
        return {"textDocument": {"uri": self.uri}, "position": {"line": line - 1, "character": column - 1}}

    def offers(self, line, column):
        return [item["label"] for item in self.ask("textDocument/completion", **self.at(line, column))["items"]]

    def explains(self, line, column):
        return "".join(self.ask("textDocument/hover", **self.at(line, column))["contents"])
