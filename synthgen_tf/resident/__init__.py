"""Training on songs in the device's memory: any backend of Keras, no tf.data, no files on the way.

Module     -> what comes in -> what goes out
songs      -> Tracks -> shards: int16 songs end to end, of one shape
rendering  -> Config, what is rendered from -> renderers at work
renderers  -> seed, sources -> shards, rendered by processes while training runs
device_mix -> shards, draw -> Example (batch, segment, channels), on the device
feed       -> shards as they get ready -> batches
held_out   -> Tracks -> validation segments
train      -> Config, songs -> run directory

The last four need Keras and are imported by their own names: renderers start before it.
"""
