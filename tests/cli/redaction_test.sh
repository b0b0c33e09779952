#!/usr/bin/env bash
# A secret in the URL, fields, cookies and body of a call, which ends in every way; and all that the command says of it,
# searched for the secret. And the log's flags.
set -u
exec python3 - "$REDIAL" <<'P'
import base64, json, os, socket, struct, subprocess, sys, tempfile, threading

redial = sys.argv[1]
secret = "PLANTED"
forms = [secret, "%50LANTED", base64.b64encode(b"PLANTED:PLANTED").decode()]
hostile = {"Set-Cookie": "sid=PLANTED", "X-Api-Key": "PLANTED", "X-Mine": "PLANTED",
           "Link": "<http://PLANTED:PLANTED@127.0.0.1/?token=PLANTED>; rel=next"}


def serve(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection):
    port = listener.getsockname()[1]
    with connection:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
        heard.append(fields)
        while len(body) < int(fields.get("content-length", 0)):
            body += connection.recv(65536)
        path = head.split()[1].decode().split("?")[0]
        if path == "/reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        status, more = {"/ok": (200, {}), "/broken": (500, {}), "/later": (429, {"Retry-After": "7200"}),
                        "/to": (302, {"Location": f"http://PLANTED:PLANTED@127.0.0.1:{port}/ok?token=PLANTED"}),
                        "/nowhere": (302, {"Location": "ftp://PLANTED:PLANTED@127.0.0.1/?token=PLANTED"})}[path]
        fields = {**hostile, **more, "Content-Length": "2", "Connection": "close"}
        text = f"HTTP/1.1 {status} Reply\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\nhi"
        connection.sendall(text.encode())


heard = []
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port = listener.getsockname()[1]
failures = 0


def fail(*words):
    global failures
    failures += 1
    print("FAIL:", *words)


