"""Training: run directory, strategies, interruption and resumption."""

import json
import shutil
import signal
import threading

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from synthgen_tf.config import load_config
from synthgen_tf.data import prepare, refuse_silence
from synthgen_tf.errors import InputError
from synthgen_tf.model.spectrum import Spectrum, magnitude, mid_and_side
from synthgen_tf.runs import (
    MONITOR,
    best_epoch,
    load_run,
    read_history,
    resume_config,
    write_history,
)
from synthgen_tf.tracks import Track
from synthgen_tf.train import compile_model, train, trained_part
from synthgen_tf.train.callbacks import Recorder, averaged_weights, learning_rate
from synthgen_tf.train.interrupt import deferred_interrupt
from synthgen_tf.train.optimizer import clip_over_replicas
from synthgen_tf.train.strategy import build_strategy
from synthgen_tf.train.validation import LEAST_SI_SDR, Validation


def short(*settings):
    quick = [
        "data.segment_seconds=0.25",
        "data.batch_size=4",
        "data.valid_segments=2",
        "training.epochs=3",
        "training.steps_per_epoch=2",
    ]
    return load_config("tiny", settings=[*quick, *settings])


@pytest.fixture(scope="module")
def run(songs, tmp_path_factory):
    """A finished run of three epochs."""
    path = tmp_path_factory.mktemp("runs") / "run"
    train(short(), songs, path)
    return path


def test_run_directory_explains_itself(run, songs):
    files = {entry.name for entry in run.iterdir()}
    assert files == {
        "config.yaml",
        "environment.json",
        "history.csv",
        "best.keras",
        "logs",
        "backup",
    }
    environment = json.loads((run / "environment.json").read_text())
    assert environment["data"] == str(songs)
    assert environment["packages"]["keras"] == keras.__version__
    assert load_config(file=run / "config.yaml") == short()
    rows = read_history(run)
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert [row["step"] for row in rows] == [2, 4, 6]
    validated = {"val_loss", "val_si_sdr_improvement", "val_snr", "val_si_sdr", "val_level_error"}
    assert rows[-1].keys() >= {"loss", "learning_rate"} | validated


def write_song(root, split, target):
    folder = root / split / f"song_{split}"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, 44_100)
    for stem, samples in (("synth", target), ("drums", noise)):
        soundfile.write(folder / f"{stem}.wav", samples, 44_100, subtype="FLOAT")


