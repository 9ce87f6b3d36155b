#!/usr/bin/env python3
"""Traffic through trouble for a long while, and nothing may be left of it afterwards.

The real binary stands before three simulated vendors whose moods change all the time (errors, limits, resets, hangs,
cuts, slowness, a closed port), hundreds of clients ask, plain and streamed, of which some leave in the middle, and an
operator keeps changing the configuration. What must hold:

- every request that was sent and not left has one answer: complete, in the caller's dialect, with an id of its own;
- every answer is counted once; of the requests that were left, those that had arrived;
- afterwards nothing is open: tries, connections of vendors, file descriptors, threads are as before the trouble;
- memory does not grow with time; no panic is in the log; SIGTERM ends it in order.

    bench/soak.py [SECONDS]        SOAK_CLIENTS=200 SOAK_SEED=1; CARGO_TARGET_DIR and PROFILE say where the binaries are
"""

import asyncio
import collections
import json
import os
import pathlib
import random
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))
BIN = TARGET / os.environ.get("PROFILE", "fast")
SECONDS = int(sys.argv[1]) if len(sys.argv) > 1 else 600
CLIENTS = int(os.environ.get("SOAK_CLIENTS", "200"))
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 100_000)))
# Longer than the limits below allow any answer to take, retries included.
PATIENCE = 60
# What a pool and an allocator may keep: idle connections to vendors and probes; pages.
FDS_SLACK = 64
RSS_SLACK_KB = 16 * 1024

UPSTREAM = {
    "name": "soak",
    "timeouts": {"connect": 1, "first_token": 2, "response": 2, "idle": 1},
    "suspension": {"rate_limit": 1, "connect": 1, "timeout": 1, "overloaded": 1, "server_error": 1},
    "healthchecks": {
        "passive": {"unhealthy": {"ejection_time": 1}},
        "active": {"http_path": "/health", "healthy": {"interval": 1}, "unhealthy": {"interval": 1}},
    },
}
MOODS = {
    "429": [{"error": {"class": "rate_limit", "retry_after": "1"}}],
    "429 bare": [{"error": {"class": "rate_limit"}}],
    "500": [{"error": {"class": "server"}}],
    "529": [{"error": {"class": "overloaded"}}],
    "400": [{"error": {"class": "invalid_request"}}],
    "error in 200": [{"error_in200": {"class": "overloaded", "after_opening": True}}],
    "html": ["html_200"],
    "empty": ["empty_200"],
    "hang": ["hang"],
    "hang after head": ["hang_headers"],
    "reset": ["rst"],
    "close": ["fin"],
    "garbage": ["garbage"],
    "endless error": ["endless_error_body"],
    "before body": [{"answer_before_body": 413}],
    "close when idle": ["close_idle_after_answer"],
    "no last chunk": ["no_final_chunk"],
    "cut": [{"good": {"cut_after_chunks": 3}}],
    "cut by reset": [{"good": {"cut_after_chunks": 3}}, "rst"],
    "stall": [{"good": {"stall_after_chunks": 3}}],
    "error in stream": [{"good": {"error_after_chunks": 3}}],
    "slow": [{"good": {"first_token_delay_ms": 500, "chunk_delay_ms": 100}}],
    "split": [{"good": {"split_at": 7}}],
}
ALGORITHMS = ["round-robin", "weighted-random", "least-connections", "consistent-hashing", "latency", "priority"]

seen = collections.Counter()
faults = collections.Counter()
ids = set()


def fault(what):
    faults[what] += 1
    if faults[what] <= 3:
        print(f"  FAULT {what}", flush=True)


# === One HTTP/1.1 exchange ===


