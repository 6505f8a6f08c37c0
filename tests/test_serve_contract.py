"""The service against its own OpenAPI description, with inputs that nobody would think of."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from synthgen_tf.serve import Limits, create_app

pytestmark = pytest.mark.slow

OPERATIONS = [
    "POST /v1/separate",
    "GET /v1/jobs/{id}",
    "DELETE /v1/jobs/{id}",
    "GET /v1/jobs/{id}/result",
    "GET /v1/jobs/{id}/{stem}",
    "GET /v1/models/{name}",
    "GET /v1/models/{name}/metadata",
    "POST /v1/models/{name}:predict",
    "GET /v1/models/{name}/versions/{version}",
    "GET /v1/models/{name}/versions/{version}/metadata",
    "POST /v1/models/{name}/versions/{version}:predict",
    "GET /healthz",
    "GET /metrics",
]


@pytest.fixture(scope="module")
def operations(exported):
    limits = Limits(upload_mb=1, audio_seconds=5, receive_seconds=5)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(exported, limits))
    return {each.ok().label: each.ok() for each in schema.get_all_operations()}


def test_all_routes_are_described(operations):
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_one_that_is_described(operations, label):
    @given(case=operations[label].as_strategy())
    @settings(
        max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    def check(case):
        case.call_and_validate(excluded_checks=[positive_data_acceptance])  # bytes are no music

    check()
