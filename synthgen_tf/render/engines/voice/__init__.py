"""Holds the singers.

Files:

    words           the sounds of speech, and syllables made of them at random
    throat          pulses of the glottis and their pitch
    tract           from syllables to curves, and a filter whose formants follow them
    singers         the engine: alone, doubled, in a choir, or speaking in time
    speech          has syllables spoken by a voice that was a person's
    flite           voices of flite
    festival        voices of Festival, in four languages
    vocoded         the engine of those voices: a vocoder sings what they spoke
"""
