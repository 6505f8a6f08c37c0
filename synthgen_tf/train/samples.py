"""What a model does to a few validation segments, to hear and see in TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf

from synthgen_tf.tracks import MIXTURE, REST


class Samples(keras.callbacks.Callback):
    """Writes audio and spectrograms of one validation batch to TensorBoard after each epoch.

    Args:
        logs: TensorBoard's folder.
        batch: (mixture, target), each (batch, time, channels).
        sample_rate: Hz.
        network: gives the estimates.
    """

    def __init__(self, logs: Path, batch, sample_rate: int, network: keras.Model):
        super().__init__()
        self.network = network
        self.writer = tf.summary.create_file_writer(str(logs / "samples"))
        self.mixture, self.target = batch
        self.sample_rate = sample_rate

    def on_epoch_end(self, epoch, logs=None):
        # not predict_on_batch: under MirroredStrategy it returns one replica's share
        estimate = self.network(self.mixture, training=False)
        rest = self.mixture - estimate
        signals = {
            MIXTURE: self.mixture,
            "target": self.target,
            "estimate": estimate,
            REST: rest,
        }
        with self.writer.as_default(step=epoch):
            for name, signal in signals.items():
                peak = tf.reduce_max(tf.abs(self.mixture), axis=(1, 2), keepdims=True)
                playable = tf.clip_by_value(signal / (peak + 1e-9), -1.0, 1.0)
                tf.summary.audio(f"sound/{name}", playable, self.sample_rate, max_outputs=2)
                tf.summary.image(f"spectrogram/{name}", _spectrogram(playable), max_outputs=2)


def _spectrogram(signal) -> tf.Tensor:
    """Grey picture of a signal, 80 dB deep, high frequencies on top: (batch, height, width, 1)."""
    spectrum = tf.abs(tf.signal.stft(tf.reduce_mean(signal, axis=2), 2048, 1024))
    decibels = 20.0 * tf.experimental.numpy.log10(spectrum / 512.0 + 1e-5)
    picture = tf.clip_by_value(decibels / 80.0 + 1.0, 0.0, 1.0)
    return tf.reverse(tf.transpose(picture, (0, 2, 1)), axis=[1])[..., None]
