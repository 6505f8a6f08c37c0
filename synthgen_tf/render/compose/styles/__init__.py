"""Holds the styles, as data: tempo, form, drum patterns, who plays and how likely.

Files:

    style           what a style is, and patterns that several share
    electronic      what machines play, house to trap
    bands           what bands play, rock to reggae
    scored          what an orchestra plays
"""

from synthgen_tf.render.compose.styles.bands import BANDS
from synthgen_tf.render.compose.styles.electronic import ELECTRONIC
from synthgen_tf.render.compose.styles.scored import SCORED
from synthgen_tf.render.compose.styles.style import SHARED_INSTRUMENTS, Style

FAMILIES = {"electronic": ELECTRONIC, "bands": BANDS, "scored": SCORED}
STYLES = BANDS | ELECTRONIC | SCORED

__all__ = ["FAMILIES", "SHARED_INSTRUMENTS", "STYLES", "Style"]