def run(*arguments, **environment):
    done = subprocess.run([redial, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


planted = ["-H", "X-Api-Key: PLANTED", "-H", "X-Mine: PLANTED", "-b", "sid=PLANTED", "-H", "Proxy-Authorization: Basic PLANTED",
           "-H", "Referer: http://PLANTED:PLANTED@127.0.0.1/?token=PLANTED", "--redact", "X-Mine", "--redact", "session",
           "--retry", "1", "--backoff", "0.01"]
cases = [  # name, exit code, method, path, further flags
    ("success", 0, "get", "/ok", []),
    ("success, bearer", 0, "get", "/ok", ["-H", "Authorization: Bearer PLANTED"]),
    ("success, basic", 0, "get", "/ok", ["-u", "PLANTED:PLANTED"]),
    ("failure", 3, "get", "/broken", []),
    ("in doubt", 4, "post", "/reset", ["-d", "card=PLANTED"]),
    ("in doubt, with a key", 4, "post", "/reset", ["-d", "card=PLANTED", "--idempotency-key", "order-1"]),
    ("later", 75, "get", "/later", []),
    ("redirect", 0, "get", "/to", []),
    ("redirect not followed", 0, "get", "/to", ["--no-redirect"]),
    ("redirect to nowhere", 3, "get", "/nowhere", []),
    ("refused", 3, "get", "refused", []),
]
with tempfile.TemporaryDirectory() as folder:
    report = os.path.join(folder, "report")
    for name, code, method, path, flags in cases:
        where = "127.0.0.1:1" if path == "refused" else f"127.0.0.1:{port}{path}"
        url = f"http://PLANTED:PLANTED@{where}?token=PLANTED&%74oken=%50LANTED&session=PLANTED#PLANTED"
        if path == "refused":
            url = url.replace("?", "/?")
        for log in ("text", "json"):
            got, out, err = run(method, url, "-v", "--report", report, "--log-level", "debug", "--log-format", log,
                                "-w", "%{url} %{url_effective} %{outcome} %{stop_reason}", *planted, *flags)
            if got != code:
                fail(name, "exit code", got, "instead of", code, err)
            if "attempt" not in err:
                fail(name, "no log", err)
            for what, text in (("stdout", out), ("stderr", err), ("report", open(report).read())):
                for form in forms:
                    if form in text:
                        fail(name, log, what, "holds", form, "\n" + text)
    # A login from netrc and a cookie from a cookie file, one call and many; a jar that is written.
    here = f"http://127.0.0.1:{port}"
    netrc, jar, jobs, results = (os.path.join(folder, name) for name in ("netrc", "jar", "jobs", "results"))
    open(netrc, "w").write("machine 127.0.0.1 login PLANTED password PLANTED\n")
    open(jar, "w").write("127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tPLANTED\n")
    files = ["--netrc-file", netrc, "-b", jar, "--redact", "X-Mine", "--log-level", "debug", "--retry", "1", "--backoff", "0.01"]
    for code, method, path in ((0, "get", "/ok"), (3, "get", "/broken"), (4, "post", "/reset"), (75, "get", "/later"), (0, "get", "/to")):
        heard.clear()
        got, out, err = run(method, here + path, "-v", "--report", report, "-c", os.path.join(folder, "new jar"), *files)
        if got != code or not heard or any(one.get("cookie") != "sid=planted" or not one.get("authorization", "").startswith("basic ") for one in heard):
            fail("files", path, got, heard, err)
        for what, text in (("stdout", out), ("stderr", err), ("report", open(report).read())):
            if any(form in text for form in forms):
                fail("files", path, what, "\n" + text)
    with open(jobs, "w") as lines:
        for path in ("/ok", "/broken", "/later", "/to"):
            lines.write(json.dumps({"url": f"{here}{path}?token=PLANTED", "headers": {"X-Api-Key": "PLANTED"}}) + "\n")
        lines.write(json.dumps({"url": here + "/reset", "body": "card=PLANTED", "headers": {"Authorization": "PLANTED"}}) + "\n")
    got, out, err = run("run", jobs, "-o", results, *files)
    told = open(results).read()
    if got != 4 or told.count("\n") != 5 or any(form in told + out + err for form in forms):
        fail("run", got, told, out, err)
    got, out, err = run("retry", jobs, results, "--failed", *files)
    if any(form in out + err for form in forms):
        fail("retry", out, err)

    # A proxy with credentials, which nobody answers for.
    got, out, err = run("get", f"http://127.0.0.1:{port}/ok", "-v", "--report", report, "--log-level", "debug", *planted,
                        http_proxy="http://PLANTED:PLANTED@127.0.0.1:1/", no_proxy="")
    for what, text in (("stdout", out), ("stderr", err), ("report", open(report).read())):
        if any(form in text for form in forms):
            fail("proxy", what, text)

    policies = os.path.join(folder, "policies.toml")
    open(policies, "w").write('[policies.a]\n[[routes]]\nmatch = "https://u:PLANTED@a.test/?token=PLANTED"\npolicy = "a"\n')
    for arguments in (["get", "http://PLANTED:PLANTED@a b/?token=PLANTED"], ["get", "ftp://PLANTED:PLANTED@a/"],
                      ["get", "-H", "Authorization PLANTED", "http://127.0.0.1:1/"],
                      ["get", "-H", "Authorization: PLANTED\001", "http://127.0.0.1:1/"],
                      ["get", "-u", "PLANTED", "http://127.0.0.1:1/"],
                      ["get", "-O", "http://PLANTED:PLANTED@127.0.0.1:1/?token=PLANTED"],
                      ["get", "http://127.0.0.1:1/", "http://extra:PLANTED@x/?token=PLANTED"],
                      ["http://extra:PLANTED@x/"], ["policy", "check", policies],
                      ["get", "http://127.0.0.1:1/", "--policy", policies]):
        got, out, err = run(*arguments)
        if got != 2 or secret in out + err:
            fail(arguments, got, err)

    # Fields that explain is asked about.
    for flags in ([], ["--json"]):
        got, out, err = run("explain", "--status", "302", "--header", "Location: http://u:PLANTED@b/?token=PLANTED",
                            "--header", "Set-Cookie: sid=PLANTED", "--header", "Via: shown", *flags)
        words = " ".join(out.split())
        if got != 0 or secret in out + err or "Via: shown" not in words or "Location: http://***@b/?token=***" not in words:
            fail("explain", *flags, got, out, err)

    # The log's flags.
    here = f"http://127.0.0.1:{port}"
    quick = ["--retry", "1", "--backoff", "0.01", "-s"]
    got, out, err = run("get", here + "/broken?x=1", "--log-format", "json", *quick)
    lines = [json.loads(line) for line in err.splitlines()]
    if [line["level"] for line in lines] != ["warning", "warning"] or lines[1]["http.response.status_code"] != 500:
        fail("--log-format json", err)
    got, out, err = run("get", here + "/broken", "--log-level", "debug", *quick)
    if len(err.splitlines()) != 4 or " DEBUG   GET 127.0.0.1:" not in err:
        fail("--log-level debug", err)
    for level in ("error", "off"):
        got, out, err = run("get", here + "/broken", "--log-level", level, *quick)
        if got != 3 or err:
            fail("--log-level", level, err)
    got, out, err = run("get", here + "/ok", "--log-level", "info")
    if err or out != "hi":
        fail("a quiet success", out, err)
    for flag, value in (("--log-level", "loud"), ("--log-format", "xml")):
        got, out, err = run("get", here + "/ok", flag, value)
        if got != 2 or flag not in err or value not in err:
            fail(flag, value, got, err)
sys.exit(failures > 0)
P
