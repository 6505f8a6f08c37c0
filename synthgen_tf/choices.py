"""What a user chooses from by name: each list stands here once, and quick to import.

Rooms check names by these lists, the command line and the web service offer them. Choices of the
configuration (`Kind`, `Strategy`, `LossName`, ...) are types of `config.schema`, presets are files.
"""

from typing import Literal

Engine = Literal["keras", "savedmodel", "tflite"]
"""What runs a model."""

Variant = Literal["fp32", "fp16", "dynamic", "int8"]
"""How the numbers of an exported TFLite model are stored."""

Lossless = Literal["wav", "flac"]
Format = Literal[Lossless, "mp3"]
Subtype = Literal["FLOAT", "PCM_16", "PCM_24"]
FORMATS: dict[Format, tuple[Subtype | None, ...]] = {
    "wav": ("FLOAT", "PCM_16", "PCM_24"),
    "flac": ("PCM_24", "PCM_16"),
    "mp3": (None,),
}
"""Formats that can be written and their subtypes, the default first."""

Clip = Literal["clamp", "rescale", "none"]
"""What integers and mp3 do with stems beyond full scale; `FLOAT` holds them as they are.

    clamp    cut them at full scale; what the stem loses the rest gets, while it has room
    rescale  turn all stems of the song down by one gain, where they would not fit
    none     refuse the song, write nothing
"""

Level = Literal["as_is", "match"]
"""How loud the stem comes out.

    as_is  as the model estimates it: the least error, and quieter than the true stem
    match  raised by what the model's estimates of validation songs lacked, told by its card
"""

UsualSplit = Literal["train", "valid", "test"]
ExtraSplit = Literal["far", "hard"]
"""Tests of their own: what nothing trained on is like, and dense mixes."""

Plugin = Literal["amsynth", "xsynth", "hexter", "scsynth", "whysynth"]
"""Synth engines that are installed beside SynthGen."""
