"""A server on a free loopback port, printed first: answers each request with what it read, as JSON."""
import base64, http.server, json, sys

class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = json.dumps({"method": self.command, "path": self.path,
                           "headers": {k.lower(): v for k, v in self.headers.items()},
                           "body": base64.b64encode(body).decode()}).encode()
        self.send_response(302 if self.path.startswith("/go") else 200)
        if self.path.startswith("/go"):
            self.send_header("Location", "/landed")
        if "set" in self.path:
            self.send_header("Set-Cookie", "id=secret-value; Max-Age=600")
            self.send_header("Set-Cookie", "other=2; path=/; HttpOnly")
        if self.path.startswith("/big"):
            said = b"x" * int(self.path[5:])
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_HEAD = answer

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
print(server.server_address[1], flush=True)
server.serve_forever()