class Client:
    """A keep-alive connection that reads one whole answer at a time."""

    def __init__(self, address):
        self.address = address
        self.reader = self.writer = None

    async def send(self, method, path, body=b"", headers=""):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(*self.address)
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
        self.writer.write(head.encode() + body)

    async def answer(self):
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        if "content-length" in headers:
            body = await self.reader.readexactly(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int((await self.reader.readline()).strip() or b"x", 16):
                body += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
            await self.reader.readuntil(b"\r\n")
        else:
            body = b"" if status == 204 else await self.reader.read()
        if headers.get("connection") == "close":
            self.drop()
        return status, headers, body

    def drop(self, reset=False):
        if self.writer is not None:
            if reset:
                linger = struct.pack("ii", 1, 0)
                self.writer.get_extra_info("socket").setsockopt(1, 13, linger)
                self.writer.transport.abort()
            self.writer.close()
        self.reader = self.writer = None


async def call(address, method, path, body=None):
    client = Client(address)
    try:
        data = b"" if body is None else json.dumps(body).encode()
        await client.send(method, path, data, "content-type: application/json\r\n")
        status, _, answer = await asyncio.wait_for(client.answer(), PATIENCE)
        return status, answer.decode()
    finally:
        client.drop()


# === Who takes part ===


async def client(address, dice, until):
    connection = Client(address)
    while time.monotonic() < until:
        streamed = dice.random() < 0.5
        leaves = dice.uniform(0, 0.3) if dice.random() < 0.1 else None
        size = dice.choice([10, 1000, 100_000])
        message = {"role": "user", "content": "x" * size}
        body = json.dumps({"model": "gpt-4o-mini", "stream": streamed, "messages": [message]}).encode()
        try:
            await connection.send("POST", "/soak/v1/chat/completions", body, "content-type: application/json\r\n")
            seen["sent"] += 1
        except OSError:
            fault("a connection was refused")
            connection.drop()
            continue
        try:
            patience = PATIENCE if leaves is None else leaves
            judge(streamed, *await asyncio.wait_for(connection.answer(), patience))
        except asyncio.TimeoutError:
            if leaves is None:
                fault(f"no answer within {PATIENCE} s")
            seen["left"] += 1
            connection.drop(reset=dice.random() < 0.5)
        except (OSError, EOFError, ValueError) as error:
            fault(f"a broken answer (streamed: {streamed}): {error!r}")
            connection.drop()
        await asyncio.sleep(dice.expovariate(10))
    connection.drop()


def judge(streamed, status, headers, body):
    seen[f"status {status}"] += 1
    seen["answered"] += 1
    request_id = headers.get("x-request-id")
    if request_id is None or request_id in ids:
        fault(f"an answer {status} without an id of its own")
    ids.add(request_id)
    if streamed and status == 200:
        if body.endswith(b"data: [DONE]\n\n"):
            seen["whole streams"] += 1
        elif b'"error"' in body[body.rfind(b"data: ") :]:
            seen["streams that ended with an error event"] += 1
        else:
            fault(f"a stream that just ends: {body[-100:]!r}")
        return
    try:
        answer = json.loads(body)
    except ValueError:
        return fault(f"an answer {status} that is no JSON: {body[:100]!r}")
    if ("choices" if status == 200 else "error") not in answer:
        fault(f"an answer {status} in no dialect: {body[:100]!r}")


async def trouble(controls, dice, until):
    while time.monotonic() < until:
        control = dice.choice(controls)
        name = dice.choice([*MOODS, "good", "refuse"])
        every = dice.choice([1, 1, 2, 5])
        rules = [{"when": {"method": "POST", "nth": {"every": every}}, "steps": MOODS[name]}] if name in MOODS else []
        await order(control, "PUT", "/script", {"rules": rules})
        await order(control, "PUT", "/refuse", {"refuse": name == "refuse"})
        seen["changes of mood"] += 1
        await asyncio.sleep(dice.uniform(0.1, 1.5))
    for control in controls:
        await order(control, "PUT", "/script", {"rules": []})
        await order(control, "PUT", "/refuse", {"refuse": False})


async def order(control, method, path, body):
    status, text = await call(control, method, path, body)
    if status != 200:
        sys.exit(f"the simulator refuses {method} {path}: {text}")


async def operator(admin, targets, dice, until):
    number = 0
    while time.monotonic() < until:
        number += 1
        name = f"other-{number}"
        for method, path, body in [
            ("PATCH", f"/upstreams/soak/targets/{dice.choice(targets)}", {"weight": dice.randint(1, 300)}),
            ("PATCH", "/upstreams/soak", {"algorithm": dice.choice(ALGORITHMS), "hash_on": "none"}),
            ("POST", "/upstreams", {"name": name}),
            ("POST", f"/upstreams/{name}/targets", {"target": dice.choice(targets)}),
            ("POST", "/routes", {"name": name, "paths": [f"/{name}-path"], "upstream": name}),
            ("DELETE", f"/routes/{name}", None),
            ("DELETE", f"/upstreams/{name}", None),
            ("GET", "/upstreams/soak/health", None),
        ]:
            status, text = await call(admin, method, path, body)
            seen["admin calls"] += 1
            if status >= 300:
                fault(f"{method} {path} says {status}: {text[:200]}")
            await asyncio.sleep(dice.uniform(0, 0.2))


# === What is measured ===


def vitals(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    number = lambda name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M).group(1))
    return {"fds": len(os.listdir(f"/proc/{pid}/fd")), "threads": number("Threads"), "rss_kb": number("VmRSS")}


async def metric(admin, name):
    _, text = await call(admin, "GET", "/metrics")
    return sum(float(it.rsplit(" ", 1)[1]) for it in text.splitlines() if re.match(rf"{name}[ {{]", it))


async def settles(what, holds):
    """Polls until it holds; a fault otherwise."""
    deadline = time.monotonic() + PATIENCE
    while not await holds():
        if time.monotonic() > deadline:
            return fault(f"never came about: {what}")
        await asyncio.sleep(0.2)


async def watch(pid, samples, until):
    while time.monotonic() < until:
        samples.append(vitals(pid))
        await asyncio.sleep(0.5)


async def traffic(proxy, seconds, seed, *others):
    until = time.monotonic() + seconds
    clients = [client(proxy, random.Random(seed * 1000 + it), until) for it in range(CLIENTS)]
    await asyncio.gather(*clients, *(other(until) for other in others))


# === The whole ===


