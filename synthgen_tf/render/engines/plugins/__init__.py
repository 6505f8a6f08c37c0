"""Plays synth engines that are installed beside SynthGen.

Files:

    dssi            plays parts on DSSI plugins, each in a process of its own
    dssi_host       that process, run as a script
    scsynth         Sonic Pi's synth definitions, played by SuperCollider's server
    hexter          patches for hexter, drawn at random
    kinds           which engines there are, where they lie, and their presets
    listen          which roles a preset can play, told from how it sounds
    plugin          the engine that plays a preset
    installed       finds what is installed, sounds its presets once, deals them to the splits
"""
