"""Models that leave Python: SavedModel for serving, TFLite for everything small."""

from synthgen_tf.export.export import export_run
from synthgen_tf.export.tflite import VARIANTS

__all__ = ["VARIANTS", "export_run"]
