"""Plays singers whose voice was a person's: it speaks the words, WORLD sings them to the tune.

Reference: Morise et al., WORLD: a vocoder-based high-quality speech synthesis system for real-time
applications (2016).

Shape legend: t frames of the vocoder, k bins of its envelope.
"""

import importlib.util
import sys

import numpy as np
import soxr
from scipy import signal

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import draw
from synthgen_tf.render.engines.voice.singers import TAIL_SECONDS, Voice
from synthgen_tf.render.engines.voice.speech import SpeechError, SpeechVoice, Spoken
from synthgen_tf.render.engines.voice.throat import sung_level, sung_pitch
from synthgen_tf.render.engines.voice.words import Syllable
from synthgen_tf.render.engines.winds.line import lanes
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    control_axis,
    from_control,
    to_frames,
    to_hz,
)

STEP_SECONDS = 0.005
"""From frame to frame of the vocoder."""

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
"""Pitches that speech is searched for."""

HIGHEST_SPOKEN_HZ = 7600.0
"""Voices at 16 kHz have nothing above 8 kHz; what is there is mirrored from below."""

LACKING_RATE = 16_000
"""Up to this many Hz, speech lacks highs."""

MOST_RATE = 24_000
"""Speech of more Hz is brought down to this: the vocoder would take twice as long for it."""

MOST_WARP = 1.25
VOWEL_SHARE = 0.4
"""Of the time from vowel to vowel that a vowel keeps at least, however long the consonants."""


class RecordedVoice(Voice):
    """A singer with the voice of a person, or several.

    Args:
        rng: source of what is sung, and how.
        voice: whose sound it is.
        style: as of `Voice`.
    """

    def __init__(self, rng: np.random.Generator, voice: SpeechVoice, style: str = "lead"):
        super().__init__(rng, style)
        self._voice = voice
        self.parameters |= {
            "voice": voice.name,
            "voice_sha256": voice.sha256,
            "voice_licence": voice.licence,
        } | draw(rng, warp=(-0.12, 0.12), air=(0.0, 0.35), highs=(0.2, 1.0))

    def _phrase(
        self, phrase: list[Note], singers: list[dict], line: list[Syllable]
    ) -> tuple[np.ndarray, int]:
        rng = self.rng
        begin, late, starts, ends, words = self._timing(phrase, line)
        syllables = [each for each in words if each is not None]
        sung = [index for index, each in enumerate(words) if each is not None]
        try:
            spoken = self._voice.speak(syllables)
        except SpeechError as error:
            print(f"synthgen: {error}: another singer takes the phrase", file=sys.stderr)
            return super()._phrase(phrase, singers, line)
        last = max(note.start_seconds + note.seconds for note in phrase)
        frames = to_frames(last - begin + TAIL_SECONDS)
        time = control_axis(frames)
        voice = Vocoder(spoken)
        places = places_in(spoken, starts[sung], np.append(starts[sung[1:]], ends[-1]), frames)
        sound = np.zeros(frames, np.float32)
        parts = lanes(phrase)
        for number, who in enumerate(singers):
            part = parts[number % len(parts)]
            own = np.array([note.start_seconds for note in part]) - begin + late
            semitones, _ = sung_pitch(rng, who, part, own, time, self.style == "spoken")
            level = from_control(sung_level(part, own, time), frames)
            warp = float(np.clip(1 + self.parameters["warp"] + rng.normal(0, 0.02),
                                 1 / MOST_WARP, MOST_WARP))  # fmt: skip
            voiced = voice.sing(to_hz(semitones), time, places, warp, self.parameters["air"])
            sound += level * brightened(voiced, voice.rate, frames, self.parameters["highs"])
        return sound, to_frames(begin)


