"""What AAC does to sound, without a file."""

import numpy as np

FRAME = 1024
"""Samples that the codec takes at a time, and by which its encoder is late."""

LOWEST_BITRATE, HIGHEST_BITRATE = 64_000, 256_000


def through_aac(sound: np.ndarray, sample_rate: int, share: float) -> np.ndarray:
    """Sound as AAC gives it back, at its level and in its place.

    Args:
        sound: (time, channels) float32, one or two channels.
        sample_rate: Hz, one that AAC knows.
        share: bit rate, 0 (64 kbit/s) to 1 (256 kbit/s).

    Returns:
        The same shape, float32.
    """
    # Louder than full scale is no sound that the codec expects.
    scale = np.float32(max(np.abs(sound).max(initial=0.0), 1e-9) * 1.25)
    layout = "mono" if sound.shape[1] == 1 else "stereo"
    import av  # takes a quarter of a second

    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = sample_rate, layout, "fltp"
    encoder.bit_rate = round(LOWEST_BITRATE + share * (HIGHEST_BITRATE - LOWEST_BITRATE))
    encoder.open()
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.extradata
    # A frame more than there is, for what the last one leaves to the next.
    padded = np.pad(sound.T / scale, ((0, 0), (0, -len(sound) % FRAME + FRAME)))
    found = []
    for start in range(0, padded.shape[1] + 1, FRAME):
        block = np.ascontiguousarray(padded[:, start : start + FRAME], np.float32)
        if block.shape[1]:
            frame = av.AudioFrame.from_ndarray(block, "fltp", layout)
            frame.sample_rate, frame.pts = sample_rate, start
        else:
            frame = None  # all that the encoder still holds
        for packet in encoder.encode(frame):
            found += [each.to_ndarray() for each in decoder.decode(packet)]
    found += [each.to_ndarray() for each in decoder.decode(None)]
    decoded = np.concatenate(found, axis=1)[:, FRAME : FRAME + len(sound)]
    return (np.asarray(decoded, np.float32) * scale).T