def start(*command, **options):
    process = subprocess.Popen([str(it) for it in command], stdout=subprocess.PIPE, text=True, **options)
    line = process.stdout.readline()
    places = dict(re.findall(r"(\S+)=http://([\d.:]+)", line))
    if not places:
        sys.exit(f"{command[0]} does not start: {line}")
    return process, {name: tuple([it.split(":")[0], int(it.split(":")[1])]) for name, it in places.items()}


async def soak(work):
    settings = work / "vendors.json"
    settings.write_text(json.dumps({"name": "soak", "log": "off", "chunks": 8, "chunk_delay_ms": 3}))
    vendors, at = start(BIN / "vendor-simulator", "--settings", settings, "0", "0", "0")
    log = open(work / "log", "w")
    free = "127.0.0.1:0"
    spillway, ours = start(
        BIN / "spillway", "serve", "--proxy-listen", free, "--admin-listen", free, "--data", work / "data",
        "--log", "warn", "--log-format", "json", stderr=log,
    )  # fmt: skip
    try:
        await through(spillway, ours["proxy"], ours["admin"], at, work / "log")
    finally:
        spillway.kill()
        vendors.kill()


async def through(spillway, proxy, admin, at, log):
    controls = [at[f"control-{it}"] for it in (1, 2, 3)]
    targets = ["{}:{}".format(*at[f"vendor-{it}"]) for it in (1, 2, 3)]
    status, text = await call(admin, "POST", "/upstreams", UPSTREAM)
    assert status == 201, text
    for target in targets:
        status, text = await call(admin, "POST", "/upstreams/soak/targets", {"target": target})
        assert status == 201, text

    async def nothing_open():
        held = 0
        for control in controls:
            held += json.loads((await call(control, "GET", "/"))[1])["state"]["in_flight"]
        return held == 0 and await metric(admin, "spillway_in_flight") == 0

    # As long as it takes for every client to have had its connection, so that the base is that of a busy server.
    await traffic(proxy, min(10, SECONDS), SEED)
    await settles("nothing is open before the trouble", nothing_open)
    base = vitals(spillway.pid)
    print(f"base after {seen['sent']} requests: {base}", flush=True)

    samples = []
    dice = random.Random(SEED)
    await traffic(
        proxy, SECONDS, SEED + 1,
        lambda until: trouble(controls, dice, until),
        lambda until: operator(admin, targets, random.Random(SEED + 2), until),
        lambda until: watch(spillway.pid, samples, until),
    )  # fmt: skip
    await settles("nothing is open after the trouble", nothing_open)

    counted = await metric(admin, "spillway_requests_total")
    print(f"requests sent {seen['sent']}, answered {seen['answered']}, counted {counted:.0f}")
    # A client that resets takes back what had not been read yet: not all that were left have arrived.
    if not seen["answered"] <= counted <= seen["sent"]:
        fault("requests are lost or counted twice")

    async def as_before():
        now = vitals(spillway.pid)
        return now["fds"] <= base["fds"] + FDS_SLACK and now["threads"] <= base["threads"]

    await settles("file descriptors and threads are as before", as_before)
    await good_again(proxy)
    print(f"at the end: {vitals(spillway.pid)}")
    memory(samples)
    panics = [line for line in log.read_text().splitlines() if "panic" in line]
    for line in panics[:3]:
        fault(f"a panic: {line[:300]}")
    spillway.send_signal(signal.SIGTERM)
    try:
        if code := spillway.wait(timeout=PATIENCE):
            fault(f"SIGTERM ends it with {code}")
    except subprocess.TimeoutExpired:
        fault("SIGTERM does not end it")


async def good_again(proxy):
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}

    async def answered():
        return (await call(proxy, "POST", "/soak/v1/chat/completions", body))[0] == 200

    await settles("all is well again", answered)


def memory(samples):
    """Compares the second quarter with the last: the first still fills pools and tables."""
    rss = [it["rss_kb"] for it in samples]
    quarter = len(rss) // 4
    if not quarter:
        return
    medians = [statistics.median(rss[it * quarter : (it + 1) * quarter]) for it in range(4)]
    early, late = medians[1], medians[3]
    print(f"memory in kB, by quarters: {', '.join(f'{it:.0f}' for it in medians)}; most {max(rss)}")
    print(f"most file descriptors {max(it['fds'] for it in samples)}, threads {max(it['threads'] for it in samples)}")
    if late > early * 1.1 + RSS_SLACK_KB:
        fault(f"memory grows: {early:.0f} kB, later {late:.0f} kB")


def main():
    print(f"{SECONDS} s, {CLIENTS} clients, seed {SEED}", flush=True)
    with tempfile.TemporaryDirectory(prefix="spillway-soak-") as work:
        asyncio.run(soak(pathlib.Path(work)))
    for what, count in sorted(seen.items()):
        print(f"  {count:>8}  {what}")
    if faults:
        print("FAULTS")
        for what, count in faults.most_common(20):
            print(f"  {count:>8}  {what}")
        sys.exit(1)
    print("nothing was lost, nothing is left")


if __name__ == "__main__":
    main()
