"""The world the SDKs are tested in: simulated vendors, a Spillway in front of them, and the doors into it.

A *door* is a base URL. Through `provider` the models of the gateway's own providers are reached, paid with the
operator's keys; through an *upstream* (`/NAME/v1`) raw hosts are, with the caller's key passed on. With
`SDK_DIRECT=1` there is no gateway, and the only door is the vendor's own.

Every test has a key of its own: scripts and logs are told apart by it, so that no test meets another's trouble.
"""

import itertools
import json
import os
import tempfile
from dataclasses import dataclass, field

from process import Program, call, until

DIRECT = bool(os.environ.get("SDK_DIRECT"))
DOORS = ["vendor"] if DIRECT else ["provider", "upstream"]

# What tells the gateway which providers there are, and where. The key is the operator's: no test ever sends it.
OPERATORS_KEY = "sk-operators-own"


def provider_environment(vendor):
    return {
        "OPENAI_API_KEY": OPERATORS_KEY,
        "SPILLWAY_OPENAI_BASE_URL": f"{vendor}/v1",
        "ANTHROPIC_API_KEY": OPERATORS_KEY,
        "SPILLWAY_ANTHROPIC_BASE_URL": vendor,
    }


# The strict vendor knows one key and one model.
STRICT_KEY = "sk-known-to-the-strict-vendor"
STRICT_MODEL = "only-model"

# Nobody listens there: loopback's port 1 is below what is handed out.
NOBODY = "127.0.0.1:1"

_numbers = itertools.count(1)


@dataclass
class Door:
    """A base URL, as each SDK wants it, the key to come with, and the vendor behind it."""

    url: str
    vendor: "Vendor | None" = None
    key: str = field(default_factory=lambda: f"sk-test-{next(_numbers)}")
    # What the caller's key becomes on the way: the operator's, where a provider serves.
    operators_key: str | None = None

    @property
    def key_seen_by_vendor(self):
        return self.operators_key or self.key

    @property
    def openai(self):
        return {"base_url": f"{self.url}/v1", "api_key": self.key, "max_retries": 0}

    @property
    def anthropic(self):
        return {"base_url": self.url, "api_key": self.key, "max_retries": 0}

    @property
    def google(self):
        return {"api_key": self.key, "http_options": {"base_url": self.url, "retry_options": {"attempts": 1}}}


class Vendor:
    """A simulated vendor, by its address and its control port."""

    def __init__(self, url, control):
        self.url = url
        self.address = url.removeprefix("http://")
        self.control = control

    def script(self, *steps, key=None, model=None, **rule):
        """Plays these steps: for attempts with this key or model only, if one is given."""
        given = {"credential": key, "model": model}
        when = {name: value for name, value in given.items() if value}
        call("POST", f"{self.control}/rules", {"when": when, "steps": list(steps), **rule})

    def behave(self):
        call("PUT", f"{self.control}/script", {"rules": []})

    def attempts(self, key=None):
        """What arrived and has been answered, with this key if one is given."""
        _, log = call("GET", f"{self.control}/log")
        wanted = key and fingerprint(key)
        return [it for it in log if not wanted or it["credential"] == wanted]

    def last(self, path):
        """The last attempt at this path, once the vendor is through with it."""

        def through():
            attempts = [it for it in self.attempts() if it["path"] == path]
            return attempts and attempts[-1]["finished_at_ms"] is not None and attempts[-1]

        return until(f"an attempt at {path} that is over", through)


class World:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="spillway-sdk-")
        self._programs = []
        self.first, self.second = self._vendors("vendor", 2, {"name": ""})
        # An address of its own, for the gateway's providers alone.
        (self.provider,) = self._vendors("provider", 1, {"name": "provider"})
        (self.strict,) = self._vendors("strict", 1, {"keys": [STRICT_KEY], "models": [STRICT_MODEL], "name": "strict"})
        self.vendors = [self.first, self.second, self.provider, self.strict]
        if not DIRECT:
            self._start_gateway()

    def _vendors(self, name, count, settings):
        path = os.path.join(self.directory.name, f"{name}.json")
        with open(path, "w") as file:
            json.dump({"keep_answers": True, "log": "all", **settings}, file)
        ready = self._program([os.environ["VENDOR_SIMULATOR_BIN"], "--settings", path, *["0"] * count])
        return [Vendor(ready[f"vendor-{it}"], ready[f"control-{it}"]) for it in range(1, count + 1)]

    def _start_gateway(self):
        data = os.path.join(self.directory.name, "data")
        command = [os.environ["SPILLWAY_BIN"], "serve", "--data", data]
        command += ["--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        environment = {"PATH": os.environ["PATH"], **provider_environment(self.provider.url)}
        ready = self._program(command, environment, os.path.join(self.directory.name, "spillway.log"))
        self.proxy, self.admin = ready["proxy"], ready["admin"]

    def _program(self, *launch):
        self._programs.append(Program(*launch))
        return self._programs[-1].urls

    def stop(self):
        for program in self._programs:
            program.end()
        self.directory.cleanup()

    def add_google(self):
        """A provider that speaks Google's dialect, behind the others."""
        endpoint = {"url": f"{self.provider.url}/v1beta/openai"}
        call("POST", f"{self.admin}/providers", {"name": "google", "kind": "gemini", "endpoints": [endpoint]})
        key = {"name": "google", "secret": OPERATORS_KEY}
        call("POST", f"{self.admin}/providers/google/credentials", key)

    def door(self, name):
        """A fresh door of this kind."""
        if name == "provider":
            return Door(self.proxy, self.provider, operators_key=OPERATORS_KEY)
        return self.to(self.first)

    def to(self, vendor):
        """A door to one vendor with the caller's own key: directly, or through an upstream of its own."""
        door = Door(vendor.url) if DIRECT else self.upstream([vendor.address])
        door.vendor = vendor
        return door

    def upstream(self, targets, backup=(), **fields):
        """A door to a fresh upstream of raw hosts."""
        name = f"pool-{next(_numbers)}"
        call("POST", f"{self.admin}/upstreams", form={"name": name, **fields})
        for target in [*targets, *backup]:
            form = {"target": target, "backup": str(target in backup).lower(), "scheme": "http"}
            call("POST", f"{self.admin}/upstreams/{name}/targets", form=form)
        return Door(f"{self.proxy}/{name}")


def fingerprint(key):
    """How a vendor's log shows a key: FNV-1a."""
    digest = 0xCBF29CE484222325
    for byte in key.encode():
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return f"fp-{digest:016x}"
