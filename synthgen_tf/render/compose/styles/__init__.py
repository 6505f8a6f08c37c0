"""The styles, as data: tempo, form, drum patterns, who plays and how likely."""

from synthgen_tf.render.compose.styles.bands import BANDS
from synthgen_tf.render.compose.styles.electronic import ELECTRONIC
from synthgen_tf.render.compose.styles.scored import SCORED
from synthgen_tf.render.compose.styles.style import SHARED_INSTRUMENTS, Style

FAMILIES = {"electronic": ELECTRONIC, "bands": BANDS, "scored": SCORED}
STYLES = BANDS | ELECTRONIC | SCORED

__all__ = ["FAMILIES", "SHARED_INSTRUMENTS", "STYLES", "Style"]
