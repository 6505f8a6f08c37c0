"""Makes skins, shells and bronze: what an acoustic kit is made of.

Every piece is two functions: one that draws its sizes (`sample_...`, ready for JSON) and one that
strikes it, (rng, values, force) to (time,) float32; force is 0 to 1.
"""

import numpy as np

from synthgen_tf.render.engines.base import draw, draw_log
from synthgen_tf.render.engines.keys.piano import struck
from synthgen_tf.render.signals.dsp import (
    SAMPLE_RATE,
    coloured_noise,
    highpass,
    lowpass,
    noise,
    read_at,
    ring_modes,
    time_axis,
    to_frames,
)

# Zeros of the Bessel functions over the lowest of them: the modes of a round skin.
SKIN = np.array(
    [1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06, 4.154, 4.6, 4.9]
)


def skin(
    rng: np.random.Generator,
    frames: int,
    hz: float,
    seconds: float,
    *,
    bend: float,
    upper: float,
    damping: float = 1.0,
) -> np.ndarray:
    """Strike a skin and let it ring, (frames,), of about unit power at first.

    Args:
        rng: source of where it is struck.
        frames: length of the result.
        hz: lowest mode.
        seconds: how long it rings.
        bend: semitones by which the blow stretches the skin, and with it the pitch.
        upper: 0 to 1, share of the higher modes.
        damping: exponent by which these die sooner.
    """
    ratios = SKIN * rng.uniform(0.985, 1.015, len(SKIN))
    levels = rng.uniform(0.4, 1.0, len(SKIN)) * upper ** np.sqrt(np.arange(len(SKIN)))
    levels[0] = 1.0
    levels /= np.sqrt(np.sum(levels**2) / 2)
    phases = rng.uniform(0, 1.0, len(SKIN))
    sound = ring_modes(hz * ratios, levels, seconds / ratios**damping, phases, 2 * frames)
    time = time_axis(frames)
    speed = 2.0 ** (bend / 12 * np.exp(-time / np.float32(0.035)))
    return read_at(sound, np.cumsum(speed, dtype=np.float64))


def sample_kick(rng: np.random.Generator) -> dict:
    """Draw a bass drum, from a jazz drum that rings to a dry click."""
    values = draw(rng, hz=(44, 72), seconds=(0.2, 0.7), bend=(1, 7), upper=(0.1, 0.5))
    values |= draw(rng, beater=(0.05, 0.7), thud=(0.1, 0.5), click_hz=(1800, 5000))
    return values | {"edge_hz": draw_log(rng, 1500, 9000)}


