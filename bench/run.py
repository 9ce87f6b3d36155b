#!/usr/bin/env python3
"""What the gateway costs, as ratios to nginx in the same run.

One core for the proxy under test, the other for the load generator (wrk) and the simulated vendor. Both proxies take
turns (A B A B ...), the report gives medians with minimum and maximum, and a run with a single failed request does not
count. CPU is read from /proc: user and system time of the proxy's processes over the window, divided by the requests
that were completed in it. Ratios are the result; the absolute figures say only which machine this was.

What the balancer takes of a request's CPU is told in the same run: one pick and its settlement, by the size of the pool,
measured by crates/balance/examples/pick_cost.rs on the core of the proxies. With 9 900 of 10 000 credentials out it must
stay under a twentieth. So is what translation takes: a stream of a hundred chunks from a vendor of another dialect, beside
one of the same text in as many chunks that passes untouched from a vendor of the caller's own; it must stay under three
times as much.

Needs: wrk, nginx, and the binaries built by `make bench`. Writes bench/REPORT.md.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target"))
PROFILE = os.environ.get("BENCH_PROFILE", "release")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "6"))
TICKS = os.sysconf("SC_CLK_TCK")

# What a translated stream may cost, beside one that passes untouched.
TRANSLATED_MAX = 3.0

# What a pick may take of a request's CPU, with 9 900 of 10 000 credentials out.
PICK_SHARE_MAX = 0.05

# Dialects: the path, and a request for a stream of what is asked.
ASKS = {
    "chat": ("chat/completions", lambda text: {"messages": [{"role": "user", "content": text}]}),
    "responses": ("responses", lambda text: {"input": text}),
    "messages": ("messages", lambda text: {"max_tokens": 4096, "messages": [{"role": "user", "content": text}]}),
}

# Who is served by whom: the caller's dialect, the vendor's, and a kind of vendor that speaks no other.
TRANSLATED = [
    ("chat", "messages", "anthropic"),
    ("messages", "chat", "mistral"),
    ("responses", "chat", "mistral"),
    ("messages", "gemini", "gemini"),
]
# Where a kind's base URL ends, if not with /v1.
BASES = {"gemini": "/v1beta/openai"}
STREAM_CHUNKS = 100
TEXT_BYTES = 900

CASES = [
    # name, body bytes, connections, streamed
    ("1 KiB chat, c=64", 1024, 64, False),
    ("32 KiB chat, c=64", 32768, 64, False),
    ("1 KiB chat, c=1", 1024, 1, False),
    ("stream of 100 chunks, c=64", 1024, 64, True),
]


def chat(size, stream):
    body = {"model": "gpt-4o-mini", "stream": stream, "messages": [{"role": "user", "content": ""}]}
    body["messages"][0]["content"] = "x" * (size - len(json.dumps(body)))
    return json.dumps(body)


def wait_for(url):
    deadline = time.time() + 20
    while time.time() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"{url} never answered")


def first_line(process):
    return process.stdout.readline().decode()


def start_vendor(work):
    settings = work / "vendor.json"
    settings.write_text(json.dumps({"name": "bench", "log": "off", "chunks": STREAM_CHUNKS}))
    binary = TARGET / PROFILE / "vendor-simulator"
    process = subprocess.Popen(
        ["taskset", "-c", "1", binary, "--settings", settings, "--threads", "1"], stdout=subprocess.PIPE
    )
    url = re.search(r"vendor-1=(\S+)", first_line(process)).group(1)
    return process, url


def start_nginx(work, vendor):
    port = 18080
    conf = work / "nginx.conf"
    conf.write_text(f"""
        daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
            uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
            client_body_buffer_size 128k;
            upstream vendor {{ server {vendor.removeprefix("http://")}; keepalive 256; }}
            server {{
                listen 127.0.0.1:{port}; keepalive_requests 1000000000;
                location / {{
                    proxy_pass http://vendor; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_buffering off;
                }}
            }}
        }}""")
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", conf])
    url = f"http://127.0.0.1:{port}"
    wait_for(url + "/v1/models")
    return process, url + "/v1/chat/completions"


def start_spillway(work, vendor):
    process = subprocess.Popen(
        ["taskset", "-c", "0", TARGET / PROFILE / "spillway", "serve", "--workers", "1", "--data", work / "data",
         "--proxy-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=open(work / "spillway.log", "w"),
        env={"PATH": os.environ["PATH"], "SPILLWAY_LOG": os.environ.get("SPILLWAY_LOG", "info")},
    )
    line = first_line(process)
    proxy, admin = re.search(r"proxy=(\S+) admin=(\S+)", line).groups()
    host = vendor.removeprefix("http://")
    for path, data in [("/upstreams", "name=bench"), ("/upstreams/bench/targets", f"target={host}")]:
        urllib.request.urlopen(admin + path, data=data.encode()).read()
    # The same vendor as one that speaks another dialect than its caller.
    for kind in sorted({it[2] for it in TRANSLATED}):
        provider = {"name": kind, "kind": kind, "models": ["foreign"], "endpoints": [{"url": vendor + BASES.get(kind, "/v1")}]}
        for path, data in [("/providers", provider),
                           (f"/providers/{kind}/credentials", {"name": "k", "secret": "sk-bench"})]:
            post_json(admin + path, data)
        for path, data in [("/upstreams", f"name=of-{kind}"),
                           (f"/upstreams/of-{kind}/targets", f"provider={kind}&model=foreign")]:
            urllib.request.urlopen(admin + path, data=data.encode()).read()
    return process, proxy


def cpu_seconds(pid):
    """User and system time of a process and its children that are alive."""
    total = 0
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.parent.name == str(pid) or fields[1] == str(pid):
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pid):
    pages = 0
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.parent.name == str(pid) or fields[1] == str(pid):
            pages += int(fields[21])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(pid, url, script, connections):
    before = cpu_seconds(pid)
    out = subprocess.run(
        ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", script, url],
        capture_output=True, text=True, check=True,
    ).stdout
    spent = cpu_seconds(pid) - before
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"failed requests do not count:\n{out}")
    requests = int(re.search(r"(\d+) requests in", out).group(1))

    def latency(percent):
        value, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]

    return {"cpu": spent / requests * 1e6, "rps": requests / SECONDS, "p50": latency(50), "p99": latency(99)}


def post_json(url, data):
    request = urllib.request.Request(url, json.dumps(data).encode(), {"content-type": "application/json"})
    return urllib.request.urlopen(request).read()


def wrk_script(path, body):
    path.write_text(
        f"wrk.method='POST'\nwrk.headers['content-type']='application/json'\nwrk.body=[==[{body}]==]\n"
    )
    return path


def said(dialect, stream):
    """The texts of a stream's deltas."""
    texts = []
    for line in stream.decode().splitlines():
        if not line.startswith("data: ") or line == "data: [DONE]":
            continue
        event = json.loads(line[len("data: "):])
        match dialect:
            case "chat":
                texts += [it["delta"].get("content") for it in event["choices"]]
            case "responses" if event["type"] == "response.output_text.delta":
                texts.append(event["delta"])
            case "messages" if event["type"] == "content_block_delta":
                texts.append(event["delta"]["text"])
    return [it for it in texts if it]


