"""What a network makes of a few validation segments, to hear and see in TensorBoard."""

from pathlib import Path

import keras
import tensorflow as tf

from synthgen_tf.tracks import MIXTURE, REST


class Samples(keras.callbacks.Callback):
    """A callback that shows in TensorBoard, after each epoch, what became of one validation batch.

    It writes sounds and spectrograms of mixture, target, estimate and rest.

    Args:
        logs: TensorBoard's folder.
        batch: (mixture, target), each (batch, time, channels).
        sample_rate: Hz.
        network: makes the estimates.
    """

    def __init__(
        self,
        logs: Path,
        batch: tuple[tf.Tensor, tf.Tensor],
        sample_rate: int,
        network: keras.Model,
    ) -> None:
        super().__init__()
        self.network = network
        self.writer = tf.summary.create_file_writer(str(logs / "samples"))
        self.mixture, self.target = batch
        self.sample_rate = sample_rate

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
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


def _spectrogram(signal: tf.Tensor) -> tf.Tensor:
    """Draw a grey picture of each signal, 80 dB deep, high frequencies on top.

    From (batch, time, channels) to (batch, height, width, 1), 0 to 1.
    """
    spectrum = tf.abs(tf.signal.stft(tf.reduce_mean(signal, axis=2), 2048, 1024))
    decibels = 20.0 * tf.experimental.numpy.log10(spectrum / 512.0 + 1e-5)
    picture = tf.clip_by_value(decibels / 80.0 + 1.0, 0.0, 1.0)
    return tf.reverse(tf.transpose(picture, (0, 2, 1)), axis=[1])[..., None]
