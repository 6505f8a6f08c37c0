"""Exported models are run, in their own runtimes, and compared with the Keras model."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from synthgen_tf.config import config_to_yaml, load_config
from synthgen_tf.data import licence
from synthgen_tf.errors import InputError
from synthgen_tf.export import VARIANTS, export_run
from synthgen_tf.export.fold import folded
from synthgen_tf.export.warmup import WARMUP
from synthgen_tf.model import build_model
from synthgen_tf.runs import load_run
from synthgen_tf.separate import Separator
from synthgen_tf.separate.model_folders import find_model, read_card
from synthgen_tf.separate.predictors import load_predictor


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of the tiny preset as it was before its first step, with the files export reads."""
    path = tmp_path_factory.mktemp("run")
    config = load_config("tiny", settings=["data.segment_seconds=0.5"])
    tf.keras.utils.set_random_seed(3)
    build_model(config).save(path / "best.keras")
    (path / "config.yaml").write_text(config_to_yaml(config))
    (path / "MODEL_CARD.md").write_text("# card\n")
    return path


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("savedmodels") / "tiny"
    export_run(run, out, tflite=VARIANTS)
    return out


def noise(*shape):
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


def snr_db(expected, estimate):
    expected, estimate = np.float64(expected), np.float64(estimate)
    return 10 * np.log10(np.square(expected).sum() / np.square(expected - estimate).sum())


def test_layout_and_sums(exported):
    files = {entry.name for entry in exported.iterdir()}
    expected = {"tiny.tflite", "tiny_fp16.tflite", "tiny_dynamic.tflite", "tiny_int8.tflite"}
    assert files == {"1", "card.json", "MODEL_CARD.md"} | expected
    card = json.loads((exported / "card.json").read_text())
    assert (card["name"], card["version"], card["stem"]) == ("tiny", 1, "synth")
    assert (card["sample_rate"], card["channels"], card["segment"]) == (44_100, 2, 520 * 1024)
    assert {"1/saved_model.pb", "tiny.tflite"} <= set(card["sha256"])
    for name, expected in card["sha256"].items():
        assert hashlib.sha256((exported / name).read_bytes()).hexdigest() == expected


@pytest.mark.parametrize("frames", [1, 1000, 22_050, 30_001])
def test_savedmodel_predicts_like_keras(run, exported, frames):
    blocks = noise(3, frames, 2)
    expected = load_predictor(run)(blocks)
    estimate = load_predictor(exported)(blocks)
    np.testing.assert_allclose(estimate, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("variant", "at_least"), [("", 90), ("_fp16", 55), ("_dynamic", 30), ("_int8", 15)]
)
@pytest.mark.parametrize("frames", [1000, 22_050])
def test_tflite_predicts_like_keras(run, exported, variant, at_least, frames):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    blocks = noise(2, frames, 2)
    runner = interpreter.Interpreter(str(exported / f"tiny{variant}.tflite"))
    estimate = runner.get_signature_runner("serving_default")(mixture=blocks)["synth"]
    assert snr_db(load_predictor(run)(blocks), estimate) > at_least


def test_no_tflite_file_ends_tensorflows_own_runtime_when_batch_and_length_grow(exported):
    """XNNPACK of TensorFlow 2.17 crashed on the converter's dynamic range (in a process of its
    own, therefore)."""
    code = """
import sys, numpy, tensorflow
numpy.random.seed(0)
for file in sys.argv[1:]:
    interpreter = tensorflow.lite.Interpreter(file)
    index = interpreter.get_input_details()[0]["index"]
    for shape in ((1, 5000, 2), (2, 5000, 2), (4, 9000, 2)):
        interpreter.resize_tensor_input(index, shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(index, numpy.random.standard_normal(shape).astype("float32"))
        interpreter.invoke()
        output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        assert output.shape == shape and output.any(), file
"""
    files = [*exported.glob("*.tflite"), *load_shipped().folder.glob("*.tflite")]
    assert len(files) == 5
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def load_shipped():
    return read_card(find_model("synthgen"))


