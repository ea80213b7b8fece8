"""The Runtime API, through which a Lambda function's process gets its events.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue


@dataclass(frozen=True)
class Event:
    """What the function is invoked with; the deadline is in seconds since 1970."""

    request_id: str
    body: bytes
    deadline: float
    trace_header: str


@dataclass(frozen=True)
class Outcome:
    """The outcome of an event: the function's own response, or how its process ended."""

    payload: bytes
    failed: bool
    reusable: bool
    exit_code: int | None = None
    log_line: str = ""

    @classmethod
    def of_sandbox(cls, error: str, request_id: str, message: str) -> "Outcome":
        """An error that Lambda reports, not the function."""
        description = {"errorType": error, "errorMessage": f"RequestId: {request_id} {message}"}
        return cls(json.dumps(description).encode(), failed=True, reusable=False, log_line=description["errorMessage"])


class RuntimeApi(ThreadingHTTPServer):
    """Hands events to one execution environment and receives their outcomes."""

    daemon_threads = True

    def __init__(self, function_arn: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.function_arn = function_arn
        self.events: SimpleQueue[Event | None] = SimpleQueue()
        self.outcomes: SimpleQueue[Outcome] = SimpleQueue()
        self.started = threading.Event()
        # It does not matter how soon the server notices that it should stop.
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 5}, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_port}"

    def close(self) -> None:
        """Releases the process that waits for an event, and stops serving a little later."""
        self.events.put(None)
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body go out in one packet, at once.
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: RuntimeApi

    def do_GET(self) -> None:
        self.server.started.set()
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        self._answer(
            200,
            event.body,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": event.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(event.deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.function_arn,
                "Lambda-Runtime-Trace-Id": event.trace_header,
            },
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202, b'{"status":"OK"}', {"Content-Type": "application/json"})
        failed = not self.path.endswith("/response")
        reusable = not self.path.endswith("/init/error")
        self.server.outcomes.put(Outcome(body, failed=failed, reusable=reusable))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests of the runtime are not worth a line each."""
