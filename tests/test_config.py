"""Configuration: layers, validation, errors that name the way out."""

import pytest
from pydantic import ValidationError

from synthgen_tf.config import BandMixerModel, Config, config_to_yaml, load_config, preset_names
from synthgen_tf.errors import InputError
from synthgen_tf.runs import read_run_config, resume_config


def test_layers_win_in_order(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("preset: tiny\nmodel: {width: 7}\ndata: {batch_size: 3, remix: 0.25}\n")

    config = load_config(file=file, settings=["data.batch_size=5"], flags={"training.minutes": 2})

    assert config.preset == "tiny"
    assert config.model.window == 1024  # the preset's
    assert config.model.width == 7  # the file's
    assert config.data.remix == 0.25
    assert config.data.batch_size == 5  # the setting's
    assert config.training.minutes == 2  # the flag's


def test_yaml_round_trip(tmp_path):
    file = tmp_path / "config.yaml"
    for preset in preset_names():
        config = load_config(preset, settings=["loss.terms={mse: 2.0}", "seed=9"])
        file.write_text(config_to_yaml(config))
        assert load_config(file=file) == config


def test_another_kind_of_network_starts_from_its_own_defaults(tmp_path):
    settings = ["model.kind=band_mixer", "model.dilations=[1, 2]"]
    config = load_config("base", settings=settings)
    assert isinstance(config.model, BandMixerModel)
    assert (config.model.width, config.model.dilations) == (64, (1, 2))
    assert (config.model.bands, config.data.remix) == (56, 0.6)  # of base, but for its network
    (tmp_path / "config.yaml").write_text(config_to_yaml(config))
    assert load_config(file=tmp_path / "config.yaml") == config


def test_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Config().data.batch_size = 2


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("modle.channels=4", ["'modle.channels'", "'model.channels'"]),
        ("data.batchsize=4", ["'data.batchsize'", "'data.batch_size'"]),
        ("sed=4", ["'sed'", "'seed'"]),
        ("model.width=wide", ["model.width", "'wide'", "integer"]),
        ("data.remix=1.5", ["data.remix", "1.5", "less than or equal to 1"]),
        ("model.window=1000", ["window 1000", "hop 512", "whole hops"]),
        ("loss.terms={nsme: 1}", ["loss.terms", "nsme"]),
        ("model.kind=crad", ["model.kind", "'crad'", "card or spectral"]),
        ("preset=base", ["--preset base"]),
        ("seed", ["'seed'", "section.key=value"]),
        ("seed={", ["seed", "YAML"]),
    ],
)
def test_bad_setting_is_one_line(setting, words):
    with pytest.raises(InputError) as caught:
        load_config("tiny", settings=[setting])
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_losses_that_do_not_fit_the_network_are_told_with_the_way_out():
    with pytest.raises(
        InputError, match=r"needs model\.kind spectral or band_mixer or unet: start from"
    ):
        load_config("small", settings=["model.kind=card"])
    with pytest.raises(InputError, match=r"kind card has no model\.window: .* --preset card"):
        load_config("card", settings=["model.window=2048"])
    with pytest.raises(InputError, match=r"nearest valid key is 'model\.filters'"):
        load_config("card", settings=["model.filtres=[3]"])


def test_the_preset_on_record_is_the_one_that_was_built(tmp_path):
    file = tmp_path / "base.yaml"
    file.write_text(config_to_yaml(load_config("base")))
    for settings in ([], ["model.hop=1024"]):
        config = load_config("tiny", file, settings)
        assert config.model.bottleneck == 256  # the file's
        assert config.preset == "base"
    file.write_text("preset: base\nmodel: {width: 7}\n")
    config = load_config("tiny", file)
    assert (config.preset, config.model.window, config.model.width) == ("tiny", 1024, 7)


def test_a_run_of_a_preset_that_is_gone_stays_readable(tmp_path):
    file = tmp_path / "config.yaml"
    expected = load_config("tiny", settings=["seed=9"])
    file.write_text(config_to_yaml(expected).replace("preset: tiny", "preset: gone"))
    config = read_run_config(tmp_path)
    assert config == expected.model_copy(update={"preset": "gone"})
    config, data = resume_config(tmp_path, ["training.epochs=3"], {}, tmp_path)
    assert (config.training.epochs, config.model, data) == (3, expected.model, tmp_path)
    with pytest.raises(InputError, match=r"'gone' in .*config\.yaml: choose one of base"):
        load_config(file=file)


def test_unknown_preset_names_the_known():
    with pytest.raises(InputError, match=r"'huge'.*card, large, small, tiny"):
        load_config("huge")


@pytest.mark.parametrize("content", ["- a\n- b\n", "a: [", "\x00"])
def test_bad_file(tmp_path, content):
    file = tmp_path / "bad.yaml"
    file.write_text(content)
    with pytest.raises(InputError, match=r"bad\.yaml"):
        load_config(file=file)
    with pytest.raises(InputError, match="missing"):
        load_config(file=tmp_path / "missing.yaml")
