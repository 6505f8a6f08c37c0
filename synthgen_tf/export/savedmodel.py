"""A trained run as a SavedModel: `serving_default`, `separate` and `info`.

Shape legend: b batch, t samples, c channels.
"""

from pathlib import Path

import keras
import tensorflow as tf

from synthgen_tf.config import Config
from synthgen_tf.separate import crossfade_window, hop_of


def write_savedmodel(model: keras.Model, config: Config, version: int, folder: Path) -> None:
    """Write a SavedModel folder that TensorFlow Serving and `tf.saved_model.load` take as it is.

    Signatures:
        serving_default: `mixture` (b, t, c) -> the target stem, same shape.
        separate: `mixture` (t, c), a whole song -> the target stem and `rest`, same shape. Blocks
            overlap and add in the graph one after the other: memory is a few copies of the song.
        info: nothing -> sample_rate, channels, segment, hop, stems, version.
    """
    stem, channels, segment = config.data.target, config.model.channels, config.block
    hop = hop_of(segment)
    song = tf.TensorSpec((None, channels), tf.float32, name="mixture")
    batch = tf.TensorSpec((None, None, channels), tf.float32, name="mixture")

    @tf.function(input_signature=[batch])
    def predict(mixture):
        return {stem: model(mixture, training=False)}

    @tf.function(input_signature=[song])
    def separate(mixture):
        estimate = overlap_add(lambda block: model(block, training=False), mixture, segment)
        return {stem: estimate, "rest": mixture - estimate}

    @tf.function(input_signature=[])
    def info():
        return {
            "sample_rate": tf.constant(config.model.sample_rate),
            "channels": tf.constant(channels),
            "segment": tf.constant(segment),
            "hop": tf.constant(hop),
            "stems": tf.constant([stem, "rest"]),
            "version": tf.constant(version),
        }

    module = tf.Module()  # keras.export.ExportArchive would store every weight twice
    module.weights = [variable.value for variable in model.variables]
    signatures = {"serving_default": predict, "separate": separate, "info": info}
    tf.saved_model.save(module, str(folder), signatures)


def overlap_add(predict, mixture, segment: int):
    """Predict a whole song (t, c) in crossfaded blocks inside a graph, one after the other."""
    hop = hop_of(segment)
    rise = tf.constant(crossfade_window(segment)[: segment - hop])  # the whole would be megabytes
    level = tf.ones(segment - 2 * (segment - hop))
    window = tf.concat([rise, level, rise[::-1]], axis=0)[:, None]
    time = tf.shape(mixture)[0]
    margin = segment - hop
    blocks = (time + margin + hop - 1) // hop
    padded = tf.pad(mixture, [[margin, blocks * hop + segment - time], [0, 0]])

    def weighted(block):
        start = block * hop
        estimate = predict(padded[None, start : start + segment])[0]
        return tf.transpose(estimate * window)

    blocks = tf.map_fn(
        weighted, tf.range(blocks), fn_output_signature=tf.float32, parallel_iterations=1
    )
    blocks = tf.transpose(blocks, (1, 0, 2))  # channels, blocks, segment
    estimate = tf.signal.overlap_and_add(blocks, hop)
    weights = tf.ones_like(blocks[:1]) * window[:, 0]
    total = tf.signal.overlap_and_add(weights, hop)
    estimate = tf.transpose(tf.math.divide_no_nan(estimate, total))
    return tf.ensure_shape(estimate[margin : margin + time], mixture.shape)
