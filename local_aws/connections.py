"""How requests reach the local AWS."""

import io
import traceback

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import InternalServerError
from werkzeug.test import run_wsgi_app


class RequestHandler(MotoRequestHandler):  # type: ignore[misc]  # (moto has no types here)
    """Keeps connections open between requests, as AWS does.

    werkzeug closes each of them, so that every call costs both sides a connection and this one a thread.
    """

    protocol_version = "HTTP/1.1"
    # Headers and body go out in one packet, at once.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def run_wsgi(self) -> None:
        """Answers a request."""
        self.environ = environ = self.make_environ()
        # What the application left unread would be taken for the next request.
        environ["wsgi.input"] = io.BytesIO(self._body())
        try:
            body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Exception:
            traceback.print_exc()
            body, status, headers = run_wsgi_app(InternalServerError(), environ, buffered=True)
        self._send(status, list(headers), b"".join(body))

    def _body(self) -> bytes:
        if self.environ.get("wsgi.input_terminated"):
            chunks: bytes = self.environ["wsgi.input"].read()
            return chunks
        body: bytes = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        if not any(name.lower() == "content-length" for name, _ in headers) and code not in ("204", "304"):
            headers.append(("Content-Length", str(len(body))))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle_expect_100(self) -> bool:
        """Tells the client at once to send the body."""
        proceeds: bool = super().handle_expect_100()
        self.wfile.flush()
        return proceeds

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for every request would bury the important ones."""
