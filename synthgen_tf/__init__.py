"""SynthGen takes the synthesizer out of a music track; synth + rest is the track, exactly.

The flow, each room fed by the ones above it:

    config     preset, YAML, key=value           -> Config, frozen
    audio      file                              -> float32 (time, channels), in blocks, and back
    tracks     data set root                     -> Tracks with stems, split, genre
    render     seed                              -> songs with a true synth stem, as such a data set
    data       Tracks, Config                    -> mixture and target (batch, time, channels)
    model      mixture (batch, time, channels)   -> estimate (batch, time, channels)
    metrics    target, estimate                  -> (batch,), NMSE, SNR, SI-SDR, level error, dB
    losses     target, estimate                  -> (batch,), to train on
    runs       run directory                     -> Config, history, licences, best model
    train      Config, data set root             -> run directory with the best model
    resident   songs in memory, or rendered now  -> the same, on any backend of Keras
    separate   file or (time, channels)          -> stem and rest, same shape, any predictor
    evaluate   separator, Tracks                 -> scores.json
    export     run directory                     -> SavedModel, TFLite, card.json
    report     scores, history, signals          -> report.html, MODEL_CARD.md
    serve      HTTP request                      -> stems, jobs, predictions, a page
    scale      folder or bucket of songs         -> stems of all, on a Ray cluster
    cli        command line                      -> one call into a room
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from synthgen_tf.separate import Separator

__version__ = "0.1.0"


def load(
    model: "str | Path | None" = None, engine: str | None = None, **settings: Any
) -> "Separator":
    """Load a model as a `synthgen_tf.separate.Separator`.

    Args:
        model: run directory, exported model's folder or shipped model's name; None: the default.
        engine: `keras`, `savedmodel` or `tflite`; told from the model, `tflite` for shipped ones.
        settings: of the Separator: `overlap`, `shifts`, `segment_seconds`, `batch_size`,
            `level`.

    Example:
        `synth = synthgen_tf.load().separate(mixture, 44_100)["synth"]`

    Raises:
        synthgen_tf.errors.InputError: for a model or engine that is not there.
    """
    from synthgen_tf.separate import Separator
    from synthgen_tf.separate.predictors import load_predictor, quick_engine

    return Separator(load_predictor(model, engine or quick_engine(model)), **settings)