@pytest.mark.parametrize("split", ["train", "valid"])
@pytest.mark.parametrize("level", [0.0, 1e-9])
def test_targets_that_are_all_silent_are_refused(tmp_path, split, level):
    sound = 0.1 * np.sin(np.arange(44_100) * 0.05)
    for name in ("train", "valid"):
        write_song(tmp_path / "data", name, level * sound if name == split else sound)
    with pytest.raises(InputError, match=f"'synth' stem is silent in all 1 {split} tracks"):
        train(short(), tmp_path / "data", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    store = tmp_path / "store"
    prepare(tmp_path / "data", store, short())
    with pytest.raises(InputError, match=f"'synth' stem is silent in all 1 {split} tracks"):
        train(short(), store, tmp_path / "run")


def test_a_target_that_sounds_late_is_found():
    samples = np.zeros((44_100 * 25, 1), np.float32)
    samples[-1] = 0.01
    track = Track("late", "train", {"synth": ()}, 44_100, len(samples), 1, "FLOAT")
    reader = type("Late", (Track,), {"read": lambda self, stem, at, n: samples[at : at + n]})
    refuse_silence([reader(**vars(track))], "train", "synth")
    samples[-1] = 0.0
    with pytest.raises(InputError, match="silent"):
        refuse_silence([reader(**vars(track))], "train", "synth")


def test_the_only_song_is_said_to_have_become_test(tmp_path):
    write_song(tmp_path, "data", 0.1 * np.sin(np.arange(44_100) * 0.05))
    with pytest.raises(InputError, match=r"the only one, 'song_data', became `test`"):
        train(short(), tmp_path / "data", tmp_path / "run")


@pytest.mark.parametrize("error", [FloatingPointError("not finite"), KeyboardInterrupt()])
def test_the_chain_ends_with_training_whatever_ends_it(songs, tmp_path, monkeypatch, error):
    ended = threading.Event()

    def endless():
        try:
            while True:
                yield np.zeros((4, 11_025, 2), np.float32), np.zeros((4, 11_025, 2), np.float32)
        finally:
            ended.set()

    def chain(*arguments):
        spec = tf.TensorSpec((4, 11_025, 2))
        return tf.data.Dataset.from_generator(endless, output_signature=(spec, spec)).prefetch(2)

    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr("synthgen_tf.train.fit.training_examples", chain)
    monkeypatch.setattr(Recorder, "on_train_batch_end", fail)
    with pytest.raises(type(error)) as caught:  # its traceback lives on and keeps nothing
        train(short(), songs, tmp_path / "run")
    assert ended.wait(10), caught


def test_tensorboard_has_curves_pictures_and_sound(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def tags(folder):
        events = EventAccumulator(str(run / "logs" / folder))
        events.Reload()
        return events.Tags()["tensors"]

    assert "epoch_snr" in tags("validation")
    found = tags("samples")
    for name in ("mixture", "target", "estimate", "rest"):
        assert {f"sound/{name}", f"spectrogram/{name}"} <= set(found)


def test_best_model_is_the_one_of_the_best_epoch(run, songs):
    from synthgen_tf.data import select_tracks
    from synthgen_tf.data.chain import validation_examples
    from synthgen_tf.tracks import read_tracks
    from synthgen_tf.train import compile_model

    model, config = load_run(run)
    compiled = compile_model(config)
    compiled.set_weights(model.get_weights())
    tracks = select_tracks(read_tracks(songs), "valid", config)
    scores = compiled.evaluate(validation_examples(tracks, config), return_dict=True, verbose=0)
    best = best_epoch(read_history(run))
    assert scores["snr"] == pytest.approx(best["val_snr"], abs=1e-4)
    assert scores["si_sdr"] == pytest.approx(best["val_si_sdr"], abs=1e-4)


def losses(run):
    return [(row["loss"], row["val_loss"]) for row in read_history(run)]


def test_two_replicas_learn_like_one(run, songs, tmp_path):
    """Batch 4 over two devices against one: same examples, same losses."""
    train(short("training.strategy=mirrored"), songs, tmp_path / "mirrored")
    np.testing.assert_allclose(losses(tmp_path / "mirrored"), losses(run), rtol=1e-3)


def test_clipping_is_of_the_sum_over_replicas():
    """By hand: replicas with gradients (3, 0) and (0, 4) sum to (3, 4), of norm 5."""
    strategy = build_strategy(short("training.strategy=mirrored"))
    assert strategy.num_replicas_in_sync == 2

    @tf.function
    def clipped(norm):
        def of_replica():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group
            gradients = [tf.where(number == 0, 3.0, 0.0), tf.where(number == 0, 0.0, 4.0)]
            return tf.stack(clip_over_replicas(gradients, norm))

        return strategy.reduce("SUM", strategy.run(of_replica), axis=None)

    np.testing.assert_allclose(clipped(1.0), [0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(clipped(10.0), [3.0, 4.0], rtol=1e-6)  # short ones stay


def test_two_replicas_learn_like_one_when_clipped(songs, tmp_path):
    settings = ["training.clip_norm=0.02", "training.epochs=2"]
    for strategy in ("one", "mirrored"):
        train(short(*settings, f"training.strategy={strategy}"), songs, tmp_path / strategy)
    np.testing.assert_allclose(losses(tmp_path / "mirrored"), losses(tmp_path / "one"), rtol=1e-3)


def test_killed_run_resumes_as_if_unbroken(run, songs, tmp_path, monkeypatch):
    from synthgen_tf.train.samples import Samples

    path = tmp_path / "run"

    def killed(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    # Samples comes after the Recorder: epoch 1 is on disk, its end is not reached
    with monkeypatch.context() as patch:
        patch.setattr(Samples, "on_epoch_end", killed)
        with pytest.raises(KeyboardInterrupt):
            train(short(), songs, path)
    assert len(read_history(path)) == 2

    config, data = resume_config(path, (), {}, None)
    train(config, data, path, resume=True)
    np.testing.assert_allclose(losses(path), losses(run), rtol=1e-4)


def test_resume_after_a_kill_between_history_and_backup(run, songs, tmp_path):
    """The backup decides: rows of epochs that it does not hold are done again."""
    path = tmp_path / "run"
    with_two = short("training.epochs=2")
    train(with_two, songs, path)
    lost = (path / "history.csv").read_text().splitlines()
    (path / "history.csv").write_text("\n".join([*lost, lost[-1].replace("1,4,", "2,6,")]) + "\n")
    assert len(read_history(path)) == 3
    config, data = resume_config(path, ["training.epochs=3"], {}, None)
    train(config, data, path, resume=True)
    assert [row["step"] for row in read_history(path)] == [2, 4, 6]


def test_resume_keeps_all_but_training(run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    with pytest.raises(InputError, match=r"keeps all but training"):
        resume_config(copy, ["model.width=5"], {}, None)
    config, _ = resume_config(copy, (), {"training.minutes": 7}, None)
    assert config.training.minutes == 7
    with pytest.raises(InputError, match=r"holds no config\.yaml"):
        resume_config(tmp_path, (), {}, None)


def test_complete_run_wants_more_time(run, songs):
    with pytest.raises(InputError, match=r"complete with 3 epochs.*--minutes"):
        train(short(), songs, run, resume=True)


def test_minutes_end_the_run(songs, tmp_path):
    train(short("training.minutes=0.01", "training.epochs=1000"), songs, tmp_path / "run")
    rows = read_history(tmp_path / "run")
    assert 1 <= len(rows) < 20
    assert rows[-1]["learning_rate"] < 1e-3


def recorded(run, patience, scores):
    """The epoch after which a Recorder ends the training that scores so; None if it does not."""
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(use_ema=True), "mse")
    model.optimizer.build(model.trainable_variables)
    coming = iter(scores)

    class Scores:
        def __init__(self):
            self.model = model

        def __call__(self, trained):
            return {MONITOR: next(coming)}

    recorder = Recorder(run, [], patience, Scores())
    recorder.set_model(model)
    for epoch in range(len(scores)):
        model.stop_training = False
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"loss": 1.0})
        if model.stop_training:
            return epoch
    return None


@pytest.mark.parametrize(("patience", "last"), [(1, 2), (2, 5), (9, None)])
def test_patience_ends_the_run(tmp_path, patience, last):
    """Training ends `patience` epochs after the best score."""
    assert recorded(tmp_path, patience, [1.0, 2.0, 1.5, 2.5, 2.4, 2.4]) == last


def test_nan_never_wins_and_is_told(tmp_path, capfd):
    """NaN, then -2, NaN, -1, NaN, NaN: the fourth is the best, and two more are waited for."""
    nan = float("nan")
    assert recorded(tmp_path, 3, [nan, -2.0, nan, -1.0, nan, nan]) is None
    assert best_epoch(read_history(tmp_path))["epoch"] == 3
    told = capfd.readouterr().err.splitlines()
    assert [line[:18] for line in told] == [f"synthgen: epoch {n} " for n in (1, 3, 5, 6)]
    assert all("is not kept" in line for line in told)
    never = tmp_path / "never"
    never.mkdir()
    assert recorded(never, 3, [nan]) is None
    assert not (never / "best.keras").exists()


def validated(songs, estimated):
    """What validation finds of a network that gives `estimated(mixture)`."""
    from synthgen_tf.data import select_tracks
    from synthgen_tf.data.chain import validation_examples
    from synthgen_tf.tracks import read_tracks

    config = short()
    tracks = select_tracks(read_tracks(songs), "valid", config)
    mixture = keras.layers.Input((None, 2))
    model = keras.Model(mixture, keras.layers.Lambda(estimated)(mixture))
    compiled = compile_model(config)
    model.compile(loss="mse", metrics=compiled._compile_metrics._user_metrics)
    return Validation(model, validation_examples(tracks, config))(model)


@pytest.mark.parametrize("gain", [0.01, 0.5, 1.0, -2.0])
def test_no_gain_raises_the_score_of_validation(songs, gain):
    found = validated(songs, lambda mixture: gain * mixture)
    assert found[MONITOR] == pytest.approx(0.0, abs=1e-3)


def test_segments_are_scored_where_their_target_is_audible(tmp_path):
    """A target at -180 dB under a mixture at -140 dB is none, though both are raised alike."""
    from synthgen_tf.data.chain import validation_examples
    from synthgen_tf.tracks import read_tracks

    noise = np.random.default_rng(0).standard_normal((11_025, 2))
    for song, level in {"faint": 1e-7, "loud": 0.1}.items():
        folder = tmp_path / "valid" / song
        folder.mkdir(parents=True)
        soundfile.write(folder / "synth.wav", 0.01 * level * noise, 44_100, subtype="FLOAT")
        soundfile.write(folder / "drums.wav", level * noise[::-1], 44_100, subtype="FLOAT")
    config = short("data.valid_segments=1")
    faint, loud = read_tracks(tmp_path)
    examples = validation_examples([faint, loud], config)
    (mixture, target), *_ = examples
    assert np.square(mixture).mean((1, 2)) == pytest.approx([1.0, 1.0], rel=1e-3)
    assert not np.any(target[0])
    assert np.any(target[1])
    judge = Validation(compile_model(config), examples)
    assert judge.mixture_si_sdr == pytest.approx(LEAST_SI_SDR)  # the target is 40 dB below
    with pytest.raises(InputError, match="no validation segment has an audible target"):
        Validation(compile_model(config), validation_examples([faint], config))


def test_run_of_an_earlier_version_is_not_mixed_with_this_one(run, songs, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    rows = read_history(copy)
    for row in rows:
        del row[MONITOR]
    write_history(copy, rows)
    assert best_epoch(rows)["val_snr"] == max(row["val_snr"] for row in rows)
    config, data = resume_config(copy, ["training.epochs=9"], {}, None)
    before = (copy / "config.yaml").read_text()
    with pytest.raises(InputError, match=r"chose its best model by val_snr.*--weights"):
        train(config, data, copy, resume=True)
    assert (copy / "config.yaml").read_text() == before


def test_kept_model_has_the_averaged_weights(tmp_path):
    """One weight that goes 1, 2, 3: the average starts at 1, then 0.9 and 0.1 of each."""
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(1.0, use_ema=True, ema_momentum=0.9), "mse")
    weight = model.trainable_variables[0]
    weight.assign([[0.0]])
    model.optimizer.build([weight])
    for _ in range(3):
        model.optimizer.apply([keras.ops.convert_to_tensor([[-1.0]])])
    with averaged_weights(model):
        assert float(weight.numpy()[0, 0]) == pytest.approx(0.9 * 1.1 + 0.1 * 3, abs=1e-6)
    assert float(weight.numpy()[0, 0]) == 3.0


@pytest.mark.parametrize("terms", ["magnitude", "nmse"])
def test_trained_part_shares_its_weights(terms):
    config = short(f"loss.terms={{{terms}: 1.0}}")
    model = compile_model(config)
    trained = trained_part(model, config)
    assert [id(w) for w in trained.trainable_variables] == [
        id(w) for w in model.trainable_variables
    ]
    mixture = np.random.default_rng(0).standard_normal((1, 8192, 2)).astype(np.float32)
    if terms == "magnitude":  # those of the whole network's estimate, where bins are consistent
        found = np.array(trained(mixture))
        estimate = np.array(model(mixture))
        expected = np.array(magnitude(*Spectrum(1024, 512)(mid_and_side(estimate))))
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.95
    else:
        np.testing.assert_array_equal(trained(mixture), model(mixture))


MIXER = (
    "model={kind: band_mixer, window: 1024, hop: 512, fine_bins: 128, width: 16, dilations: [1, 4]}"
)


UNET = "model={kind: unet, window: 1024, hop: 512, fine_bins: 128, widths: [8, 12, 16]}"


@pytest.mark.parametrize("network", [(), (MIXER,), (UNET,)], ids=["spectral", "band_mixer", "unet"])
def test_magnitude_loss_learns(songs, tmp_path, network):
    settings = [*network, "loss.terms={magnitude: 1.0}", "training.steps_per_epoch=10"]
    train(short(*settings, "training.learning_rate=0.01"), songs, tmp_path / "run")
    rows = read_history(tmp_path / "run")
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert rows[0].keys() >= {"val_loss", MONITOR, "val_snr", "val_level_error"}


def test_diverging_run_stops_and_says_so(songs, tmp_path):
    with pytest.raises(
        FloatingPointError, match=r"loss is .* at step \d+: no epoch.*learning_rate"
    ):
        train(short("training.learning_rate=1e30", "training.warmup=0"), songs, tmp_path / "run")


def test_existing_run_and_bad_data_write_nothing(run, songs, tmp_path):
    with pytest.raises(InputError, match="exists"):
        train(short(), songs, run)
    with pytest.raises(InputError, match="'organ'"):
        train(short("data.target=organ"), songs, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_rate_rises_then_falls():
    training = short("training.warmup=0.1", "training.learning_rate=1.0").training
    assert learning_rate(training, 0.05) == pytest.approx(0.5)
    assert learning_rate(training, 0.1) == pytest.approx(1.0)
    assert learning_rate(training, 0.55) == pytest.approx(0.5)
    assert learning_rate(training, 1.0) == pytest.approx(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_waits_for_the_end_of_a_step(number):
    """And so do the signals that the command line lets end like it."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        check_interrupts(number)
    finally:
        signal.signal(number, before)


def check_interrupts(number):
    with deferred_interrupt() as interrupted:
        interrupted.on_train_batch_end(0)
    end = interrupt_once(number)
    with pytest.raises(KeyboardInterrupt):
        end.__exit__(None, None, None)
    end = interrupt_once(number)
    with pytest.raises(KeyboardInterrupt):  # the second one acts at once
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.default_int_handler


def interrupt_once(number):
    """A deferred interrupt, entered, that has had its Ctrl-C and raised where it should."""
    manager = deferred_interrupt()
    interrupted = manager.__enter__()
    signal.raise_signal(number)  # raises nothing here
    with pytest.raises(KeyboardInterrupt):
        interrupted.on_train_batch_end(1)
    return manager