def test_shipped_files_are_those_of_the_card_and_small():
    card = load_shipped()
    names = {file.relative_to(card.folder).as_posix() for file in card.folder.rglob("*.*")}
    for name in card.sha256:
        card.check(card.folder / name)
        assert (card.folder / name).stat().st_size < 25e6
    assert {name for name in names if name.endswith(".tflite")} <= card.sha256.keys()


def test_weights_of_8_bits_take_less_room(exported):
    sizes = [(exported / f"tiny{part}.tflite").stat().st_size for part in ("", "_dynamic")]
    assert sizes[1] < 0.6 * sizes[0]  # of so small a network half is graph


IMAGES = {
    "band_mixer": "band: 24, width: 16",  # bins do not fill its last band
    "unet": "widths: [8, 12, 16], bottleneck: 8",
}
"""Networks of images rather than rows, small."""


@pytest.fixture(scope="module", params=IMAGES)
def imaging(request, tmp_path_factory):
    """A network with Conv2D layers: its run, and it exported."""
    run, folder = tmp_path_factory.mktemp("run"), tmp_path_factory.mktemp("savedmodels") / "mixer"
    small = f"kind: {request.param}, window: 1024, hop: 512, fine_bins: 128, block_seconds: 0.5"
    config = load_config(
        "tiny", settings=[f"model={{{small}, dilations: [1, 4], {IMAGES[request.param]}}}"]
    )
    tf.keras.utils.set_random_seed(3)
    build_model(config).save(run / "best.keras")
    (run / "config.yaml").write_text(config_to_yaml(config))
    export_run(run, folder, tflite=("fp32", "fp16", "dynamic"), half=True)
    return run, folder


@pytest.mark.parametrize(("variant", "at_least"), [("", 90), ("_fp16", 50), ("_dynamic", 20)])
@pytest.mark.parametrize("frames", [1000, 22_050])
def test_tflite_of_images(imaging, variant, at_least, frames):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    run, folder = imaging
    blocks = noise(2, frames, 2)
    runner = interpreter.Interpreter(str(folder / f"mixer{variant}.tflite"))
    estimate = runner.get_signature_runner("serving_default")(mixture=blocks)["synth"]
    assert snr_db(load_predictor(run)(blocks), estimate) > at_least


def fading_mono():
    """Music that ends in silence, alike on both channels: nothing is at its side, or behind it."""
    blocks = np.repeat(noise(2, 22_050, 1), 2, axis=2)
    blocks[:, 9000:] = 0.0
    return blocks


SILENCES = [("", 55), ("_fp16", 45), ("_dynamic", 20)]


def check_silence(run, file, at_least):
    """Half precision knows no power below 6e-8: what kept quotients finite became zero there."""
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    runner = interpreter.Interpreter(str(file)).get_signature_runner("serving_default")
    blocks = fading_mono()
    assert snr_db(load_predictor(run)(blocks), runner(mixture=blocks)["synth"]) > at_least
    assert not runner(mixture=np.zeros((2, 5000, 2), np.float32))["synth"].any()


@pytest.mark.parametrize(("variant", "at_least"), SILENCES)
def test_tflite_bears_silence(run, exported, variant, at_least):
    check_silence(run, exported / f"tiny{variant}.tflite", at_least)


@pytest.mark.parametrize(("variant", "at_least"), SILENCES)
def test_tflite_of_images_bears_silence(imaging, variant, at_least):
    check_silence(imaging[0], imaging[1] / f"mixer{variant}.tflite", at_least)


