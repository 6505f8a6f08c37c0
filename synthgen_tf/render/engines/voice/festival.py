"""Voices of Festival, which joins pieces of recorded speech.

Reference: Black, Taylor and Caley, The Festival speech synthesis system (1998).
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthgen_tf.errors import InputError
from synthgen_tf.render.engines.voice.flite import FliteVoice
from synthgen_tf.render.engines.voice.speech import Phone, SpeechVoice, output_of

PROGRAM = "festival"

PAUSES = {"english": "pau"}
OTHER_PAUSE = "#"

PHONES = {
    "english": FliteVoice.phones | {"er": "ah r", "ou": "uw"},
    "italian": {
        "ee": "i", "ih": "e", "ey": "e", "eh": "E", "ae": "E", "ah": "a", "uh": "a", "aw": "O",
        "oh": "o", "ou": "u", "oo": "u", "er": "E", "ch": "tS", "j": "dZ", "th": "s", "dh": "d",
        "sh": "S", "h": "", "ng": "n", "y": "j",
    },
    "czech": {
        "ee": "i", "ih": "i", "ey": "e", "eh": "e", "ae": "e", "ah": "a", "uh": "a", "aw": "o",
        "oh": "o", "ou": "u", "oo": "u", "er": "e", "ch": "c~", "j": "dz~", "th": "s", "dh": "d",
        "sh": "s~", "ng": "n", "w": "v", "y": "j", "ah ih": "a j", "aw ih": "o j", "ey ee": "e j",
    },
    "finnish": {
        "ee": "i:", "ih": "i", "ey": "e:", "eh": "e", "ae": "@", "ah": "a:", "uh": "a", "aw": "o",
        "oh": "o:", "ou": "u", "oo": "u:", "er": "7", "ch": "t s", "j": "d j", "th": "t", "dh": "d",
        "sh": "s", "z": "s", "ng": "N", "w": "v", "y": "j",
    },
}  # fmt: skip
"""Sounds of `words`, and pairs of them, by the names of each language, or what comes next to it."""

HIGH = ("lp_diphone", "czech_dita", "czech_krb", "suo_fi_lj_diphone")
"""Voices of women and of a child."""

HIGH_HZ, LOW_HZ = 200.0, 120.0
"""At which they speak, so that little is bent; the vocoder sets the pitch that is heard."""


@dataclass(frozen=True)
class FestivalVoice(SpeechVoice):
    """A voice of Festival; `file` is its folder, in that of its language."""

    program = PROGRAM

    @property
    def phones(self) -> Mapping[str, str]:
        """Return the names of its language."""
        return PHONES[self.file.parent.name]

    @property
    def pause(self) -> str:
        """Return the name of silence in its language."""
        return PAUSES.get(self.file.parent.name, OTHER_PAUSE)

    def say(self, phones: Sequence[Phone], file: Path) -> list[float]:
        """Have it say sounds on one pitch, and return when each ends."""
        hz = HIGH_HZ if self.name in HIGH else LOW_HZ
        segments = [f"({phone.name} {phone.seconds:.3f} (0 {hz:g}))" for phone in phones]
        script = file.with_suffix(".scm")
        script.write_text(
            f"(voice_{self.name})\n"
            f"(set! spoken (utt.synth (Utterance Segments ({' '.join(segments)}))))\n"
            f'(utt.save.wave spoken "{file}" \'riff)\n'
            "(mapcar (lambda (each) (print (item.feat each 'end)))\n"
            "        (utt.relation.items spoken 'Segment))\n"
        )
        return [float(each) for each in output_of([PROGRAM, "--batch", str(script)]).split()]


def has_festival() -> bool:
    """Tell whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def read_festival(folder: Path, licence: str) -> FestivalVoice:
    """Describe the voice in a folder such as `/usr/share/festival/voices/italian/lp_diphone`.

    Raises:
        InputError: when it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in sorted((folder / "group").iterdir()):
            digest.update(file.read_bytes())
    except OSError as error:
        raise InputError(f"{folder} is no voice of Festival ({error.strerror})") from None
    return FestivalVoice(folder.name, folder, digest.hexdigest(), licence)
