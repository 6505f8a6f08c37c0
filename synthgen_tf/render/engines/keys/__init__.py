"""Holds keyboards and what else is struck in tune.

Files:

    piano           the piano, and what every keyboard engine is built on
    electric        tine piano, reed piano, clavinet
    mallets         struck bars, tubes, tongues and kettles
    organ           the electric organ and its rotating loudspeaker
    pipe            keys that let air through: pipe organ, accordion, harmonica
"""
