"""What Prometheus reads: requests, music, the queue."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synthgen_tf.serve.jobs import Jobs

SECONDS = (0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300)


class Gauges:
    """The measures of one service, in a registry of its own."""

    def __init__(self, jobs: Jobs):
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "synthgen_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "synthgen_request_seconds",
            "Time to the answer.",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        waiting = Gauge("synthgen_queue_length", "Separations that wait or run.", registry=registry)
        waiting.set_function(lambda: jobs.waiting)
        kept = Gauge("synthgen_jobs_kept", "Jobs that can be asked for.", registry=registry)
        kept.set_function(lambda: len(jobs.known))

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self.registry)


class Counted:
    """ASGI middleware: counts and times every answer, by route and not by address."""

    def __init__(self, app: ASGIApp, gauges: Gauges):
        self.app, self.gauges = app, gauges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self.gauges.requests.labels(scope["method"], route, status).inc()
            self.gauges.seconds.labels(route).observe(time.perf_counter() - started)
