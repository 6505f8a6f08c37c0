"""Music and what ffmpeg makes of it, for the tests of what is read."""

import shutil
import subprocess

import numpy as np
import pytest
import soundfile

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg makes the files")

KEY = "76a6c65c5ea762046bd749a2e632ccbb"
PROTECTED = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", KEY, "-encryption_kid", KEY)
"""What makes an mp4 that nobody without the key can decode."""


def music(seconds=3.0, rate=44_100, channels=2):
    """float32 (time, channels) on the grid of 16 bits: a tone of its own and noise on each."""
    time = np.arange(round(seconds * rate))[:, None] / rate
    tones = 0.3 * np.sin(2 * np.pi * 220.0 * 1.26 ** np.arange(channels)[None] * time)
    noise = 0.03 * np.random.default_rng(0).standard_normal((len(time), channels))
    return (np.rint((tones + noise) * 32768) / 32768).astype(np.float32)


def ffmpeg(*arguments):
    """Run ffmpeg; what it writes to a pipe."""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def encoded(path, samples, *options, rate=44_100):
    """Write a file of the kind that its name says."""
    source = path.with_name(path.name + ".source.wav")
    soundfile.write(source, samples, rate)
    ffmpeg("-i", source, *options, path)
    source.unlink()
    return path


def piped(path, samples, *options, rate=44_100):
    """The same through a pipe: the header, once written, cannot be told the length."""
    source = path.with_name(path.name + ".source.wav")
    soundfile.write(source, samples, rate)
    path.write_bytes(ffmpeg("-i", source, *options, "-"))
    source.unlink()
    return path


def decoded(path, channels):
    """float32 (time, channels), as ffmpeg decodes a file."""
    return np.frombuffer(ffmpeg("-i", path, "-f", "f32le", "-"), "<f4").reshape(-1, channels)
