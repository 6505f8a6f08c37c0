"""Styles that an orchestra plays, with synths in the background or on top."""

from synthgen_tf.render.compose.styles.style import (
    EIGHTHS,
    NO_DRUM,
    QUARTERS,
    Shares,
    Style,
)

ORCHESTRA: dict[str, Shares] = {
    "strings": {"string_ensemble": 6, "solo_strings": 1.5, "pizzicato_strings": 1,
                "tremolo_strings": 1, "cello": 0.7, "violin": 0.7},
    "brass": {"brass": 3, "french_horn": 2, "trumpet": 1, "trombone": 1, "tuba": 0.4},
    "wind": {"flute": 2, "oboe": 1.5, "clarinet": 1.5, "bassoon": 1, "english_horn": 0.7,
             "piccolo": 0.4},
    "plucked": {"harp": 4, "harpsichord": 0.7},
    "backing": {"choir": 1.0},
    "bass": {"contrabass": 3, "upright_bass": 1},
}  # fmt: skip

SCORED = {
    "orchestral": Style(
        bpm=(66, 138),
        form="long",
        kicks=("X.......x.......", "X...............", NO_DRUM),
        snares=(NO_DRUM, "....x.......x..x", "x..xx.x.x..xx.x."),
        hats=(NO_DRUM,),
        kits={"acoustic": 1.0},
        basses=((0,), (0, 8), QUARTERS, EIGHTHS),
        roles={
            "drums": 0.4, "bass": 0.35, "guitar": 0.06, "keys": 0.4, "strings": 1.0,
            "strings_2": 0.75, "brass": 0.75, "wind": 0.6, "wind_2": 0.3, "plucked": 0.3,
            "vocals": 0.08, "backing": 0.35, "synth_lead": 0.25, "synth_pad": 0.5,
            "synth_arp": 0.35, "synth_pluck": 0.2, "synth_bass": 0.25, "synth_keys": 0.1,
        },
        instruments=ORCHESTRA | {
            "keys": {"piano": 5, "celesta": 1, "glockenspiel": 1, "pipe_organ": 0.7,
                     "tubular_bells": 0.5, "marimba": 0.5},
            "guitar": {"nylon_guitar": 1.0},
        },
        scales={"major": 0.3, "minor": 0.45, "harmonic minor": 0.15, "lydian": 0.1},
        chord_size=(3, 4),
        fills=0.2,
    ),
    "film": Style(
        bpm=(70, 150),
        form="long",
        kicks=("X.......X..x....", "X..x..X.X..x..X.", "X..............."),
        snares=(NO_DRUM, "....x..x....x.xx"),
        hats=(NO_DRUM, "x.x.x.x.x.x.x.x."),
        kits={"acoustic": 1.0, "sampler": 1.0, "electronic": 0.5},
        basses=((0,), EIGHTHS, (0, 3, 6, 8, 11, 14), (0, 8)),
        roles={
            "drums": 0.7, "bass": 0.25, "guitar": 0.12, "keys": 0.5, "strings": 0.95,
            "strings_2": 0.6, "brass": 0.65, "wind": 0.2, "plucked": 0.15, "backing": 0.45,
            "synth_pad": 0.7, "synth_arp": 0.5, "synth_bass": 0.55, "synth_lead": 0.2,
            "synth_pluck": 0.25, "synth_sweep": 0.4,
        },
        instruments=ORCHESTRA | {
            "keys": {"piano": 6, "celesta": 1, "timpani": 1},
            "guitar": {"distorted_guitar": 1.0, "clean_guitar": 1.0, "lead_guitar": 0.5},
        },
        scales={"minor": 0.65, "harmonic minor": 0.15, "dorian": 0.1, "major": 0.1},
        chord_size=(3, 4),
        ducking=0.1,
        drone=0.3,
        sweeping=0.45,
        fills=0.3,
    ),
}  # fmt: skip
