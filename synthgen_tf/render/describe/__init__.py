"""Says what a rendered data set holds, without reading any sound.

Files:

    description     a song's folder -> the song as its `song.json` tells it
    describe        a data set's folder -> its songs, tables and histograms
"""

from synthgen_tf.render.describe.describe import SetDescription, describe_songs
from synthgen_tf.render.describe.description import DescribedSong, read_description

__all__ = ["DescribedSong", "SetDescription", "describe_songs", "read_description"]
