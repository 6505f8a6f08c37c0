"""Holds plucked strings.

Files:

    strings         what one string does, and what two hands do with several
    amp             guitar and bass amplifiers
    guitars         guitars, and what else has strings and frets
    bass            basses: finger, pick, slap, fretless, upright
"""
