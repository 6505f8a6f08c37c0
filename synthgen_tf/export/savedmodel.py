"""A trained run as a SavedModel: `serving_default`, `separate` and `info`.

Shape legend: b batch, t samples, c channels.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.separate import crossfade_window, hop_of
from synthgen_tf.tracks import REST


def write_savedmodel(model: keras.Model, config: Config, version: int, folder: Path) -> None:
    """Write a SavedModel folder that TensorFlow Serving and `tf.saved_model.load` take as it is.

    Signatures:
        serving_default: `mixture` (b, t, c) -> the target stem, same shape.
        separate: `mixture` (t, c), a whole song -> the target stem and `rest`, same shape. Blocks
            overlap and add in the graph one after the other: memory is a few copies of the song.
        bytes: `mixture_bytes` (b,), each the samples of a block as little-endian float32, all of
            one length, channels side by side -> `<stem>_bytes`, the same. JSON carries them as
            base64, far faster than as numbers.
        info: nothing -> sample_rate, channels, segment, hop, stems, version.
    """
    stem, channels, segment = config.data.target, config.model.channels, config.block
    hop = hop_of(segment)
    song = tf.TensorSpec((None, channels), tf.float32, name="mixture")
    batch = tf.TensorSpec((None, None, channels), tf.float32, name="mixture")

    @tf.function(input_signature=[batch])
    def predict(mixture: tf.Tensor) -> dict[str, tf.Tensor]:
        return {stem: model(mixture, training=False)}

    packed = tf.TensorSpec((None,), tf.string, name="mixture_bytes")

    @tf.function(input_signature=[packed])
    def predict_bytes(mixture_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        mixture = unpacked(mixture_bytes, channels)
        return {f"{stem}_bytes": packed_again(model(mixture, training=False))}

    @tf.function(input_signature=[song])
    def separate(mixture: tf.Tensor) -> dict[str, tf.Tensor]:
        estimate = overlap_add(lambda block: model(block, training=False), mixture, segment)
        return {stem: estimate, REST: mixture - estimate}

    @tf.function(input_signature=[])
    def info() -> dict[str, tf.Tensor]:
        return {
            "sample_rate": tf.constant(config.model.sample_rate),
            "channels": tf.constant(channels),
            "segment": tf.constant(segment),
            "hop": tf.constant(hop),
            "stems": tf.constant([stem, REST]),
            "version": tf.constant(version),
        }

    module = tf.Module()  # keras.export.ExportArchive would store every weight twice
    module.weights = [variable.value for variable in model.variables]
    signatures = {
        "serving_default": predict,
        "bytes": predict_bytes,
        "separate": separate,
        "info": info,
    }
    tf.saved_model.save(module, str(folder), signatures)


def unpacked(blocks: tf.Tensor, channels: int) -> tf.Tensor:
    """Turn strings of bytes into samples: (b,) to float32 (b, t, c).

    Each string holds little-endian float32, channels side by side, and all are of one length.
    """
    samples = tf.io.decode_raw(blocks, tf.float32)
    return tf.reshape(samples, (tf.shape(blocks)[0], -1, channels))


def packed_again(signals: tf.Tensor) -> tf.Tensor:
    """Undo `unpacked`: float32 (b, t, c) to strings of bytes (b,)."""
    # a serialized tensor ends in its samples as they lie in memory
    size = 4 * tf.size(signals[0])

    def packed(signal: tf.Tensor) -> tf.Tensor:
        message = tf.io.serialize_tensor(signal)
        return tf.strings.substr(message, tf.strings.length(message) - size, size)

    return tf.map_fn(packed, signals, fn_output_signature=tf.string)


def overlap_add(
    predict: Callable[[tf.Tensor], tf.Tensor], mixture: tf.Tensor, segment: int
) -> tf.Tensor:
    """Predict a whole song in crossfaded blocks inside a graph, one after the other.

    A block's end waits for the start of the next; what is whole goes out. So memory is the song,
    its estimate and one block.

    Args:
        predict: takes a block (1, segment, c) to an estimate of the same shape.
        mixture: float32 (t, c).
        segment: frames of a block.

    Returns:
        The estimate, (t, c).
    """
    hop = hop_of(segment)
    margin, channels = segment - hop, mixture.shape[1]
    rise = tf.constant(crossfade_window(segment)[:margin])  # the whole would be megabytes
    window = tf.concat([rise, tf.ones(hop - margin), rise[::-1]], axis=0)[:, None]
    weight = tf.concat([window[:margin] + window[hop:], window[margin:hop]], axis=0)
    time = tf.shape(mixture)[0]
    count = (time + margin + hop - 1) // hop
    padded = tf.pad(mixture, [[margin, count * hop + segment - time], [0, 0]])

    def add(
        block: tf.Tensor, end: tf.Tensor, pieces: tf.TensorArray
    ) -> tuple[tf.Tensor, tf.Tensor, tf.TensorArray]:
        start = block * hop
        estimate = predict(padded[None, start : start + segment])[0] * window
        piece = tf.concat([estimate[:margin] + end, estimate[margin:hop]], axis=0) / weight
        return block + 1, estimate[hop:], pieces.write(block, piece)

    pieces = tf.TensorArray(tf.float32, count, element_shape=(hop, channels))
    start = tf.constant(0), tf.zeros((margin, channels)), pieces
    shapes = tf.TensorShape(()), tf.TensorShape((margin, channels)), tf.TensorShape(None)
    *_, pieces = tf.while_loop(
        lambda block, *_: block < count, add, start, shapes, parallel_iterations=1
    )
    return tf.ensure_shape(pieces.concat()[margin : margin + time], mixture.shape)
