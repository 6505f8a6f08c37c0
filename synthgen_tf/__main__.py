"""`python -m synthgen_tf` does what the command `synthgen` does."""

from synthgen_tf.cli import main

if __name__ == "__main__":
    main()
