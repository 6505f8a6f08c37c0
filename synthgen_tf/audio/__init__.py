"""Audio files in and out, and resampling, in blocks; the only room that knows file formats.

Module      -> what comes in -> what goes out
info        -> a folder -> its audio files; what is known of a file before it is decoded
truncation  -> a file -> where it must end by its own account
reader      -> a file -> float32 (time, channels), whole or in blocks (libsndfile)
stem_file   -> any part of one stream of a MUSDB .stem.mp4 (PyAV)
container   -> the same for m4a, mp4 and all else that libsndfile does not know (PyAV)
tags        -> a file -> its title, artist and the like
resampler   -> float32 (time, channels) at one rate -> at another, whole or in blocks (soxr)
writer      -> float32 (time, channels) -> wav, flac or mp3, complete or not there at all
riff        -> the header of a WAV file that may outgrow 4 GB
"""

from synthgen_tf.audio import stem_file
from synthgen_tf.audio.info import AUDIO_SUFFIXES, AudioInfo, find_audio, shown, sort_files
from synthgen_tf.audio.reader import BLOCK_FRAMES, blocks, even, probe, read
from synthgen_tf.audio.resampler import Resampler, resample, resample_blocks
from synthgen_tf.audio.tags import read_tags
from synthgen_tf.audio.writer import BITS, FORMATS, Writer, as_stored, check_format, new_folder

__all__ = [
    "AUDIO_SUFFIXES",
    "BITS",
    "BLOCK_FRAMES",
    "FORMATS",
    "AudioInfo",
    "Resampler",
    "Writer",
    "as_stored",
    "blocks",
    "check_format",
    "even",
    "find_audio",
    "new_folder",
    "probe",
    "read",
    "read_tags",
    "resample",
    "resample_blocks",
    "shown",
    "sort_files",
    "stem_file",
]
