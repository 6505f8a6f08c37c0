"""Requests by which TensorFlow Serving warms up a model before it lets clients in."""

from pathlib import Path

import tensorflow as tf

from synthgen_tf.config import Config

WARMUP = Path("assets.extra") / "tf_serving_warmup_requests"
FRAMES = 4096
"""Length of the request that carries its samples as bytes."""


def write_warmup(config: Config, name: str, savedmodel: Path) -> Path:
    """Write a request of silence to each signature that takes music, and return the file's path.

    It is as long as a block where that is small to store, so that the first client waits for
    neither graph nor memory.

    Args:
        config: of the model.
        name: under which the model is served.
        savedmodel: folder of the SavedModel, without requests as yet.

    Source: TensorFlow Serving, SavedModel Warmup; the messages are those of its own API package.
    """
    from tensorflow_serving.apis.predict_pb2 import PredictRequest
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

    channels = config.model.channels
    requests = {  # one value for all elements is stored once
        "serving_default": {
            "mixture": tf.make_tensor_proto(0.0, shape=(1, config.block, channels))
        },
        "bytes": {"mixture_bytes": tf.make_tensor_proto([bytes(4 * FRAMES * channels)])},
        "separate": {"mixture": tf.make_tensor_proto(0.0, shape=(config.block, channels))},
    }
    file = savedmodel / WARMUP
    file.parent.mkdir()
    with tf.io.TFRecordWriter(str(file)) as writer:
        for signature, inputs in requests.items():
            request = PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = name, signature
            for key, value in inputs.items():
                request.inputs[key].CopyFrom(value)
            log = PredictionLog(predict_log=PredictLog(request=request))
            writer.write(log.SerializeToString())
    return file
