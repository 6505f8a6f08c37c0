"""Has syllables spoken by a voice of flite, which was made from recordings of a person.

Reference: Black and Lenzo, Flite: a small fast run-time synthesis engine (2001).
"""

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from synthgen_tf.errors import InputError
from synthgen_tf.render.engines.voice.words import Syllable

SECONDS = 60
"""That the program may take for a phrase; it takes a twentieth of one."""

PHONES = {
    "ee": "iy", "oo": "uw", "uh": "ah", "ah": "aa", "aw": "ao", "oh": "ow", "ou": "uh",
    "j": "jh", "h": "hh",
}  # fmt: skip
"""Sounds of `words` by flite's names, where those are others."""

PAUSE = "pau"


class SpeechError(Exception):
    """Raised when the program fails; the message is one line that tells why."""


@dataclass(frozen=True)
class SpeechVoice:
    """A voice that can be asked to speak.

    Attributes:
        name: by which flite knows it.
        program: that speaks with it.
        sha256: of the program.
        licence: of its sound.
    """

    name: str
    program: Path
    sha256: str
    licence: str


@dataclass(frozen=True)
class Spoken:
    """Syllables as they were spoken.

    Attributes:
        sound: (time,) float64.
        rate: Hz.
        vowels: when the vowel of each syllable begins and ends, seconds (syllables, 2).
        first, last: when the first sound begins and the last one ends, seconds.
    """

    sound: np.ndarray
    rate: int
    vowels: np.ndarray
    first: float
    last: float


def read_voice(program: Path, licence: str) -> SpeechVoice:
    """Describe the voice of a program such as `/usr/bin/flite_cmu_us_slt`.

    Raises:
        InputError: when it cannot be read.
    """
    try:
        digest = hashlib.sha256(program.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{program} cannot be read ({error.strerror}): install flite") from None
    return SpeechVoice(program.name.rpartition("_")[2], program, digest, licence)


def speak(voice: SpeechVoice, syllables: Sequence[Syllable]) -> Spoken:
    """Have a voice speak syllables in one breath.

    Raises:
        SpeechError: when the program is missing or fails.
    """
    phones, vowels = [PAUSE], []
    for syllable in syllables:
        phones += [_phone(each) for each in syllable.onset]
        vowels.append((len(phones), len(phones) + len(syllable.vowels) - 1))
        phones += [_phone(each) for each in (*syllable.vowels, *syllable.coda)]
    phones.append(PAUSE)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        command = [str(voice.program), "-psdur", "-p", " ".join(phones), "-o", str(file)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=SECONDS
            )
            sound, rate = soundfile.read(file)
        except (OSError, subprocess.SubprocessError, soundfile.LibsndfileError) as error:
            raise SpeechError(f"flite's voice {voice.name} fails: {error}") from None
    ends = [float(each.rpartition(":")[2]) for each in done.stdout.split()]
    if len(ends) != len(phones):
        raise SpeechError(f"flite's voice {voice.name} spoke {len(ends)} of {len(phones)} sounds")
    spans = [(ends[first - 1], ends[last]) for first, last in vowels]
    return Spoken(sound, rate, np.array(spans), ends[0], ends[-2])


def _phone(sound: str) -> str:
    return PHONES.get(sound, sound)
