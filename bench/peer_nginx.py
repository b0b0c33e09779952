"""nginx on a free port of loopback with a 200-byte file /x, for the scripts here."""

import contextlib, os, shutil, socket, subprocess, sys, tempfile, time


@contextlib.contextmanager
def serving():
    """Gives a folder that goes away at the end, and the URL of the file."""
    if not shutil.which("nginx"):
        sys.exit(f"{sys.argv[0]}: nginx not found (Debian: nginx-light)")
    folder = tempfile.mkdtemp(prefix="redial-bench-")
    os.chmod(folder, 0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temp = " ".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{folder}/nginx.conf", "w") as conf:
        conf.write(f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\n"
                   f"http {{ access_log off; keepalive_requests 100000000; {temp}\n"
                   f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n")
    with open(f"{folder}/x", "w") as file:
        file.write("x" * 200)
    server = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/log"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield folder, f"http://127.0.0.1:{port}/x"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)
