"""One self-contained page on a rendered data set: tables, histograms, a sheet of spectrograms."""

from collections import Counter
from pathlib import Path

import numpy as np

from synthgen_tf import audio
from synthgen_tf.files import write_text, writing
from synthgen_tf.render.describe.describe import SetDescription
from synthgen_tf.render.describe.description import DescribedSong
from synthgen_tf.report.figures import histograms, spectrogram_pair
from synthgen_tf.report.templating import open_templates
from synthgen_tf.tracks.track_files import stem_files

SHEET = 12
EXCERPT_SECONDS = 30


def write_songs_page(path: Path, title: str, description: SetDescription) -> None:
    """Write the page of a rendered data set: its tables, histograms and twelve of its songs.

    Args:
        path: HTML file to write.
        title: of the page.
        description: of the data set; of its songs twelve are shown, spread evenly over all.

    Raises:
        InputError: when a sound file of a song that is shown is missing or damaged.
        OutputError: when the page cannot be written.
    """
    songs = description.songs
    chosen = np.unique(np.linspace(0, len(songs) - 1, SHEET).round().astype(int))
    count = f"{len(songs)} songs" if len(songs) > 1 else "one song"
    template = open_templates().get_template("songs.html")
    html = template.render(
        title=title,
        lead=f"A data set of {count} with true stems, as synthgen describe found it.",
        tables=description.tables,
        histograms=histograms(description.histograms),
        histogram_titles="; ".join(description.histograms),
        excerpt_seconds=EXCERPT_SECONDS,
        sheet=[_show(songs[index]) for index in chosen],
    )
    with writing(path, ", or give another file by --out"):
        write_text(path, html)


def _show(song: DescribedSong) -> dict[str, str]:
    files = stem_files(song.folder)
    sounds = {}
    for stem in ("mixture", "synth"):
        (file,) = files.get(stem, (song.folder / f"{stem}.wav",))
        rate = audio.probe(file).sample_rate
        sounds[stem], _ = audio.read(file, 0, EXCERPT_SECONDS * rate)
    roles = Counter(track["role"].removeprefix("synth_") for track in song.synth_tracks)
    names = [name if count == 1 else f"{count} × {name}" for name, count in roles.items()]
    return {
        "title": song.description["style"],
        "name": f"{song.description['split']}/{song.folder.name}",
        "roles": f"synth: {', '.join(names)}" if names else "free of synth",
        "picture": spectrogram_pair(sounds["mixture"], sounds["synth"], rate),
    }
