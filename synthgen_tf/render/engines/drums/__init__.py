"""Holds drums and percussion.

Files:

    acoustic        skins, shells and bronze
    machines        drum machines
    percussion      hand percussion
    drums           the engine: which piece sounds for which number, and the room around the kit
    kits            recorded kits: folders of one-shots
    sampled         the engine that plays a recorded kit
"""
