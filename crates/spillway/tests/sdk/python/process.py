"""Programs under test and calls to their APIs: started, waited for by their ready line, ended with the tests.

Nothing sleeps for a state: what takes time is waited for with a deadline.
"""

import atexit
import json
import os
import subprocess
import threading
import time
import urllib.parse
import urllib.request

# Longest that anything may take to come about: far above what it takes, so that a busy machine fails nothing.
PATIENCE_S = 30

# The tests speak to loopback whatever proxies a machine may have.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Program:
    """A program that says `ready name=url name=url …` on its first line; `urls` is what it said."""

    def __init__(self, command, env=None, log=os.devnull):
        with open(log, "ab") as stderr:
            self._child = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True
            )
        atexit.register(self.end)
        # A program that neither gets ready nor ends is ended here, which ends the reading below.
        deadline = threading.Timer(PATIENCE_S, self._child.kill)
        deadline.start()
        line = self._child.stdout.readline()
        deadline.cancel()
        # Whatever else it prints must not fill the pipe.
        threading.Thread(target=self._child.stdout.read, daemon=True).start()
        words = line.split()
        if words[:1] != ["ready"]:
            with open(log, errors="replace") as said:
                raise RuntimeError(f"{command[0]} did not get ready: {line!r}\n{said.read()}")
        self.urls = dict(word.split("=", 1) for word in words[1:])

    def end(self):
        atexit.unregister(self.end)
        self._child.kill()
        self._child.wait()


def call(method, url, body=None, form=None):
    """One call to an API of ours: JSON or a form in, status and JSON out."""
    headers, data = {}, None
    if body is not None:
        headers, data = {"content-type": "application/json"}, json.dumps(body).encode()
    if form is not None:
        headers, data = {}, urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with _opener.open(request, timeout=PATIENCE_S) as answer:
        text = answer.read()
        return answer.status, json.loads(text) if text else None


def until(what, holds):
    """Polls until `holds()` gives something true, and returns that."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        if outcome := holds():
            return outcome
        assert time.monotonic() < deadline, f"never came about: {what}"
        time.sleep(0.005)
