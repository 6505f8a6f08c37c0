"""A catalogue of songs on many machines: the separation of `separate`, as a Ray Data job.

    python -m synthgen_tf.scale s3://songs --out s3://stems --manifest stems --workers 64

Module     -> what comes in -> what goes out
storage    -> address of a folder or bucket -> its songs; files fetched and put
worker     -> one song -> its stems in place, its row of the manifest; the model loaded once
cluster    -> all songs -> what became of them, through a Ray cluster
"""

from synthgen_tf.scale.cluster import CatalogueResult, separate_catalogue

__all__ = ["CatalogueResult", "separate_catalogue"]
