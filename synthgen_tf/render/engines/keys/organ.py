"""Plays the electric organ: tone wheels or transistors, drawbars, a rotating loudspeaker."""

import numpy as np
from scipy import signal

from synthgen_tf.render.engines.base import draw, stereo
from synthgen_tf.render.engines.body import levelled, playing_level
from synthgen_tf.render.engines.keys.piano import Ringing
from synthgen_tf.render.engines.plucked.amp import HALF_BAND
from synthgen_tf.render.signals.dsp import (
    CONTROL,
    NYQUIST_HZ,
    SAMPLE_RATE,
    control_axis,
    convolve,
    from_control,
    highpass,
    lowpass,
    minimum_phase,
    moving_delay,
    time_axis,
    to_frames,
    to_hz,
)

# Names of settings that players use, as the nine drawbars; "any" draws them.
REGISTRATIONS = (
    "888000000", "888800000", "888000008", "808000000", "688600000", "800000888", "888888888",
    "868600000", "805300000", "888400000", "606808006", "838000000", "848848448", "008080800",
    "any", "any", "any", "any",
)  # fmt: skip
FOLDING_HZ = 6000.0
"""The highest tone wheel; what would lie above it sounds an octave lower."""


class Organ(Ringing):
    """An electric organ: drawbars, key click and percussion, with a rotating loudspeaker or none.

    Args:
        rng: source of the instrument's parameters and noise.
        kind: `tone wheel`, or `transistor` for the reedy combo organs.
    """

    takes = 1
    layers = 1
    release_seconds = 0.012
    FOOTAGES = (0.5, 1.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
    """Frequencies of the nine drawbars relative to the key's."""

    def __init__(self, rng: np.random.Generator, kind: str = "tone wheel"):
        super().__init__(rng)
        wheels = kind == "tone wheel"
        setting = str(rng.choice(REGISTRATIONS))
        bars = [int(bar) for bar in (rng.integers(0, 9, 9) if setting == "any" else setting)]
        bars[0] = max(bars[0], 4)
        if not wheels:  # their tabs are octaves and a fifth
            bars = [bar if index in (0, 2, 3, 5) else 0 for index, bar in enumerate(bars)]
            bars[2] = max(bars[2], 6)
        turning = wheels or rng.random() < 0.2
        self.parameters = {
            "kind": kind,
            "drawbars": bars,
            "percussion": float(rng.choice([0.0, 0.0, 2.0, 3.0])) if wheels else 0.0,
            "percussion_seconds": float(rng.uniform(0.25, 1.0)),
            "scanner": str(rng.choice(["off", "chorus", "vibrato"], p=[0.5, 0.35, 0.15])),
            "rotor": str(rng.choice(["slow", "fast", "turns"])) if turning else "off",
        } | draw(
            rng,
            click=(0.0, 0.012),
            drive=(0.2, 6.0) if rng.random() < 0.4 else (0.1, 0.8),
            leak=(0.0, 0.02),
            horn_depth=(0.25, 0.75),
            slow_hz=(0.5, 0.95),
            fast_hz=(5.6, 7.2),
            edge_hz=(3500, 7500),
            reediness=(0.2, 1.0),
        )

    def loudness(self, velocity: float, force: float) -> float:
        """Return 1 for every velocity: an organ's keys only open and close."""
        return 1.0

    def ring(self, pitch: int, force: float, frames: int) -> np.ndarray:
        """Return the sound of a key held down, (frames,) float32, before the loudspeaker."""
        values, rng = self.parameters, self.rng
        hz = float(to_hz(pitch))
        time = time_axis(frames)
        sound = np.zeros(frames, np.float32)
        for footage, bar in zip(self.FOOTAGES, values["drawbars"], strict=True):
            # Every step of a drawbar is 3 dB; wheels of other keys leak through a closed one.
            level = 10 ** ((bar - 8) * 3 / 20) if bar else values["leak"]
            partial = hz * footage
            while partial > FOLDING_HZ:
                partial /= 2
            # Nine contacts close one after the other: that is the click.
            late = to_frames(rng.uniform(0.0, values["click"]))
            tone = self._tone(partial * 2.0 ** (rng.normal(0, 0.5) / 1200), time[: frames - late])
            sound[late:] += np.float32(level) * tone
        if values["percussion"]:
            fall = np.exp(-time / np.float32(0.3 * values["percussion_seconds"]))
            sound += np.sin(2 * np.pi * hz * values["percussion"] * time) * fall
        # A contact is no switch of zero time, but nearly.
        rise = min(frames, to_frames(0.0012))
        sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        return sound * np.float32(0.5)

    def _tone(self, hz: float, time: np.ndarray) -> np.ndarray:
        """Return a tone wheel's near sine, or a transistor divider's filtered square."""
        turns = 2 * np.pi * (hz * time + self.rng.random())
        if self.parameters["kind"] == "tone wheel":
            return np.sin(turns, dtype=np.float32)
        sound = np.zeros(len(time), np.float32)
        for number in (1, 2, 3, 5, 7, 9, 11, 13):
            if number * hz < 0.9 * NYQUIST_HZ:
                level = self.parameters["reediness"] ** (number > 1) / number
                sound += np.float32(level) * np.sin(number * turns, dtype=np.float32)
        return sound

    def finish(self, sound: np.ndarray) -> np.ndarray:
        """Send all keys through scanner, tube preamplifier and loudspeaker."""
        values = self.parameters
        mono = np.ascontiguousarray(sound[:, 0])
        time = control_axis(len(mono))
        if values["scanner"] != "off":
            swing = np.sin(2 * np.pi * 6.9 * time)
            moved = moving_delay(mono, 0.0006 + 0.0004 * swing)
            mono = moved if values["scanner"] == "vibrato" else 0.5 * (mono + moved)
        drive = values["drive"]
        mono *= np.float32(drive / (2 * playing_level(mono)))
        if drive > 0.9:
            wide = np.tanh(signal.resample_poly(mono, 2, 1, window=HALF_BAND) + np.float32(0.1))
            mono = signal.resample_poly(wide, 1, 2, window=HALF_BAND)
        edge = values["edge_hz"]
        speaker = [(20, -24), (70, -2), (150, 1), (900, 0), (2200, 3), (edge, -3)]
        mono = convolve(mono, minimum_phase([*speaker, (2 * edge, -26), (22050, -60)], 512))
        mono = highpass(mono, 35.0, 1)
        if values["rotor"] == "off":
            return levelled(stereo(mono, mono))
        return levelled(self._rotate(mono, time))

    def _rotate(self, mono: np.ndarray, time: np.ndarray) -> np.ndarray:
        """Turn horn and drum in front of two microphones: doppler, and loud and soft."""
        values = self.parameters
        low = lowpass(mono, 800.0)
        high = mono - low
        target = self._speeds(time)
        # The horn is light, the drum heavy: each needs its own time to change speed.
        seconds_each = CONTROL / SAMPLE_RATE
        sides = []
        turns = []
        for inertia in (0.35, 1.6):
            pole = np.exp(-seconds_each / inertia)
            speed, _ = signal.lfilter([1 - pole], [1, -pole], target, zi=[pole * target[0]])
            turns.append(2 * np.pi * np.cumsum(speed) * seconds_each)
        for shift in (0.0, 1.9):
            horn = np.cos(turns[0] + shift)
            drum = np.cos(0.93 * turns[1] + shift)
            moved = moving_delay(high, 0.0007 + 0.0005 * np.sin(turns[0] + shift))
            depth = values["horn_depth"]
            moved *= from_control(1 - depth * (0.5 - 0.5 * horn) ** 1.5, len(mono))
            sides.append(
                moved + low * from_control(1 - 0.5 * depth * (0.5 - 0.5 * drum), len(mono))
            )
        return stereo(*sides)

    def _speeds(self, time: np.ndarray) -> np.ndarray:
        """Return the turns a second that the switch asks for, over a control curve's times."""
        values = self.parameters
        slow, fast = values["slow_hz"], values["fast_hz"]
        if values["rotor"] != "turns":
            return np.full(len(time), slow if values["rotor"] == "slow" else fast)
        target, now, at = np.zeros(len(time)), float(self.rng.choice([slow, fast])), 0.0
        while at < time[-1] + 1e-6:
            target[time >= at] = now
            now = fast if now == slow else slow
            at += float(self.rng.uniform(2.0, 9.0))
        return target
