"""What the tests of separation share: a model that is a function, and files of every kind."""

import av
import numpy as np
import soundfile


class FakePredictor:
    """A function of blocks in a model's place; remembers the shapes it saw."""

    def __init__(
        self, function=lambda blocks: blocks, sample_rate=44_100, channels=2, segment=4096
    ):
        self.function = function
        self.sample_rate, self.channels, self.segment = sample_rate, channels, segment
        self.stem, self.identity = "synth", "fake"
        self.shapes = []

    def __call__(self, blocks):
        self.shapes.append(blocks.shape)
        return self.function(blocks)


def half(blocks):
    return 0.5 * blocks


def noise(frames, channels=2, seed=0, level=0.2):
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal((frames, channels))).astype(np.float32)


def encode_m4a(path, samples, sample_rate, tags=None):
    with av.open(str(path), "w") as container:
        container.metadata.update(tags or {})
        stream = container.add_stream("aac", rate=sample_rate, layout="stereo")
        planes = np.ascontiguousarray(samples.T)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout="stereo")
        frame.sample_rate = sample_rate
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def any_file(path, frames=30_001, channels=2, sample_rate=44_100, subtype=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".m4a":
        encode_m4a(path, noise(frames, channels), sample_rate)
    else:
        soundfile.write(path, noise(frames, channels), sample_rate, subtype)
    return path


def files_below(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*"))