@pytest.mark.parametrize(
    ("kind", "behind_no_layer"),
    [("spectral", set()), ("band_mixer", {"decoder_norm"}), ("unet", set())],
)
def test_norms_fold_away(kind, behind_no_layer):
    network = [f"model.kind={kind}", "model.dilations=[1]"]
    model = build_model(load_config("tiny", settings=network))
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0.1, 0.5, weight.shape) for weight in model.get_weights()])
    without = folded(model)
    norms = [each for each in without.layers if "BatchNorm" in type(each).__name__]
    left = {"level_of_bins"} | behind_no_layer
    assert {each.name for each in norms} == left
    mixture = noise(2, 5000, 2)
    assert snr_db(model.predict_on_batch(mixture), without.predict_on_batch(mixture)) > 90


def test_half_stored_images_are_half_the_size(imaging):
    run, folder = imaging
    size = sum(file.stat().st_size for file in (folder / "1" / "variables").iterdir())
    assert size < 0.7 * 4 * load_run(run)[0].count_params()


def test_tflite_engine_needs_no_tensorflow(exported):
    code = f"""
import sys, numpy
from synthgen_tf.separate.predictors import load_predictor
predictor = load_predictor({str(exported)!r}, "tflite")
for shape in ((1, 500, 2), (2, 22050, 2)):
    assert predictor(numpy.ones(shape, numpy.float32)).shape == shape
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("frames", [1, 20_000, 60_001])
def test_separate_signature_is_the_separators_overlap_add(exported, frames):
    song = noise(frames, 2)
    outputs = tf.saved_model.load(str(exported / "1")).signatures["separate"](tf.constant(song))
    expected = Separator(load_predictor(exported)).separate(song, 44_100)
    np.testing.assert_allclose(outputs["synth"], expected["synth"], atol=1e-5)
    np.testing.assert_allclose(outputs["synth"] + outputs["rest"], song, atol=1e-6)


def test_saved_model_cli_runs_it_as_docs_say(exported, tmp_path):
    song = noise(30_000, 2)
    np.save(tmp_path / "mixture.npy", song)
    tool = Path(sys.executable).with_name("saved_model_cli")
    command = f"{tool} run --dir {exported}/1 --tag_set serve --signature_def separate"
    files = f"--inputs mixture={tmp_path}/mixture.npy --outdir {tmp_path}"
    subprocess.run([*command.split(), *files.split()], check=True, capture_output=True)
    parts = [np.load(tmp_path / f"{stem}.npy") for stem in ("synth", "rest")]
    np.testing.assert_allclose(sum(parts), song, atol=1e-6)


def test_bytes_signature_is_the_default_one_in_other_clothes(exported):
    signatures = tf.saved_model.load(str(exported / "1")).signatures
    blocks = noise(2, 5000, 2)
    packed = [block.astype("<f4").tobytes() for block in blocks]
    outputs = signatures["bytes"](mixture_bytes=tf.constant(packed))["synth_bytes"].numpy()
    estimates = np.stack([np.frombuffer(each, "<f4").reshape(-1, 2) for each in outputs])
    expected = signatures["serving_default"](mixture=tf.constant(blocks))["synth"]
    np.testing.assert_allclose(estimates, expected, atol=1e-6)


def test_warmup_requests_are_those_of_tensorflow_serving(exported):
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    loaded = tf.saved_model.load(str(exported / "1"))
    asked = set()
    for record in tf.data.TFRecordDataset(str(exported / "1" / WARMUP)):
        request = PredictionLog.FromString(record.numpy()).predict_log.request
        assert request.model_spec.name == "tiny"
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        asked.add(request.model_spec.signature_name)
        loaded.signatures[request.model_spec.signature_name](
            **{name: tf.constant(value) for name, value in inputs.items()}
        )
    assert asked == {"serving_default", "bytes", "separate"}


def test_changed_files_are_refused(run, tmp_path):
    out = tmp_path / "model"
    export_run(run, out)
    for file, engine in (("1/saved_model.pb", None), ("model.tflite", "tflite")):
        whole = (out / file).read_bytes()
        (out / file).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(InputError, match=rf"{file}.*SHA-256.*copy the model again"):
            load_predictor(out, engine)
        (out / file).write_bytes(whole)
    (out / "1" / "variables" / "variables.index").unlink()
    with pytest.raises(InputError, match=r"variables\.index.*no file"):
        load_predictor(out)


def test_info_signature(exported):
    info = tf.saved_model.load(str(exported / "1")).signatures["info"]()
    assert int(info["sample_rate"]) == 44_100
    assert int(info["channels"]) == 2
    assert int(info["segment"]) == 520 * 1024  # 12 s
    assert info["stems"].numpy().tolist() == [b"synth", b"rest"]
    assert int(info["version"]) == 1
    assert int(info["hop"]) == 392 * 1024  # three quarters, to the grid


def test_versions_stand_side_by_side(run, tmp_path):
    out = tmp_path / "model"
    export_run(run, out, tflite=())
    export_run(run, out, tflite=())
    assert {entry.name for entry in out.glob("*/")} == {"1", "2"}
    with pytest.raises(InputError, match="version 2 exists"):
        export_run(run, out, version=2)
    with pytest.raises(InputError, match="-1"):
        export_run(run, out, version=-1)


def test_nothing_of_an_older_version_is_run_beside_a_new_card(run, exported, tmp_path):
    out = tmp_path / "tiny"
    shutil.copytree(exported, out)
    (out / "mine.txt").write_text("stays")
    without_card = tmp_path / "run"
    shutil.copytree(run, without_card)
    (without_card / "MODEL_CARD.md").unlink()
    export_run(without_card, out, tflite=("fp16",))
    names = {entry.name for entry in out.iterdir()}
    assert names == {"1", "2", "card.json", "tiny_fp16.tflite", "mine.txt"}
    shutil.copy(exported / "tiny.tflite", out)  # by hand
    assert read_card(out).tflite() == out / "tiny_fp16.tflite"


def test_full_weights_of_tflite_are_full_beside_half_ones(run, exported, tmp_path):
    export_run(run, tmp_path / "tiny", half=True)
    assert (tmp_path / "tiny" / "tiny.tflite").stat().st_size > 200_000
    blocks = noise(1, 9000, 2)
    expected = load_predictor(exported, "tflite")(blocks)
    np.testing.assert_array_equal(load_predictor(tmp_path / "tiny", "tflite")(blocks), expected)


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["MIT"], "MIT"),
        (["MIT", licence.NAMES["moisesdb"]], licence.NAMES["moisesdb"]),
        (None, "unknown: decide before you publish"),
    ],
)
def test_the_licence_of_the_weights_is_that_of_their_data(run, tmp_path, licences, expected):
    trained = tmp_path / "run"
    shutil.copytree(run, trained)
    if licences:
        (trained / "environment.json").write_text(json.dumps({"licences": licences}))
    export_run(trained, tmp_path / "model", tflite=())
    assert read_card(tmp_path / "model").license == expected


def test_refusals_write_nothing(run, tmp_path):
    with pytest.raises(InputError, match=r"'int4'.*fp32"):
        export_run(run, tmp_path / "model", tflite=("int4",))
    with pytest.raises(InputError, match=r"config\.yaml"):
        export_run(tmp_path, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_half_stored_weights_are_half_the_size_and_nearly_the_same(run, exported, tmp_path):
    export_run(run, tmp_path / "half", tflite=(), half=True)
    sizes = [
        sum(file.stat().st_size for file in (folder / "1" / "variables").iterdir())
        for folder in (tmp_path / "half", exported)
    ]
    assert sizes[0] < 0.6 * sizes[1]
    mixture = noise(1, 22_050, 2)
    expected, estimate = (
        load_predictor(folder)(mixture) for folder in (exported, tmp_path / "half")
    )
    assert 55 < snr_db(expected, estimate) < 120
    assert tf.keras.config.dtype_policy().name == "float32"
