"""Holds the soft synth: the sound that the extractor shall find.

Files:

    patch           what makes one synth sound, ready for JSON
    characters      families of synth sounds, as data, and what each role is given
    sample          draws patches
    voices          oscillators and filter of one key
    synth           the engine that plays a patch
"""
