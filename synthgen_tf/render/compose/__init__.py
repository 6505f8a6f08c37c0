"""Composes songs: from a seed to a score that engines can play.

Files and a room:

    score           what all of this is for: notes, parts and the whole score
    styles          what each style is made of, as data
    harmony         scales, chord progressions and voicings
    structure       the form: sections, how strong each is, who rests where
    plan            style, tempo, form and chords, which all players share
    beats           drum parts
    lines           bass lines, comping, arpeggios and melodies
    parts           one part: the instrument that plays it, and its notes
    compose         the score: who plays, how the song grows and how human it is
"""
