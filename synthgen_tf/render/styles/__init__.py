"""The styles, as data: tempo, form, drum patterns, who plays and how likely."""

from .bands import BANDS
from .electronic import ELECTRONIC
from .scored import SCORED
from .style import SHARED_INSTRUMENTS, Style

FAMILIES = {"electronic": ELECTRONIC, "bands": BANDS, "scored": SCORED}
STYLES = BANDS | ELECTRONIC | SCORED

__all__ = ["FAMILIES", "SHARED_INSTRUMENTS", "STYLES", "Style"]
