#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Do something with a page in a headless browser, step by step, and print what comes out.

    tests/browse.py BROWSER PAGE STEP...

    file=PATH             choose this file in the page, and wait until everything about it is done
    eval=JAVASCRIPT       print the value of an expression, or what it promises
    save=NUMBER=PATH      write what a link for saving leads to
    set=NAME=PATH         the global variable NAME holds the bytes of a file
    dark                  as somebody sees it who prefers a dark page
    screenshot=PATH       of the whole page

The browser is controlled through a pipe (--remote-debugging-pipe). An exception in the page, a message of an error on
its console, or an error in a step is an error.
"""
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile

PATIENCE = 300  # seconds, for everything


class Browser:
    def __init__(self, program, profile):
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "bash", program, "--headless",
             "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", f"--user-data-dir={profile}",
             "--remote-debugging-pipe", "about:blank"],
            pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.rest = b""
        self.session = None
        self.faults = []
        self.events = []

    def receive(self):
        while b"\0" not in self.rest:
            more = os.read(self.back, 1 << 20)
            if not more:
                sys.exit("browse.py: the browser has ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Runtime.exceptionThrown":
            self.faults.append(json.dumps(message["params"]["exceptionDetails"]))
        elif message.get("method") == "Runtime.consoleAPICalled" and message["params"]["type"] == "error":
            self.faults.append(json.dumps(message["params"]["args"]))
        elif "method" in message:
            self.events.append(message["method"])
        return message

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"browse.py: {method}: {answer['error']}")
                return answer["result"]

    def close(self):
        """The program may be a script that waits for the browser: ask this to end, rather than kill that."""
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (SystemExit, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def open(self, path):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while "Page.loadEventFired" not in self.events:
            self.receive()
        self.value("worker.opened")

    def evaluate(self, expression, **parameters):
        result = self.call("Runtime.evaluate", expression=expression, **parameters)
        if "exceptionDetails" in result:
            sys.exit(f"browse.py: {expression[:100]}: {json.dumps(result['exceptionDetails'])}")
        return result["result"]

    def value(self, expression):
        return self.evaluate(expression, awaitPromise=True, returnByValue=True).get("value")

    def choose(self, path):
        before = self.value("currentTask")
        self.call("DOM.setFileInputFiles", files=[os.path.abspath(path)],
                  objectId=self.evaluate("element('file')")["objectId"])
        self.value(f"""new Promise((resolve) => {{
            const look = () => currentTask > {before} && element("progress").hidden ? resolve() : setTimeout(look, 20);
            setTimeout(look, 100);
        }})""")

    def save(self, number, path):
        text = self.value(f"""fetch(element("downloads").children[{number}].href).then((answer) => answer.blob()).then(
            (blob) => new Promise((resolve) => {{
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result.split(",")[1]);
                reader.readAsDataURL(blob);
            }}))""")
        with open(path, "wb") as file:
            file.write(base64.b64decode(text))

    def set(self, name, path):
        with open(path, "rb") as file:
            text = base64.b64encode(file.read()).decode()
        self.value(f"void (globalThis.{name} = Uint8Array.from(atob('{text}'), (letter) => letter.charCodeAt(0)))")

    def screenshot(self, path):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        image = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                          clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(image["data"]))

    def step(self, step):
        name, _, value = step.partition("=")
        if name == "file":
            self.choose(value)
        elif name == "eval":
            result = self.value(value)
            print(result if isinstance(result, str) else json.dumps(result))
        elif name in ("save", "set"):
            getattr(self, name)(*value.split("=", 1))
        elif name == "dark":
            self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        elif name == "screenshot":
            self.screenshot(value)
        else:
            sys.exit(f"browse.py: there is no step {step}")


def main():
    program, page, *steps = sys.argv[1:]
    signal.alarm(PATIENCE)  # the browser ends with the pipe
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            browser.open(page)
            for step in steps:
                browser.step(step)
        finally:
            browser.close()
    if browser.faults:
        sys.exit("browse.py: " + "\n".join(browser.faults))


main()
