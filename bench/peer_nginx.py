"""nginx on free ports of loopback, TCP and TLS, with 200 bytes at /x, for the scripts here."""

import contextlib, os, shutil, socket, subprocess, sys, tempfile, time, urllib.request

BODY = "x" * 200


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`url` and `tls_url` of the file, `ca_file` that verifies the latter, `folder` that goes away at the end."""

    def __init__(self, folder):
        self.folder = folder
        self.ca_file = f"{folder}/cert.pem"
        self.ports = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.ports[0]}/x"
        self.tls_url = f"https://127.0.0.1:{self.ports[1]}/x"

    def connections(self):
        """How many it has accepted, this look not counted (it has a port of its own, but nginx counts for all)."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[2]}/") as answer:
            self.looks += 1
            return int(answer.read().split()[7]) - self.looks

    looks = 0

    def write(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.folder}/key.pem",
                        "-out", self.ca_file], check=True, stderr=subprocess.DEVNULL)
        temp = " ".join(f"{kind}_temp_path {self.folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        plain, tls, status = self.ports
        with open(f"{self.folder}/nginx.conf", "w") as conf:
            conf.write(f"""daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {self.folder}/pid; error_log {self.folder}/log;
events {{ worker_connections 8192; multi_accept on; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600s; {temp}
server {{ listen 127.0.0.1:{plain} backlog=4096; listen 127.0.0.1:{tls} ssl backlog=4096;
ssl_certificate {self.folder}/cert.pem; ssl_certificate_key {self.folder}/key.pem; ssl_protocols TLSv1.3;
location = /x {{ return 200 "{BODY}"; }} }}
server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }} }}
""")


@contextlib.contextmanager
def serving(core=None):
    """A `Server`, on one processor core when told which."""
    if not shutil.which("nginx"):
        sys.exit(f"{sys.argv[0]}: nginx not found (Debian: nginx-light)")
    folder = tempfile.mkdtemp(prefix="redial-bench-")
    os.chmod(folder, 0o755)
    server = Server(folder)
    server.write()
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    process = subprocess.Popen([*pinned, "nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"])
    try:
        for _ in range(100):
            try:
                server.connections()
                break
            except OSError:
                time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)
