"""One track to the WAV files of a store: decoded once, checked, resampled and measured on the way.

All stems go side by side, a second at a time, so that memory does not grow with the song.
"""

import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.data.store import FULL_SCALE
from synthgen_tf.errors import InputError
from synthgen_tf.silence import SILENT
from synthgen_tf.tracks import MIXTURE, Track

TOLERANCE_DB = -30.0
"""Most power that the mixture file and the sum of the stems may differ by, relative to the mixture.

Stems that were mixed by adding them differ by rounding alone, -60 dB or less. A stem that is
missing, late or of another song shows unless it is 30 dB below the mixture, where nobody hears it.
"""
CODED_TOLERANCE_DB = -10.0
"""The same for lossy files: each stem adds its own coding noise, and codecs save on high notes.

The MUSDB18 song that comes with stempeg differs by -21 dB as a whole and -20 to -23 dB a second.
"""
ROUNDING_POWER = 1.0 / FULL_SCALE**2
"""Mean square of a difference of one 16-bit step: less than that is never an error."""
CLAMPED_SHARE = 1e-3
"""A stem with more samples than this beyond full scale has its track turned down; fewer clamp."""

Blocks = dict[str, np.ndarray]
"""Stem name to float32 (time, channels), all of one length."""


def convert(track: Track, folder: Path, sample_rate: int) -> dict:
    """Write `<stem>.wav` for every stem, and for the mixture where that is a file.

    Samples beyond full scale clamp, as ffmpeg and most mixers do it. Where they are more than 1 in
    1000 of a stem, all stems and the mixture are written again, turned down by one gain: the
    smallest multiple of 0.1 dB that makes everything fit.

    Args:
        track: any number of stems, mono or stereo.
        folder: exists and is empty.
        sample_rate: Hz of the files.

    Returns:
        frames, channels, gain_db, clipped and stems, as an entry of the index has them.

    Raises:
        OutputError: when the files cannot be written.
        InputError: when the source cannot be read, or the stems do not sum to the mixture file.
    """
    if track.channels not in (1, 2):
        raise InputError(f"it has {track.channels} channels, expected mono or stereo: mix it down")
    gain_db, meters = 0.0, _write(track, folder, sample_rate, 0.0)
    if any(meter.clipped > CLAMPED_SHARE * meter.samples for meter in meters.values()):
        peak = max(meter.peak for meter in meters.values())
        gain_db = math.floor(-200.0 * math.log10(peak / (FULL_SCALE - 1))) / 10.0
        meters = _write(track, folder, sample_rate, gain_db)
    return {
        "frames": next(iter(meters.values())).samples // track.channels,
        "channels": track.channels,
        "gain_db": gain_db,
        "clipped": sum(meter.clipped for meter in meters.values()),
        "stems": {stem: meter.facts() for stem, meter in meters.items()},
    }


def _write(track: Track, folder: Path, sample_rate: int, gain_db: float) -> dict[str, "Meter"]:
    """Write all stems, times a gain, and give what was measured of each."""
    stems = sorted(track.stems)
    meters = {stem: Meter(stem) for stem in stems}
    difference = Difference(track)
    with ExitStack() as stack:
        writers = {
            stem: stack.enter_context(
                audio.Writer(folder / f"{stem}.wav", sample_rate, track.channels, "PCM_16")
            )
            for stem in stems
        }
        for blocks in _seconds(track, sample_rate):
            difference.add(blocks)
            for stem, block in blocks.items():
                writers[stem].write(meters[stem].convert(block, gain_db))
        difference.check()
    return meters


def _seconds(track: Track, sample_rate: int) -> Iterator[Blocks]:
    """All stems side by side at another rate, a second at a time; the last one may be shorter."""
    streams = {}
    for stem in sorted(track.stems):
        stream = track.blocks(stem, track.sample_rate)
        if track.sample_rate != sample_rate:
            rates = track.sample_rate, sample_rate
            stream = audio.resample_blocks(stream, *rates, track.channels)
            stream = audio.even(stream, sample_rate)
        streams[stem] = stream
    try:
        for blocks in zip(*streams.values(), strict=True):
            yield dict(zip(streams, blocks, strict=True))
    except OSError as error:
        raise InputError(
            f"{track.name} cannot be read ({error.strerror}): check its files"
        ) from None


