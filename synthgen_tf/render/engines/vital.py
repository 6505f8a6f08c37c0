"""Vital, a well-known wavetable synth, as a second target: the optional extra `vita`.

`vita` is under the GPL and no dependency of ours: it is imported when it is asked for.
"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import fft

from synthgen_tf.errors import InputError, install
from synthgen_tf.render.engines.base import Engine, Stroke, draw_log
from synthgen_tf.render.engines.synth.characters import ROLES
from synthgen_tf.render.signals.dsp import SAMPLE_RATE, fade_out
from synthgen_tf.render.signals.waves import WAVES, spectra
from synthgen_tf.tracks import USUAL_SPLITS as SPLITS

TABLE_LENGTH = 2048
TABLE_HARMONICS = 500
TABLE_FRAMES = 5

# All draw from Vital's own generator, which is one for the whole process: a patch with them would
# depend on what was played before.
_UNREPEATABLE_MORPHS = (6,)  # random amplitudes


def load_vita():
    """The module `vita`.

    Raises:
        InputError: it is not installed.
    """
    try:
        import vita
    except ImportError:
        raise InputError(
            "Vital is not installed; expected the package vita (GPL-3), which plays it: "
            f"{install('vita')}, or leave out --vital"
        ) from None
    return vita


def sample_vital_patch(rng: np.random.Generator, role: str, split: str) -> dict:
    """Draw a patch.

    Args:
        rng: source of all choices.
        role: one of `synth.patch.SYNTH_ROLES`.
        split: one of `SPLITS`; decides which wavetables can be drawn.

    Returns:
        Ready for JSON: `timbre` and `waves` of the wavetables, `controls` by Vital's names, and
        `modulations` as (source, destination, amount).
    """
    timbre = int(rng.integers(2**40)) * len(SPLITS) + SPLITS.index(split)
    count = int(rng.choice([1, 2, 2, 3]))
    waves = [str(rng.choice(WAVES)) for _ in range(count)]
    controls: dict[str, float] = {}
    modulations: list[tuple[str, str, float]] = []
    for number in range(1, 4):
        name = f"osc_{number}"
        controls |= {f"{name}_on": float(number <= count), f"{name}_random_phase": 0.0}
        if number <= count:
            controls |= _sample_oscillator(rng, name, role, first=number == 1)
            if rng.random() < 0.6:
                source = str(rng.choice(["env_2", "lfo_1"]))
                modulations.append((source, f"{name}_wave_frame", float(rng.uniform(0.1, 1.0))))
    controls |= _sample_filter(rng, role)
    modulations.append(("env_2", "filter_1_cutoff", float(rng.uniform(0.0, 0.6))))
    if rng.random() < 0.35:
        modulations.append(("lfo_1", "filter_1_cutoff", float(rng.uniform(0.05, 0.3))))
    controls |= _sample_movement(rng, role) | _sample_colour(rng)
    return {
        "role": role,
        "timbre": timbre,
        "waves": waves,
        "controls": controls,
        "modulations": modulations,
    }


def _sample_oscillator(
    rng: np.random.Generator, name: str, role: str, *, first: bool
) -> dict[str, float]:
    interval = 0.0 if first else float(rng.choice([0, 0, 12, -12, 7]))
    values = {
        "level": float(rng.uniform(0.35, 0.8)),
        "transpose": interval,
        "tune": 0.0 if first else float(rng.uniform(-0.1, 0.1)),
        "phase": float(rng.random()),
        "unison_voices": float(rng.choice([1, 1, 2, 4, 7])),
        "unison_detune": float(rng.uniform(1.0, 4.5)),
        "stereo_spread": float(rng.uniform(0.0, 0.3 if role == "synth_bass" else 1.0)),
    }
    if rng.random() < 0.4:
        kinds = [kind for kind in range(1, 12) if kind not in _UNREPEATABLE_MORPHS]
        values["spectral_morph_type"] = float(rng.choice(kinds))
        values["spectral_morph_amount"] = float(rng.uniform(0.25, 0.75))
    if rng.random() < 0.35:
        values["distortion_type"] = float(rng.integers(1, 7))
        values["distortion_amount"] = float(rng.uniform(0.2, 0.8))
    return {f"{name}_{key}": value for key, value in values.items()}


def _sample_filter(rng: np.random.Generator, role: str) -> dict[str, float]:
    low = 30.0 if role == "synth_bass" else 50.0
    return {
        "filter_1_on": float(rng.random() < 0.85),
        "filter_1_model": float(rng.integers(0, 6)),
        "filter_1_style": float(rng.choice([0, 1])),
        "filter_1_cutoff": float(rng.uniform(low, 110.0)),
        "filter_1_resonance": float(rng.uniform(0.1, 0.75)),
        "filter_1_drive": float(rng.uniform(0.0, 8.0)),
        "filter_1_keytrack": float(rng.uniform(0.0, 1.0)),
    }


def _sample_movement(rng: np.random.Generator, role: str) -> dict[str, float]:
    """Envelopes and LFO; Vital's times are fourth roots of seconds."""
    ranges = ROLES[role]
    return {
        "env_1_attack": draw_log(rng, *ranges.attack) ** 0.25,
        "env_1_decay": draw_log(rng, *ranges.decay) ** 0.25,
        "env_1_sustain": float(rng.uniform(*ranges.sustain)),
        "env_1_release": draw_log(rng, *ranges.release) ** 0.25,
        "env_2_attack": draw_log(rng, *ranges.attack) ** 0.25,
        "env_2_decay": draw_log(rng, 0.08, 2.0) ** 0.25,
        "env_2_sustain": float(rng.choice([0.0, rng.uniform(0.0, 0.6)])),
        "lfo_1_sync": 0.0,
        "lfo_1_frequency": float(rng.uniform(-3.0, 3.0)),
    }


