"""`synthgen models`: the models that come with SynthGen."""

import typer


def models() -> None:
    """List the models that come with SynthGen."""
    from synthgen_tf.separate.model_folders import shipped_models

    cards = shipped_models()
    for card in cards:
        typer.echo(
            f"{card.name} {card.version}: {card.stem}, {card.parameters / 1e6:.1f} M parameters, "
            f"{card.sample_rate} Hz, {card.channels} channels, {card.license}, {card.folder}"
        )
    if not cards:
        typer.echo("none")
