"""Holds bowed strings.

Files:

    sections        sections: held, trembling, or plucked with the finger
    solo            one string, or a few soloists when they are given chords
"""
