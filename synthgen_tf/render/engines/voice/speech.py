"""Has syllables spoken by a voice that was made from recordings of a person."""

import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile

from synthgen_tf.render.engines.voice.words import CONSONANTS, Syllable

SECONDS = 60
"""That a program may take for a phrase; it takes a twentieth of one."""

FAILURES = (OSError, ValueError, subprocess.SubprocessError, soundfile.LibsndfileError)

VOWEL_SECONDS, PAUSE_SECONDS = 0.25, 0.1


class SpeechError(Exception):
    """Raised when the program fails; the message is one line that tells why."""


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


@dataclass(frozen=True)
class Phone:
    """A sound by the name that a program has for it, and how long it takes in speech."""

    name: str
    seconds: float


@dataclass(frozen=True)
class SpeechVoice(ABC):
    """A voice that can be asked to speak.

    Attributes:
        name: by which its program knows it.
        file: that holds it.
        sha256: of what holds it.
        licence: of its sound.
    """

    program: ClassVar[str]

    name: str
    file: Path
    sha256: str
    licence: str

    @property
    @abstractmethod
    def phones(self) -> Mapping[str, str]:
        """Return its names for sounds of `words`, or pairs of them, where those are others: none,
        one or several."""

    @property
    @abstractmethod
    def pause(self) -> str:
        """Return its name for silence."""

    @abstractmethod
    def say(self, phones: Sequence[Phone], file: Path) -> list[float]:
        """Have it say sounds into a WAV file, and return when each ends, in seconds."""

    def speak(self, syllables: Sequence[Syllable]) -> Spoken:
        """Have it speak syllables in one breath.

        Raises:
            SpeechError: when the program is missing or fails.
        """
        silence = Phone(self.pause, PAUSE_SECONDS)
        phones, vowels = [silence], []
        for syllable in syllables:
            phones += self._phones(syllable.onset)
            begin = len(phones)
            phones += self._phones(syllable.vowels)
            vowels.append((begin, len(phones) - 1))
            phones += self._phones(syllable.coda)
        phones.append(silence)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "speech.wav"
            try:
                ends = self.say(phones, file)
                sound, rate = soundfile.read(file)
            except FAILURES as error:
                raise SpeechError(f"{self.program}'s voice {self.name} fails: {error}") from None
        if len(ends) != len(phones):
            told = f"spoke {len(ends)} of {len(phones)} sounds"
            raise SpeechError(f"{self.program}'s voice {self.name} {told}")
        spans = [(ends[first - 1], ends[last]) for first, last in vowels]
        return Spoken(sound, rate, np.array(spans), ends[0], ends[-2])

    def _phones(self, sounds: Sequence[str]) -> list[Phone]:
        if (pair := " ".join(sounds)) in self.phones:
            sounds = (pair,)
        found = []
        for sound in sounds:
            names = self.phones.get(sound, sound).split()
            known = CONSONANTS.get(sound)
            seconds = known.seconds if known else VOWEL_SECONDS / len(sounds)
            found += [Phone(name, seconds / len(names)) for name in names]
        return found


def output_of(command: Sequence[str]) -> str:
    """Run a program that speaks and return what it prints.

    Raises:
        OSError: when it is missing.
        subprocess.SubprocessError: when it fails or takes too long.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    return done.stdout
