"""Plays singers with words: alone, doubled, in a choir, or speaking in time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from synthgen_tf.render.compose.score import Note
from synthgen_tf.render.engines.base import Engine, add_at, draw
from synthgen_tf.render.engines.body import levelled, on_both, playing_level, squeezed
from synthgen_tf.render.engines.plucked.strings import in_chords
from synthgen_tf.render.engines.voice.throat import sample_singer, throat
from synthgen_tf.render.engines.voice.tract import articulate, hissed, through_mouth, upper_response
from synthgen_tf.render.engines.voice.words import REFRAINS, Syllable, draw_lyrics
from synthgen_tf.render.engines.winds.line import lanes
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    control_axis,
    convolve,
    highpass,
    minimum_phase,
    noise,
    to_frames,
)

LEAD_SECONDS = 0.5
"""Time before the first note of a phrase in which breath is taken and consonants begin."""

PAUSE_SECONDS = 0.25
LONGEST_BREATH_SECONDS = 7.0
TAIL_SECONDS = 0.3


class Voice(Engine):
    """A singer, or several.

    Args:
        rng: source of the voices and of what they sing.
        style: `lead`: one singer, now and then doubled; `choir`: several to every line, left
            and right; `spoken`: rhythm without a tune.
    """

    def __init__(self, rng: np.random.Generator, style: str = "lead"):
        super().__init__(rng)
        self.style = style
        choir = style == "choir"
        refrain = None
        if style != "spoken" and rng.random() < (0.6 if choir else 0.15):
            refrain = str(rng.choice(list(REFRAINS)))
        self.parameters = {"style": style, "refrain": refrain} | draw(
            rng,
            melisma=(0.0, 0.3),
            inhale=(0.0, 0.25),
            apart_seconds=(0.004, 0.02),
            low_cut_hz=(70, 180),
            presence_db=(-1, 9),
            squeeze=(0.1, 0.8),
            spread=(0.4, 1.0),
        )
        takes = int(rng.choice([1, 2, 3], p=[0.62, 0.25, 0.13])) if style == "lead" else 1
        self.parameters["takes"] = takes
        self.parameters["per_line"] = int(rng.integers(2, 5)) if choir else 1
        self._lyrics = draw_lyrics(rng, refrain)
        self._air = np.zeros(0, np.float32)

    def play(self, notes: Sequence[Note], frames: int) -> np.ndarray:
        """Sing a part phrase by phrase, (frames, 2), channels contiguous."""
        values, rng = self.parameters, self.rng
        self._air = noise(rng, 2 * SAMPLE_RATE)
        middle = float(np.mean([note.pitch for note in notes]))
        spoken = self.style == "spoken"
        if spoken:
            notes = in_rhythm_of_speech(rng, notes)
        several = max(len(lanes(notes)), 1) if self.style == "choir" else 1
        count = max(1, min(values["per_line"], 8 // several)) * several
        singers = [sample_singer(rng, middle, self.style) for _ in range(count)]
        values["singers"] = singers
        sides = np.zeros((2, frames), np.float32)
        for number, phrase in enumerate(self._phrases(notes)):
            line = self._lyrics[number % len(self._lyrics)]
            for voice, place in self._voices(phrase, singers):
                sound, start = self._phrase(phrase, voice, line)
                for side, sign in ((0, -1), (1, 1)):
                    gain = np.float32(np.sqrt(max(0.0, 1 + sign * place)))
                    add_at(sides[side], gain * sound, start)
        return sides.T

    def _phrases(self, notes: Sequence[Note]) -> list[list[Note]]:
        """Cut a line where a singer breathes; one who must sing on for long does too."""
        result: list[list[Note]] = []
        end = -np.inf
        for note in notes:
            start = note.start_seconds
            breathless = result and start - result[-1][0].start_seconds > LONGEST_BREATH_SECONDS
            if start > end + PAUSE_SECONDS or (breathless and start > end - 0.1):
                if breathless:
                    result[-1] = [_shortened(each, start - 0.25) for each in result[-1]]
                result.append([])
            result[-1].append(note)
            end = max(end, start + note.seconds)
        return result

    def _voices(self, phrase: list[Note], singers: list[dict]) -> list[tuple[list[dict], float]]:
        """Return who goes through one mouth filter, and where it stands."""
        spread = self.parameters["spread"]
        if self.style == "choir":
            return [(singers[::2] or singers, -spread), (singers[1::2] or singers, spread)]
        places = {1: (0.0,), 2: (0.0, 0.0), 3: (0.0, -spread, spread)}[self.parameters["takes"]]
        return [(singers, place) for place in places]

    def _phrase(
        self, phrase: list[Note], singers: list[dict], line: list[Syllable]
    ) -> tuple[np.ndarray, int]:
        """Sing a phrase by one group of singers; return it, and the frame where it begins."""
        rng = self.rng
        begin, late, starts, ends, words = self._timing(phrase, line)
        last = max(note.start_seconds + note.seconds for note in phrase)
        frames = to_frames(last - begin + TAIL_SECONDS)
        time = control_axis(frames)
        singer = singers[0]
        speech = articulate(
            rng, starts, np.maximum(ends, starts + 0.04), words, time, singer["hurry"]
        )
        breath = speech.breath + self._inhaled(time, starts[0])
        source = np.zeros(frames, np.float32)
        parts = lanes(phrase)
        for number, who in enumerate(singers):
            part = parts[number % len(parts)]
            own = np.array([note.start_seconds for note in part]) - begin + late
            source += throat(
                rng, who, part, own, time, frames,
                voicing=speech.voicing, breath=breath, air=None if number else self._air,
                spoken=self.style == "spoken",
            )  # fmt: skip
        formants = singer["size"] * speech.formants_hz
        # A high singer opens the mouth until its lowest resonance reaches the tone.
        lowest_hz = 440.0 * 2 ** ((min(note.pitch for note in phrase) - 69) / 12)
        formants[:, 0] = np.maximum(formants[:, 0], 1.05 * lowest_hz)
        formants[:, 1] = np.maximum(formants[:, 1], formants[:, 0] + 200.0)
        upper = upper_response(singer["size"], singer["ring"], singer["edge_hz"])
        sound = through_mouth(source, formants, singer["width"], upper)
        force = float(np.mean([note.velocity for note in phrase]))
        loud = playing_level(sound) * (0.15 + 0.3 * force) * singer["sibilance"]
        sound += np.float32(loud) * hissed(rng, speech.hisses, frames, singer["size"] ** 0.5)
        return sound, to_frames(begin)

    def _timing(
        self, phrase: list[Note], line: list[Syllable]
    ) -> tuple[float, float, np.ndarray, np.ndarray, list[Syllable | None]]:
        """Return when a phrase begins in the part and how late this take is, both in seconds; then,
        counted from there, when its syllables begin and end; and the syllables."""
        values, rng = self.parameters, self.rng
        begin = phrase[0].start_seconds - LEAD_SECONDS
        chords = in_chords(phrase, 0.06)
        late = rng.normal(0, values["apart_seconds"]) if values["takes"] > 1 else 0.0
        starts = np.array([chord[0].start_seconds for chord in chords]) - begin + late
        ends = starts + np.array([max(note.seconds for note in chord) for chord in chords])
        ends = np.minimum(ends, np.append(starts[1:], np.inf))
        return begin, late, starts, ends, self._words(starts, ends, line)

    def _inhaled(self, time: np.ndarray, start: float) -> np.ndarray:
        """Return the level of a breath before the phrase, (points,)."""
        length = self.rng.uniform(0.15, 0.35)
        share = np.clip((time - (start - 0.12 - length)) / length, 0, 1)
        return self.parameters["inhale"] * np.sin(np.pi * share) ** 2

    def _words(
        self, starts: np.ndarray, ends: np.ndarray, line: list[Syllable]
    ) -> list[Syllable | None]:
        """Return one syllable a note; where notes touch, some go on with the last one's vowel."""
        words: list[Syllable | None] = []
        place = 0
        for index in range(len(starts)):
            touches = index and starts[index] - ends[index - 1] < 0.06
            if touches and self.rng.random() < self.parameters["melisma"]:
                words.append(None)
            else:
                words.append(line[place % len(line)])
                place += 1
        return words

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Add microphone, compressor, and a lift of the highs."""
        values = self.parameters
        lift = values["presence_db"]
        low = values["low_cut_hz"]
        response = minimum_phase(
            [(20, -40), (0.5 * low, -14), (1.4 * low, 0), (1500, 0), (4000, lift), (22050, lift)],
            512,
        )
        sound = on_both(sound, lambda side: convolve(side, response))
        return levelled(highpass(squeezed(sound, values["squeeze"]), 60.0))


def _shortened(note: Note, end_seconds: float) -> Note:
    """Return a note that is over at `end_seconds`, if it can be."""
    return replace(note, seconds=max(0.1, min(note.seconds, end_seconds - note.start_seconds)))


def in_rhythm_of_speech(rng: np.random.Generator, notes: Sequence[Note]) -> list[Note]:
    """Turn a tune into rap: notes near one pitch, the long ones cut into syllables."""
    middle = float(np.median([note.pitch for note in notes]))
    # Speech lies about an octave below song.
    base = float(np.clip(middle - 12, 43, 58) + rng.normal(0, 2))
    length = float(rng.uniform(0.13, 0.22))
    spoken: list[Note] = []
    for chord in in_chords(notes):
        note = chord[-1]
        pitch = round(base + 0.3 * np.clip(note.pitch - middle, -9, 9))
        count = max(1, round(note.seconds / length))
        for index in range(count):
            step = note.seconds / count
            start = note.start_seconds + index * step
            lean = int(rng.integers(-1, 2)) + (2 if index == 0 else 0)
            spoken.append(
                replace(note, start_seconds=start, seconds=0.95 * step, pitch=pitch + lean)
            )
    return sorted(spoken, key=lambda note: note.start_seconds)
