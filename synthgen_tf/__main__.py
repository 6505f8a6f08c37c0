"""`python -m synthgen_tf` is `synthgen`."""

from synthgen_tf.cli import main

if __name__ == "__main__":
    main()