def translation(work, pid, proxy):
    """Rows of what a stream costs that passes untouched, and the same one translated; they take turns."""
    connections = CASES[-1][2]
    rows = []
    for caller, vendor, kind in TRANSLATED:
        path, ask = ASKS[caller]
        body = {"model": "foreign", "stream": True, **ask("x" * TEXT_BYTES)}
        script = wrk_script(work / "stream.lua", json.dumps(body))
        own_url, foreign_url = f"{proxy}/bench/v1/{path}", f"{proxy}/of-{kind}/v1/{path}"
        own_texts, foreign_texts = (said(caller, post_json(url, body)) for url in (own_url, foreign_url))
        if own_texts != foreign_texts or len(own_texts) != STREAM_CHUNKS:
            sys.exit(f"{caller} from {vendor}: {len(foreign_texts)} chunks of other texts than {len(own_texts)}")
        own, foreign = [], []
        for round_ in range(ROUNDS + 1):
            for results, url in ((own, own_url), (foreign, foreign_url)):
                result = measure(pid, url, script, connections)
                if round_ > 0:
                    results.append(result)
        (own_us, *_), (foreign_us, low, high) = spread(own, "cpu"), spread(foreign, "cpu")
        ratio = foreign_us / own_us
        rows.append(
            f"| {caller}, served by {vendor} | {own_us / STREAM_CHUNKS:.2f} | {foreign_us / STREAM_CHUNKS:.2f} "
            f"({low / STREAM_CHUNKS:.2f}–{high / STREAM_CHUNKS:.2f}) | **{ratio:.2f}** |"
        )
        print(rows[-1], flush=True)
        if ratio > TRANSLATED_MAX:
            sys.exit(f"translation costs more than {TRANSLATED_MAX} times what passing on does: {rows[-1]}")
    return rows


