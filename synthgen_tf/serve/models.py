"""TensorFlow Serving's REST API for the model, so that its clients work unchanged.

Source: TensorFlow Serving, RESTful API.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from synthgen_tf.separate.model_folders import Card
from synthgen_tf.serve.answers import failures
from synthgen_tf.serve.service import Service, Shared
from synthgen_tf.serve.signatures import Spec

DEFAULT = "serving_default"
PREDICT_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "signature_name": {"type": "string"},
                        "instances": {"type": "array"},
                        "inputs": {},
                    },
                }
            }
        },
    }
}


def newest_card(service: Shared, name: str) -> Card:
    """Return the card of the model that a path names; 404 when it is another."""
    card = service.card
    if name != card.name:
        raise HTTPException(404, f"no model {name!r}: here is {card.name}")
    return card


def versioned_card(service: Shared, name: str, version: str) -> Card:
    """Return the card of the model and version that a path names; 404 when one is another."""
    card = newest_card(service, name)
    if version != str(card.version):
        raise HTTPException(404, f"no version {version!r}: here is {card.version}")
    return card


def model_routes(prefix: str, card_of_path: Callable[..., Card]) -> APIRouter:
    """Return the routes for state, metadata and predictions of the model under a prefix."""
    router = APIRouter(prefix=prefix, tags=["model"])
    known = Annotated[Card, Depends(card_of_path)]

    @router.get("", responses=failures(401, 404))
    async def state(card: known) -> dict:
        """Whether the model is ready."""
        good = {"error_code": "OK", "error_message": ""}
        available = {"version": str(card.version), "state": "AVAILABLE", "status": good}
        return {"model_version_status": [available]}

    @router.get("/metadata", responses=failures(401, 404))
    async def metadata(card: known, service: Shared) -> dict:
        """Signatures of the model: names, types and shapes of what goes in and comes out."""
        return {
            "model_spec": {"name": card.name, "signature_name": "", "version": str(card.version)},
            "metadata": {"signature_def": {"signature_def": service.signatures.description}},
        }

    @router.post(
        ":predict", openapi_extra=PREDICT_BODY, responses=failures(400, 401, 404, 408, 413, 503)
    )
    async def predict(request: Request, card: known, service: Shared) -> dict:
        """Run a signature on `instances` (a list of inputs) or `inputs` (a batch of each)."""
        body = await _json_body(request)
        name, inputs = await run_in_threadpool(_inputs, body, service)
        try:
            outputs = await asyncio.wrap_future(
                service.jobs.call(lambda: service.signatures.run(name, inputs))
            )
        except (ValueError, TypeError) as error:  # shapes that the graph does not take
            raise HTTPException(400, _first_line(error)) from None
        return await run_in_threadpool(_answer, outputs, rows="instances" in body)

    return router


PREFIX = "/v1/models/{name}"
ROUTERS = (
    model_routes(PREFIX, newest_card),
    model_routes(f"{PREFIX}/versions/{{version}}", versioned_card),
)


async def _json_body(request: Request) -> Mapping:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, f"body is no JSON: {_first_line(error)}") from None
    if not isinstance(body, dict) or ("instances" in body) == ("inputs" in body):
        raise HTTPException(400, "expected a JSON object with 'instances' or 'inputs'")
    return body


def _inputs(body: Mapping, service: Service) -> tuple[str, dict[str, np.ndarray]]:
    """Return the signature that a request names, and the arrays for its inputs.

    Raises:
        HTTPException: for another signature, names, types or shapes, or too much music.
    """
    name, card = body.get("signature_name", DEFAULT), service.card
    known = service.signatures.inputs
    if not isinstance(name, str) or name not in known:
        raise HTTPException(400, f"no signature {name!r}: expected one of {', '.join(known)}")
    specs = known[name]
    columns = _columns(body, specs)
    arrays = {key: _array(key, columns[key], spec) for key, spec in specs.items()}
    most = service.limits.audio_seconds
    for key, array in arrays.items():
        size = sum(map(len, array.ravel())) // 4 if array.dtype == object else array.size
        if size > most * card.sample_rate * card.channels:
            raise HTTPException(413, f"{key} is too long: expected at most {most:g} s")
    return name, arrays


def _columns(body: Mapping, specs: Mapping[str, Spec]) -> dict[str, Any]:
    """Return values for each input; rows become columns, and a sole input needs no name."""
    if "inputs" in body:
        values = body["inputs"]
        named = isinstance(values, dict) and not _is_packed(values)
        values = values if named else {next(iter(specs), ""): values}
    else:
        rows = body["instances"]
        if not isinstance(rows, list) or not rows:
            raise HTTPException(400, "'instances' is no list: expected one input or more")
        named = all(isinstance(row, dict) and not _is_packed(row) for row in rows)
        keys = rows[0].keys() if named else [next(iter(specs), "")]
        try:
            values = {key: [row[key] if named else row for row in rows] for key in keys}
        except KeyError as error:
            raise HTTPException(400, f"an instance lacks {error}") from None
    if set(values) != set(specs):
        expected, found = (", ".join(sorted(keys)) or "nothing" for keys in (specs, values))
        raise HTTPException(400, f"inputs are {found}: expected {expected}")
    return values


def _is_packed(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"b64"}


def _array(key: str, value: Any, spec: Spec) -> np.ndarray:
    """Turn JSON into an array of the input's type; strings are base64 in `{"b64": ...}`."""
    try:
        if spec.packed:
            rows = value if isinstance(value, list) else [value]
            found = np.empty(len(rows), object)
            found[:] = [base64.b64decode(row["b64"], validate=True) for row in rows]
            return spec.checked(found)
        return spec.checked(np.array(value, np.float32))
    except (ValueError, TypeError, KeyError, OverflowError, binascii.Error) as error:
        raise HTTPException(400, f"{key} is not {spec.expectation}: {_first_line(error)}") from None


def _answer(outputs: Mapping[str, np.ndarray], rows: bool) -> dict:
    """Return the outputs as TensorFlow Serving gives them: by rows or by columns, a sole one
    unnamed."""
    columns = {key: _as_json(key, array) for key, array in outputs.items()}
    if not rows:
        return {"outputs": columns if len(columns) > 1 else next(iter(columns.values()))}
    if len(columns) == 1:
        return {"predictions": next(iter(columns.values()))}
    listed = zip(*columns.values(), strict=True)
    return {"predictions": [dict(zip(columns, row, strict=True)) for row in listed]}


def _as_json(key: str, array: np.ndarray) -> Any:
    """Return numbers as they are, strings as base64 where their name says that they are bytes."""
    if array.dtype.kind not in "OS":
        return array.tolist()
    if key.endswith("_bytes"):
        return [{"b64": base64.b64encode(each).decode()} for each in array.ravel()]
    return [each.decode() for each in array.ravel()]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
