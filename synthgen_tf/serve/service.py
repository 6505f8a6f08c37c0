"""What the routes of one service share."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from synthgen_tf.separate.model_folders import Card
from synthgen_tf.separate.predictors import SavedModelPredictor
from synthgen_tf.serve.jobs import Jobs
from synthgen_tf.serve.limits import Limits
from synthgen_tf.serve.signatures import Signatures


@dataclass(frozen=True)
class Service:
    """A loaded model, its work, and the bounds of both."""

    card: Card
    predictor: SavedModelPredictor
    signatures: Signatures
    jobs: Jobs
    limits: Limits


def of_request(request: Request) -> Service:
    """Return the service that a request is for."""
    return request.app.state.service


Shared = Annotated[Service, Depends(of_request)]
