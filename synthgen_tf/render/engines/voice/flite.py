"""Voices of flite, each a program of its own.

Reference: Black and Lenzo, Flite: a small fast run-time synthesis engine (2001).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from synthgen_tf.errors import InputError
from synthgen_tf.render.engines.voice.speech import Phone, SpeechVoice, output_of


@dataclass(frozen=True)
class FliteVoice(SpeechVoice):
    """A voice of flite; `file` is the program that speaks with it."""

    program = "flite"
    pause = "pau"
    phones: ClassVar = {
        "ee": "iy", "oo": "uw", "uh": "ah", "ah": "aa", "aw": "ao", "oh": "ow", "ou": "uh",
        "j": "jh", "h": "hh",
    }  # fmt: skip

    def say(self, phones: Sequence[Phone], file: Path) -> list[float]:
        """Have it say sounds, each as long as it likes, and return when each ends."""
        names = " ".join(phone.name for phone in phones)
        printed = output_of([str(self.file), "-psdur", "-p", names, "-o", str(file)])
        return [float(each.rpartition(":")[2]) for each in printed.split()]


def read_flite(program: Path, licence: str) -> FliteVoice:
    """Describe the voice of a program such as `/usr/bin/flite_cmu_us_slt`.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        digest = hashlib.sha256(program.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{program} cannot be read ({error.strerror}): install flite") from None
    return FliteVoice(program.name.rpartition("_")[2], program, digest, licence)
