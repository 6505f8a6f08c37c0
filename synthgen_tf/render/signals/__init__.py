"""Holds what every sound is built of. Mono signals are (time,), float32.

Files:

    dsp             time, pitch, envelopes, noise, filters that stand still, resonances, delays
    waves           the spectra of oscillators whose shape may change while they sound
    wavetables      banks of cycles made from such spectra, and how they are read
    filters         the synth's filters, and filters that move while sound runs through them
"""
