"""Songs to hear: what a model makes of test songs that are wholly ours.

    python benchmarks/examples.py --out docs/examples

Renders songs of our own engines alone, so that nothing in them is under another's licence. They are
ranked by SI-SDR improvement; those at a quarter, the middle and three quarters are cut to
ten seconds and written as Ogg Vorbis, with a page that links them.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import soundfile

from synthgen_tf import metrics
from synthgen_tf.evaluate import measure
from synthgen_tf.files import write_text
from synthgen_tf.render.signals.dsp import SAMPLE_RATE
from synthgen_tf.render.song import render_song, split_of
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.tracks import MIXTURE

SEED = 2026
SECONDS = 30
CUT_SECONDS = 10
RANKS = {"a quarter of the songs are worse": 0.25, "the middle": 0.5, "a quarter are better": 0.75}
SMALL = 0.8
"""Compression of Ogg Vorbis, 0 for most bits to 1 for least."""


@dataclass(frozen=True)
class Heard:
    """A song, separated.

    Attributes:
        style: of its music.
        sounds: by name, (time, 2) float32 each.
        improvement: SI-SDR improvement of the estimate over the whole song, dB.
    """

    style: str
    sounds: dict[str, np.ndarray]
    improvement: float


def main() -> None:
    """Render, separate, rank and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the sounds and the page")
    parser.add_argument("--songs", type=int, default=24, help="to choose from")
    parser.add_argument("--model", help="the shipped one by default")
    arguments = parser.parse_args()
    separator = Separator(load_predictor(arguments.model))
    indices = [index for index in range(10 * arguments.songs) if split_of(index) == "test"]
    songs = [song for index in indices if (song := heard(separator, index))]
    songs.sort(key=lambda song: song.improvement)
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, (rank, share) in enumerate(RANKS.items(), start=1):
        song = songs[round(share * (len(songs) - 1))]
        links = write_sounds(arguments.out, number, song)
        rows.append(f"| {song.style} | {rank} | {links} | {song.improvement:.1f} dB |")
    middle = float(np.median([song.improvement for song in songs]))
    write_text(arguments.out / "README.md", page(rows, len(songs), middle))


def heard(separator: Separator, index: int) -> Heard | None:
    """Render a song and separate it; None where no synth sounds."""
    song = render_song(SEED, index, SECONDS)
    mixture, synth = (song.sound[name] / np.float32(2**15) for name in (MIXTURE, separator.stem))
    estimate = separator.separate(mixture, SAMPLE_RATE)[separator.stem]
    before, after = (measure(metrics.si_sdr, synth, each) for each in (mixture, estimate))
    if before is None or after is None:
        return None
    sounds = {MIXTURE: mixture, "synth": synth, "estimate": estimate, "rest": mixture - estimate}
    return Heard(song.description["style"], sounds, after - before)


def write_sounds(folder: Path, number: int, song: Heard) -> str:
    """Write the loudest seconds of all sounds of a song; return links to them, cells of a row."""
    start = loudest_second(song)
    links = []
    for name, sound in song.sounds.items():
        file = folder / f"{number}_{name}.ogg"
        with soundfile.SoundFile(file, "w", SAMPLE_RATE, 2, compression_level=SMALL) as written:
            # second by second: libsndfile crashes on long blocks of Vorbis
            for second in range(start, start + CUT_SECONDS):
                written.write(sound[second * SAMPLE_RATE :][:SAMPLE_RATE])
        links.append(f"[{name}]({file.name})")
    return " | ".join(links)


def loudest_second(song: Heard) -> int:
    """Return the second from which on synth and rest are both loud for `CUT_SECONDS`."""
    synth = song.sounds["synth"]
    quieter = np.minimum(*(
        np.square(sound).reshape(-1, 2 * SAMPLE_RATE).mean(axis=1)
        for sound in (synth, song.sounds[MIXTURE] - synth)
    ))  # fmt: skip
    return int(np.argmax(np.convolve(quieter, np.ones(CUT_SECONDS), "valid")))


def page(rows: Sequence[str], songs: int, middle: float) -> str:
    """Return the page that links the sounds."""
    return f"""# Songs to hear
What [the shipped model](../../savedmodels/synthgen/MODEL_CARD.md) makes of {songs} test songs that
our own engines play, whose patches training never met; SI-SDR improves by {middle:.1f} dB in the
median. Ten seconds each, where synth and rest are both loud. `synth` is the true one,
`rest` the mixture less the estimate. The improvement is the whole song's. All of it is under
[the licence of this project](../../LICENSE).

| style | rank of {songs} | | | | | SI-SDR improvement |
|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Made by `python benchmarks/examples.py --out docs/examples`.
"""


if __name__ == "__main__":
    main()