class Meter:
    """Brings a stem to 16 bits and measures what comes out.

    Attributes:
        samples: over all channels, that passed.
        clipped: of them, that lay beyond full scale and were clamped.
        peak: the largest one in 16-bit steps, before it was clamped.
    """

    def __init__(self, stem: str):
        self.stem = stem
        self.samples, self.clipped, self.peak = 0, 0, 0.0
        self.checksum, self.energy, self.stored_peak = 0, 0, 0
        self.levels: list[int] = []

    def convert(self, block: np.ndarray, gain_db: float) -> np.ndarray:
        """int16 for the next second of float32 (time, channels), turned down by a gain.

        Raises:
            InputError: for samples that are no numbers.
        """
        with np.errstate(over="ignore"):
            steps = block * np.float32(FULL_SCALE * 10.0 ** (gain_db / 20.0))
        np.rint(steps, out=steps)
        peak = max(float(steps.max()), -float(steps.min()))
        if not math.isfinite(peak):
            raise InputError(
                f"{self.stem} holds a value that is not finite in second {len(self.levels)}: "
                "export it anew"
            )
        if peak > FULL_SCALE - 1:
            # 1.0 itself is one step too much and no reason to complain
            self.clipped += int(np.count_nonzero(np.abs(steps) > FULL_SCALE))
            np.clip(steps, -FULL_SCALE, FULL_SCALE - 1, out=steps)
        whole = steps.astype("<i2")
        # squares of integers add up exactly in float64, in whatever order and on whatever machine
        energy = int(_energy(steps))
        self.checksum = zlib.crc32(whole.data, self.checksum)
        self.samples += whole.size
        self.energy += energy
        self.peak = max(self.peak, peak)
        self.stored_peak = max(self.stored_peak, min(int(peak), FULL_SCALE))
        level = _decibels(energy, whole.size)
        self.levels.append(SILENT if level is None else min(SILENT, max(0, round(-level))))
        return whole

    def facts(self) -> dict:
        """What the index says of the stem."""
        return {
            "crc32": self.checksum,
            "rms_db": _rounded(_decibels(self.energy, self.samples)),
            "peak_db": _rounded(_decibels(self.stored_peak**2, 1)),
            "levels": bytes(self.levels),
        }


class Difference:
    """Compares the sum of a track's stems with its mixture file, where there is one.

    Both are clamped to full scale first, as the mixture was when it was made.
    """

    def __init__(self, track: Track):
        self.parts = track.parts() if MIXTURE in track.stems else []
        exact = track.subtype.startswith(("PCM", "FLOAT", "DOUBLE"))
        self.tolerance_db = TOLERANCE_DB if exact else CODED_TOLERANCE_DB
        self.difference, self.mixture, self.samples = 0.0, 0.0, 0

    def add(self, blocks: Mapping[str, np.ndarray]) -> None:
        """Take the next second of all stems."""
        if not self.parts:
            return
        total = sum(blocks[stem] for stem in self.parts)
        mixture = np.clip(blocks[MIXTURE], -1.0, 1.0)
        beyond = np.clip(total, -1.0, 1.0) - mixture
        self.difference += _energy(beyond)
        self.mixture += _energy(mixture)
        self.samples += mixture.size

    def check(self) -> None:
        """Decide, after the last second.

        Raises:
            InputError: when the stems do not sum to the mixture.
        """
        if self.difference <= ROUNDING_POWER * self.samples:
            return
        relative_db = 10.0 * math.log10(self.difference / max(self.mixture, ROUNDING_POWER))
        if relative_db > self.tolerance_db:
            raise InputError(
                f"{', '.join(self.parts)} do not sum to the mixture file: they differ by "
                f"{relative_db:.1f} dB of its power, expected {self.tolerance_db:g} at most; "
                "get the right files, or take the mixture away"
            )


def _energy(block: np.ndarray) -> float:
    """Sum of squares; einsum stays on one thread, for the processes share the cores already."""
    wide = block.astype(np.float64).reshape(-1)
    return float(np.einsum("i,i->", wide, wide))


def _decibels(energy: int, samples: int) -> float | None:
    """Mean square of so many 16-bit samples, dB re full scale; None for silence."""
    return 10.0 * math.log10(energy / samples / FULL_SCALE**2) if energy else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
