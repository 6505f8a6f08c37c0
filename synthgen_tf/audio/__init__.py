"""Audio files in and out, and resampling, in blocks; the only room that knows file formats.

Module      -> what comes in -> what goes out
info        -> a folder -> its audio files; what is known of a file before it is decoded
headers     -> a WAV or AIFF file -> where its samples lie, whatever its lengths say
flac        -> a FLAC file -> where it ends by its last frame
ogg         -> an Ogg file -> the streams that follow one another, and the order of channels
mpeg        -> an mp3 file -> its length, by its tag or its frames
truncation  -> a file -> where it must end by its own account
reader      -> a file -> float32 (time, channels), whole or in blocks
sndfile     -> the same for wav, aiff, flac, ogg and all else that libsndfile knows
container   -> the same for mp3, m4a, webm and all else (PyAV)
stem_file   -> any part of one stream of a MUSDB .stem.mp4 (PyAV)
tags        -> a file -> its title, artist and the like
resampler   -> float32 (time, channels) at one rate -> at another, whole or in blocks (soxr)
writer      -> float32 (time, channels) -> wav, flac or mp3, complete or not there at all
riff        -> the header of a WAV file that may outgrow 4 GB
mp3, aac    -> float32 (time, channels) -> the same as a codec gives it back, without a file
"""

from synthgen_tf.audio import stem_file
from synthgen_tf.audio.headers import is_plain_wave
from synthgen_tf.audio.info import AUDIO_SUFFIXES, AudioInfo, find_audio, sort_files
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
    "is_plain_wave",
    "new_folder",
    "probe",
    "read",
    "read_tags",
    "resample",
    "resample_blocks",
    "sort_files",
    "stem_file",
]
