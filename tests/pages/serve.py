"""Serves FILE at / under the policy that Jenkins sends with archived files; prints its port.

    serve.py FILE
"""
import http.server
import sys

POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[1], "rb") as file:
            content = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        for name in ("Content-Security-Policy", "X-WebKit-CSP", "X-Content-Security-Policy"):
            self.send_header(name, POLICY)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
