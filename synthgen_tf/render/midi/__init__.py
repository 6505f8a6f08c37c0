"""Makes scores from MIDI files.

Files:

    read            MIDI file -> notes in seconds, with what pedals, wheels and faders do to them
    roles           what each of its parts does in a song, and a synth that suits it
    arrange         an excerpt as a score: in another key and tempo, with other instruments
"""