def picks(request_us):
    """Rows of what a pick and its settlement cost, and their share of a request's CPU."""
    binary = TARGET / PROFILE / "examples" / "pick_cost"
    out = subprocess.run(["taskset", "-c", "0", binary], capture_output=True, text=True, check=True).stdout
    rows = []
    for algorithm, pool, nanos in re.findall(r"^(\w+), (\d+ targets, \d+ out): (\d+) ns$", out, re.M):
        share = int(nanos) / 1000 / request_us
        rows.append(f"| {algorithm} | {pool} | {nanos} | {100 * share:.2f} % |")
        if pool == "10000 targets, 9900 out" and share > PICK_SHARE_MAX:
            sys.exit(f"a pick takes more than {100 * PICK_SHARE_MAX:.0f} % of a request's CPU: {rows[-1]}")
    return rows


def main():
    for tool in ("wrk", "nginx", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed (apt-get install wrk nginx-light util-linux)")
    work = pathlib.Path(tempfile.mkdtemp(prefix="spillway-bench-"))
    vendor, vendor_url = start_vendor(work)
    nginx, nginx_url = start_nginx(work, vendor_url)
    spillway, proxy = start_spillway(work, vendor_url)
    spillway_url = f"{proxy}/bench/v1/chat/completions"
    subjects = {"nginx": (nginx.pid, nginx_url), "spillway": (spillway.pid, spillway_url)}
    idle = resident_mib(spillway.pid)
    rows, figures = [], {}
    try:
        for name, size, connections, stream in CASES:
            script = wrk_script(work / "body.lua", chat(size, stream))
            results = {subject: [] for subject in subjects}
            for round_ in range(ROUNDS + 1):
                for subject, (pid, url) in subjects.items():
                    result = measure(pid, url, script, connections)
                    if round_ > 0:  # the first round warms up
                        results[subject].append(result)
            figures[name] = results
            rows.append(row(name, results))
            print(rows[-1], flush=True)
        translated = translation(work, spillway.pid, proxy)
    finally:
        loaded = resident_mib(spillway.pid)
        for process in (spillway, nginx, vendor):
            process.send_signal(signal.SIGTERM)
        for process in (spillway, nginx, vendor):
            process.wait(timeout=20)
    request_us = spread(figures[CASES[0][0]]["spillway"], "cpu")[0]
    report(rows, picks(request_us), translated, idle, loaded)


def spread(results, key):
    values = [it[key] for it in results]
    return statistics.median(values), min(values), max(values)


def row(name, results):
    def cell(subject, key, digits):
        median, low, high = spread(results[subject], key)
        return f"{median:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"

    def ratio(key):
        return spread(results["spillway"], key)[0] / spread(results["nginx"], key)[0]

    return (
        f"| {name} | {cell('nginx', 'cpu', 1)} | {cell('spillway', 'cpu', 1)} | **{ratio('cpu'):.2f}** | "
        f"{ratio('rps'):.2f} | {ratio('p50'):.2f} | {ratio('p99'):.2f} |"
    )


def report(rows, pick_rows, translated, idle, loaded):
    text = f"""# Benchmark report

Written by `make bench` (profile `{PROFILE}`): {ROUNDS} rounds of {SECONDS} s each, proxies taking turns, medians
(minimum–maximum), zero failed requests, one worker on a core of its own, load generator and vendor sharing the other. CPU in µs per request (for the
stream: per whole stream of 100 chunks). Everything on: ledger, decision headers, metrics, access log to a file.

| case | nginx CPU µs | spillway CPU µs | CPU ratio | requests/s ratio | p50 ratio | p99 ratio |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

A stream of {STREAM_CHUNKS} chunks from a vendor of another dialect, beside the same text in as many chunks that passes
untouched from a vendor of the caller's; CPU for each chunk:

| caller's dialect, vendor's | untouched CPU µs | translated CPU µs | CPU ratio |
|---|---|---|---|
{chr(10).join(translated)}

Of that, one pick and its settlement (quickest of 30 rounds; share of the CPU of a 1 KiB chat above; nothing is
allocated, which crates/balance/tests/allocations.rs proves):

| algorithm | pool | ns | share of a request |
|---|---|---|---|
{chr(10).join(pick_rows)}

Resident memory of the gateway: {idle:.1f} MiB idle, {loaded:.1f} MiB after the load.
"""
    (HERE / "REPORT.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
