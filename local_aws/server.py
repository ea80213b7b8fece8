"""Serves the local AWS in this process."""

import gc
import os
import signal
import socket
import sys
import threading
import warnings

from local_aws.process import ANNOUNCEMENT

HOST = "127.0.0.1"


def serve(port: int) -> int:
    """Serves until SIGTERM or SIGINT, and returns the exit code. Port 0 is any free port."""
    listener = socket.socket()
    # A port on which only closed connections linger is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        print(f"local AWS: cannot listen on {HOST}:{port}: {error.strerror}", file=sys.stderr)
        return 1
    listener.listen(128)

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    from local_aws.lambda_functions import runtime as lambda_runtime
    from local_aws.settings import settings

    settings.port = listener.getsockname()[1]
    # moto's own clients find this server through it.
    os.environ["MOTO_PORT"] = str(settings.port)
    # No page in a browser calls it.
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"

    # Imported modules stay: collecting garbage among them takes as long as the rest of the start, and again at the end.
    gc.disable()
    from moto.moto_server import werkzeug_app
    from werkzeug.serving import make_server

    # First, because some of what it speeds up is the import of moto's services.
    from local_aws import speed  # noqa: F401
    from local_aws.connections import RequestHandler

    # Importing it applies every patch.
    from local_aws.control import controlled
    from local_aws.scheduler import schedules

    gc.freeze()
    gc.enable()

    # Most models do not list AccessDeniedException, and none has UnknownOperationException.
    warnings.filterwarnings("ignore", message="Exception.* does not match an error shape")

    server = make_server(
        HOST,
        settings.port,
        controlled(werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)),
        threaded=True,
        request_handler=RequestHandler,
        fd=listener.fileno(),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=schedules.run, daemon=True).start()
    print(f"{ANNOUNCEMENT}{settings.endpoint}", flush=True)
    try:
        stop.wait()
    finally:
        lambda_runtime.close()
    return 0
