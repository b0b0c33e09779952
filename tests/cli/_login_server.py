"""A server that asks for Digest (ada, s3cret) and checks what it is told, by hashlib; prints its port. With a path: there, as a
Unix socket. Answers with the Host that it was asked for."""
import hashlib, http.server, re, secrets, socketserver, sys


def h(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    used = {}  # nonce to counts

    def do_GET(self):
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', self.headers.get("Authorization", "").removeprefix("Digest ")))
        ok = False
        nonce = fields.get("nonce")
        if nonce in self.used:
            expected = h(":".join([h("ada:here:s3cret"), nonce, fields["nc"], fields["cnonce"], fields["qop"], h("GET:" + self.path)]))
            ok = fields["response"] == expected and fields["uri"] == self.path and fields["nc"] not in self.used[nonce]
            self.used[nonce].add(fields["nc"])
        body = self.headers["Host"].encode() if ok else b"no"
        self.send_response(200 if ok else 401)
        if not ok:
            nonce = secrets.token_hex(8)
            self.used[nonce] = set()
            self.send_header("WWW-Authenticate", 'Digest realm="here", qop="auth", algorithm=SHA-256, nonce="' + nonce + '"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def address_string(self):
        return "unix"


if len(sys.argv) > 1:
    server = socketserver.ThreadingUnixStreamServer(sys.argv[1], Handler)
    print("there", flush=True)
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
server.serve_forever()
