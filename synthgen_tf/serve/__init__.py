"""The service: separation over HTTP, a page to use it by, and TensorFlow Serving's REST API.

Module       -> what comes in -> what goes out
limits       -> what a service is willing to take on
bounds       -> a request's body, counted and timed -> the same, or a refusal
uploads      -> a request with music -> a file of our naming
jobs         -> music to separate -> states, progress, results; one at a time, a bounded queue
separation   -> a job -> its stems, or why not
answers      -> a finished job -> an audio file or a zip; any failure -> one line of JSON
service      -> what all routes share
music_routes -> the routes for music
signatures   -> a SavedModel's signatures -> arrays in and out, checked
models       -> the routes that speak as TensorFlow Serving does
gauges       -> what Prometheus reads
app          -> all of it as one ASGI application
"""

from synthgen_tf.serve.app import create_app
from synthgen_tf.serve.limits import Limits

__all__ = ["Limits", "create_app"]
