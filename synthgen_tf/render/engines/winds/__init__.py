"""Holds wind instruments, and all that plays one tone at a time.

Files:

    line            lines, phrases on one breath or bow, and how a tone is held
    woodwinds       flutes, clarinet, double reeds, saxophones
    brass           sections and soloists, open and muted
"""