def _sample_colour(rng: np.random.Generator) -> dict[str, float]:
    """Distortion and chorus inside the patch; everything else is the desk's."""
    values: dict[str, float] = {}
    if rng.random() < 0.3:
        values["distortion_on"] = 1.0
        values["distortion_type"] = float(rng.integers(0, 4))
        values["distortion_drive"] = float(rng.uniform(0.0, 12.0))
        values["distortion_mix"] = float(rng.uniform(0.2, 0.8))
    if rng.random() < 0.35:
        values |= {"chorus_on": 1.0, "chorus_dry_wet": float(rng.uniform(0.1, 0.5))}
    return values


class Vital(Engine):
    """Vital with a drawn patch.

    Args:
        rng: as for all engines; Vital itself draws nothing.
        patch: from `sample_vital_patch`.
        bpm: tempo.

    Raises:
        InputError: `vita` is not installed.
    """

    takes = 1

    def __init__(self, rng: np.random.Generator, patch: dict, bpm: float = 120.0):
        super().__init__(rng)
        self.parameters = patch
        self._release = patch["controls"]["env_1_release"] ** 4
        self._synth = load_vita().Synth()
        self._synth.set_sample_rate(SAMPLE_RATE)
        self._synth.set_bpm(bpm)
        state = json.loads(self._synth.to_json())
        for number, wave in enumerate(patch["waves"]):
            frames = _wavetable(wave, patch["timbre"] + len(SPLITS) * number)
            state["settings"]["wavetables"][number]["groups"][0]["components"][0]["keyframes"] = [
                {"position": round(place), "wave_data": base64.b64encode(frame).decode()}
                for place, frame in zip(np.linspace(0, 256, len(frames)), frames, strict=True)
            ]
        self._synth.load_json(json.dumps(state))
        for source, destination, _ in patch["modulations"]:
            self._synth.connect_modulation(source, destination)
        controls = self._synth.get_controls()
        for name, value in patch["controls"].items():
            controls[name].set(value)
        for number, (_, _, amount) in enumerate(patch["modulations"], 1):
            controls[f"modulation_{number}_amount"].set(amount)

    def stroke(self, stroke: Stroke) -> np.ndarray:
        """(time, 2) float32."""
        seconds = stroke.seconds + self._release + 0.05
        # Vital turns denormal numbers off for its thread and leaves them off.
        with ThreadPoolExecutor(1) as away:
            sound = away.submit(
                self._synth.render, stroke.pitch, stroke.velocity, stroke.seconds, seconds
            ).result()
        return fade_out(np.nan_to_num(sound.T))


def _wavetable(wave: str, timbre: int) -> np.ndarray:
    """Cycles of one of our waves as its shape goes from 0 to 1, (frames, length) float32."""
    shape = np.linspace(0.0, 1.0, TABLE_FRAMES)
    spectrum = np.zeros((TABLE_FRAMES, TABLE_LENGTH // 2 + 1), np.complex64)
    spectrum[:, 1 : TABLE_HARMONICS + 1] = spectra(wave, shape, timbre, TABLE_HARMONICS, 130.0)
    cycles = fft.irfft(spectrum, axis=1)
    return (cycles / np.abs(cycles).max(axis=1, keepdims=True)).astype("<f4")
