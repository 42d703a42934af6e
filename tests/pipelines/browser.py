"""A headless Chromium, driven over a pipe by its DevTools protocol: no driver and no network."""
import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile

CHROMIUM = shutil.which("chromium")


class Browser:
    def __init__(self):
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()
        self.profile = tempfile.mkdtemp(prefix="latentflow-chromium-")
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                   "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"]
        # It reads commands from descriptor 3 and writes answers to 4.
        shell = f"exec 3<&{to_browser} 4>&{from_browser}; exec \"$@\""
        self.process = subprocess.Popen(["bash", "-c", shell, "bash", *command], pass_fds=(to_browser, from_browser),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.numbers, self.buffer, self.events, self.session = itertools.count(1), b"", [], None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def close(self):
        os.close(self.to)  # the browser ends with its pipe
        self.process.wait(timeout=30)
        os.close(self.back)
        shutil.rmtree(self.profile, True)

    def receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.back, 1 << 16)
            if not more:
                raise EOFError("the browser is gone")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **params):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, file, width, height=900, dark=False, media="screen"):
        """Shows a page; gives what it complained of, and what it asked the network for."""
        self.events.clear()
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)
        self.send("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.send("Page.navigate", url=f"file://{file}")
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())
        self.evaluate("document.fonts.ready.then(() => 1)")
        complaints = [event["params"] for event in self.events
                      if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]
        asked = [event["params"]["request"]["url"] for event in self.events
                 if event.get("method") == "Network.requestWillBeSent"]
        return complaints, [url for url in asked if not url.startswith(("data:", f"file://{file}"))]

    def evaluate(self, script):
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def screenshot(self, file):
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={**self.evaluate("({width: innerWidth, height: document.documentElement.scrollHeight})"),
                               "x": 0, "y": 0, "scale": 1})
        file.write_bytes(base64.b64decode(data["data"]))

    def print(self, file):
        self.send("Emulation.setEmulatedMedia", media="", features=[])
        file.write_bytes(base64.b64decode(self.send("Page.printToPDF", printBackground=False)["data"]))
