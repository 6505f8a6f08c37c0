"""A service on a real port, and patience, for tests."""

import threading
import time

import uvicorn


def until(condition, seconds=10.0):
    """Whether a condition holds, now or soon."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class serving:
    """An application behind uvicorn on a free port."""

    def __init__(self, app, lifespan="off"):
        config = uvicorn.Config(app, port=0, log_level="error", lifespan=lifespan)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)

    def __enter__(self):
        self.thread.start()
        assert until(lambda: self.server.started)
        return self.server.servers[0].sockets[0].getsockname()[1]

    def __exit__(self, *error):
        self.server.should_exit = True
        self.thread.join(10)
