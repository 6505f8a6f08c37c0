"""Mixes and masters: from dry parts to five stems that sum exactly. Sounds are (time, 2) float32.

Files:

    effects         what a part or a stem can be sent through
    chains          draws the effects of a part
    buses           draws the effects of a whole stem
    desk            the level of each role, and the reverb of the song
    master          bus compression, limiter, clipping and coding, and 16-bit stems
    loudness        how loud finished sound is in each second, and how wide
"""
