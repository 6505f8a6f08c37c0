"""How bodies of requests are counted and timed while they arrive."""

import asyncio

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from synthgen_tf.serve.limits import Limits


class BoundedBodies:
    """ASGI middleware: a body that is too large or too slow ends in 413 or 408.

    The refusal is raised where the body is read, so nobody has to ask before reading.
    """

    def __init__(self, app: ASGIApp, limits: Limits):
        self.app, self.limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = self._bounded(receive, _declared(scope))
        await self.app(scope, receive, send)

    def _bounded(self, receive: Receive, declared: int) -> Receive:
        most = int(self.limits.upload_mb * 1e6)
        deadline = asyncio.get_running_loop().time() + self.limits.receive_seconds
        arrived, whole = 0, False

        async def bounded() -> Message:
            nonlocal arrived, whole
            if whole:  # the client may stay as long as the answer takes
                return await receive()
            if declared > most:
                raise _too_large(self.limits)
            try:
                left = deadline - asyncio.get_running_loop().time()
                message = await asyncio.wait_for(receive(), max(left, 0.0))
            except asyncio.TimeoutError:
                raise HTTPException(
                    408, f"body did not arrive within {self.limits.receive_seconds:g} s"
                ) from None
            arrived += len(message.get("body", b""))
            if arrived > most:
                raise _too_large(self.limits)
            whole = not message.get("more_body", False)
            return message

        return bounded


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_large(limits: Limits) -> HTTPException:
    return HTTPException(413, f"body is too large: expected at most {limits.upload_mb:g} MB")
