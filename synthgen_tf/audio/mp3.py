"""What mp3 does to sound, without a file."""

import io

import numpy as np
import soundfile

LOWEST_BITRATE = 0.88
"""libsndfile's compression level that gives 64 kbit/s at 44 100 Hz; 0 gives 320."""


def through_mp3(sound: np.ndarray, sample_rate: int, share: float) -> np.ndarray:
    """Encode sound as mp3 and decode it again, at its level and in its place.

    Args:
        sound: (time, channels) float32, one or two channels.
        sample_rate: Hz, one that mp3 knows.
        share: bit rate, 0 (64 kbit/s) to 1 (320 kbit/s).

    Returns:
        The same shape, float32.
    """
    # The codec clips at full scale.
    scale = np.float32(max(np.abs(sound).max(), 1e-9) * 1.25)
    file = io.BytesIO()
    soundfile.write(
        file,
        sound / scale,
        sample_rate,
        format="MP3",
        bitrate_mode="CONSTANT",
        compression_level=float(1.0 - share) * LOWEST_BITRATE,
    )
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32", always_2d=True)
    return decoded[: len(sound)] * scale