def kick(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Strike a bass drum."""
    frames = to_frames(values["seconds"] + 0.15)
    bend = values["bend"] * (0.5 + 0.5 * force)
    sound = skin(rng, frames, values["hz"], values["seconds"], bend=bend, upper=values["upper"])
    sound += values["thud"] * struck(rng, frames, 70, 350, 0.02)
    click = values["click_hz"]
    sound += values["beater"] * force * struck(rng, frames, 0.6 * click, 1.6 * click, 0.0035)
    return lowpass(sound, values["edge_hz"] * (0.4 + 0.6 * force)) * np.float32(0.8)


def sample_snare(rng: np.random.Generator) -> dict:
    """Draw a snare drum: depth, tuning, wires, damping."""
    values = draw(rng, hz=(165, 300), seconds=(0.08, 0.45), wires=(0.4, 1.6), rattle=(0.1, 0.35))
    values |= draw(rng, low_hz=(900, 2500), upper=(0.3, 0.75), shell_hz=(380, 950))
    return values | draw(rng, shell=(0.0, 0.25), crack=(0.1, 0.6), edge_hz=(6000, 14000))


def snare(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Strike a snare drum; soft blows are mostly wires, the hardest catch the rim."""
    seconds = values["seconds"]
    frames = to_frames(max(seconds, values["rattle"]) + 0.15)
    head = skin(rng, frames, values["hz"], seconds, bend=1.5 * force, upper=values["upper"])
    time = time_axis(frames)
    wires = coloured_noise(rng, frames, values["low_hz"], values["edge_hz"])
    tail = np.exp(-time / np.float32(0.3 * values["rattle"] * rng.uniform(0.85, 1.15)))
    # The wires answer the head a moment later, and hang on longer than it does.
    tail *= 1 - 0.7 * np.exp(-time / 0.002)
    # They lie on the lower head, which shakes them.
    wires *= tail * (1 + 0.6 * np.sin(2 * np.pi * values["hz"] * 1.6 * time))
    sound = (0.35 + 0.45 * force) * head + 0.5 * values["wires"] * (1.2 - 0.4 * force) * wires
    hz = values["shell_hz"] * np.array([1.0, 1.47, 2.09, 2.83])
    rim = values["shell"] * (2.5 if force > 0.95 and rng.random() < 0.5 else 1.0)
    levels = rim * force * np.array([1.0, 0.8, 0.6, 0.4])
    sound += ring_modes(hz, levels, np.array([0.35, 0.3, 0.2, 0.15]), np.zeros(4), frames)
    crack = highpass(struck(rng, frames, 2500, 12000, 0.0025), 1500.0)
    return sound + np.float32(values["crack"] * force**1.5) * crack


def rim(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Strike the rim with a stick that lies across it."""
    frames = to_frames(0.16)
    hz = values["hz"] * np.array([1.0, 1.6, 3.4, 4.7, 6.1])
    levels = np.array([0.5, 0.4, 0.8, 0.4, 0.2])
    seconds = values["seconds"] * np.array([1.0, 0.9, 0.6, 0.4, 0.3])
    tone = ring_modes(hz, levels, seconds, rng.uniform(0, 0.3, 5), frames)
    return tone + 0.5 * force * struck(rng, frames, 1500, 9000, 0.003)


def sample_rim(rng: np.random.Generator) -> dict:
    """Draw the pitch and length of a cross-stick."""
    return draw(rng, hz=(380, 620), seconds=(0.05, 0.12))


def sample_tom(rng: np.random.Generator) -> dict:
    """Draw what the toms of a kit have in common."""
    values = draw(rng, hz=(68, 105), seconds=(0.3, 1.1), bend=(0.5, 4), upper=(0.25, 0.6))
    return values | draw(rng, stick=(0.05, 0.4), step=(2.5, 5.0))


def tom(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Strike a tom-tom; `values` hold its `size`, 0 for the lowest to 5."""
    hz = values["hz"] * 2 ** (values["size"] * values["step"] / 12)
    seconds = values["seconds"] * (values["hz"] / hz) ** 0.5
    frames = to_frames(seconds + 0.15)
    sound = skin(rng, frames, hz, seconds, bend=values["bend"] * force, upper=values["upper"])
    sound += values["stick"] * force * struck(rng, frames, 400, 5000, 0.006)
    return np.float32(0.75) * sound


def sample_plate(rng: np.random.Generator, low_hz: float, seconds: tuple[float, float]) -> dict:
    """Draw a cymbal: its modes lie evenly, as those of every plate do."""
    values = draw(rng, low_hz=(0.8 * low_hz, 1.25 * low_hz), seconds=seconds, body=(0.2, 0.9))
    values |= draw(rng, wash=(0.15, 0.8), ping=(0.1, 0.7), tilt=(-0.35, 0.5), fall=(0.4, 0.9))
    return values | {"plate": int(rng.integers(2**31)), "edge_hz": draw_log(rng, 8000, 17000)}


def plate(
    rng: np.random.Generator, values: dict, force: float, *, length: float = 1.0, ping: float = 0.0
) -> np.ndarray:
    """Strike a cymbal.

    Args:
        rng: source of where it is struck.
        values: from `sample_plate`.
        force: 0 to 1.
        length: factor on the time it rings.
        ping: level of the stick's tone over the wash, 0 to 1.
    """
    seconds = values["seconds"] * length
    frames = to_frames(1.1 * seconds + 0.02)
    # The plate's modes are its own: the same at every blow.
    own = np.random.default_rng(values["plate"])
    hz = np.sort(own.uniform(values["low_hz"], 16500.0, 420))
    hz = hz + own.normal(0, 8.0, len(hz))
    levels = own.uniform(0.2, 1.0, len(hz)) * (hz / 4000) ** values["tilt"]
    levels *= rng.uniform(0.6, 1.2, len(hz))
    levels /= 1 + (hz / (values["edge_hz"] * (0.35 + 0.65 * force))) ** 4
    # Stick and bell bring out a few of the lower ones.
    levels *= 1 + (3 * values["body"] + 6 * ping) * (own.random(len(hz)) < 0.05) * (hz < 5000)
    levels /= np.sqrt(np.sum(levels**2) / 2)
    rings = seconds * (1200.0 / (hz + 600.0)) ** values["fall"]
    sound = ring_modes(hz, levels, rings, rng.uniform(0, 2 * np.pi, len(hz)), frames)
    time = time_axis(frames)
    # Where modes are this dense they pass their force on: chaos, a noise that starts late.
    wash = coloured_noise(rng, frames, 2500, values["edge_hz"])
    wash *= np.exp(-time / np.float32(0.16 * seconds)) * (1 - np.exp(-time / 0.006))
    sound += values["wash"] * force * wash
    tick = struck(rng, frames, 3000, 11000, 0.004)
    return np.float32(0.4) * (sound + (values["ping"] + ping) * force * tick)


def hat(rng: np.random.Generator, values: dict, force: float, *, opened: float) -> np.ndarray:
    """Strike a hi-hat, from shut (`opened` 0.1) to open (1)."""
    return np.float32(0.9) * plate(rng, values, force, length=opened)


def pedal_hat(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Shut the hi-hat with the foot: no stick, a chick."""
    sound = plate(rng, values | {"ping": 0.0}, 0.6 * force, length=0.08)
    rise = min(len(sound), int(0.006 * SAMPLE_RATE))
    sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    return sound


def brush(rng: np.random.Generator, values: dict, force: float) -> np.ndarray:
    """Brush the snare's head: a tap, and wires that drag on."""
    drag = rng.uniform(0.12, 0.3) if rng.random() < 0.5 else 0.06
    frames = to_frames(drag + 0.25)
    time = time_axis(frames)
    sweep = np.minimum(time / 0.03, 1.0) * np.exp(-np.maximum(time - drag, 0) / 0.04)
    sweep *= 1 + 0.5 * np.sin(2 * np.pi * rng.uniform(4, 8) * time + rng.uniform(0, 6))
    hiss = lowpass(highpass(noise(rng, frames), 1200.0, 1), 6500.0, 1)
    head = skin(rng, frames, values["hz"], 0.12, bend=0.3, upper=0.3)
    tap = struck(rng, frames, 500, 7000, 0.012)
    return (0.18 + 0.1 * force) * sweep * hiss + force * (0.25 * head + 0.4 * tap)