class Vocoder:
    """Speech taken apart into pitch, envelope and noise, to be put together anew.

    Args:
        spoken: the speech.

    Attributes:
        rate: Hz, of the speech, or what it was brought down to.
    """

    def __init__(self, spoken: Spoken):
        import pyworld

        sound, self.rate = spoken.sound, min(spoken.rate, MOST_RATE)
        if spoken.rate > MOST_RATE:
            sound = soxr.resample(sound, spoken.rate, MOST_RATE)
        rough, at = pyworld.dio(
            sound, self.rate, LOWEST_HZ, HIGHEST_HZ, frame_period=1000 * STEP_SECONDS
        )
        pitch = pyworld.stonemask(sound, rough, at, self.rate)
        self.voiced = pitch > 0
        self.envelope = pyworld.cheaptrick(sound, pitch, at, self.rate)
        self.noise = pyworld.d4c(sound, pitch, at, self.rate)

    def sing(
        self, hz: np.ndarray, time: np.ndarray, places: np.ndarray, warp: float, air: float
    ) -> np.ndarray:
        """Put it together at another pitch and in another time.

        Args:
            hz: pitch at each `time`.
            time: seconds.
            places: which second of the speech sounds at each step of the result, (t,).
            warp: factor of all formants.
            air: share of noise that is added to what has pitch, 0 to 1.

        Returns:
            (time,) float64 at `rate`.
        """
        import pyworld

        index = np.clip(np.rint(places / STEP_SECONDS).astype(int), 0, len(self.voiced) - 1)
        pitch = np.interp(np.arange(len(places)) * STEP_SECONDS, time, hz)
        envelope, noise = self.envelope[index], self.noise[index]
        bins = np.minimum(np.arange(envelope.shape[1]) / warp, envelope.shape[1] - 1)
        below = bins.astype(int)
        above = np.minimum(below + 1, envelope.shape[1] - 1)
        envelope = envelope[:, below] + (bins - below) * (envelope[:, above] - envelope[:, below])
        noise = np.clip(noise + air * (1 - noise) * np.linspace(0, 1, noise.shape[1]), 0, 1)
        pitch = np.where(self.voiced[index], pitch, 0.0)
        envelope, noise = np.ascontiguousarray(envelope), np.ascontiguousarray(noise)
        return pyworld.synthesize(pitch, envelope, noise, self.rate, 1000 * STEP_SECONDS)


def places_in(spoken: Spoken, starts: np.ndarray, ends: np.ndarray, frames: int) -> np.ndarray:
    """Lay speech out over a tune: vowels begin with their notes and fill them.

    Consonants keep their length, as far as they leave `VOWEL_SHARE` to the vowel before them.

    Args:
        spoken: a syllable for each note.
        starts: of the notes, seconds, ascending.
        ends: of the notes, seconds.
        frames: length of the phrase.

    Returns:
        Seconds within the speech, (t,).
    """
    begins, vowels_end = spoken.vowels.T
    consonants = np.append(begins[1:], spoken.last) - vowels_end
    held = np.maximum(ends - consonants, starts + VOWEL_SHARE * (ends - starts))
    here = [starts[0] - (begins[0] - spoken.first)]
    there = [spoken.first]
    for start, hold, begin, end in zip(starts, held, begins, vowels_end, strict=True):
        here += [start, hold]
        there += [begin, end]
    here.append(here[-1] + consonants[-1])
    there.append(spoken.last)
    # a step after the last sound, and one before the first, lie in the pauses
    here = [here[0] - STEP_SECONDS, *here, here[-1] + STEP_SECONDS]
    there = [0.0, *there, len(spoken.sound) / spoken.rate]
    steps = np.arange(-(-frames // to_frames(STEP_SECONDS))) * STEP_SECONDS
    return np.interp(steps, np.maximum.accumulate(here), there)


def brightened(voiced: np.ndarray, rate: int, frames: int, amount: float) -> np.ndarray:
    """Bring speech to our rate, and give it the highs that it may lack: float32 (frames,).

    Its upper octave, moved up once and twice, stands for them; sibilants are what it holds.
    """
    sound = soxr.resample(voiced, rate, SAMPLE_RATE)
    sound = np.pad(sound, (0, max(0, frames - len(sound))))[:frames]
    if rate > LACKING_RATE:
        return sound.astype(np.float32)
    half = HIGHEST_SPOKEN_HZ / 2
    band = signal.butter(4, [half, HIGHEST_SPOKEN_HZ], "band", fs=SAMPLE_RATE, output="sos")
    upper = signal.hilbert(signal.sosfilt(band, sound))
    turn = np.exp(2j * np.pi * half * np.arange(frames) / SAMPLE_RATE)
    highs = np.real(0.5 * upper * turn + 0.25 * upper * turn**2)
    return (sound + amount * highs).astype(np.float32)


def has_pyworld() -> bool:
    """Tell whether the vocoder is installed."""
    return importlib.util.find_spec("pyworld") is not None
