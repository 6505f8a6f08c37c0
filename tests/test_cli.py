"""The command line as its users meet it: real processes for the entry, the app for the rest."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import soundfile
import typer
from typer.testing import CliRunner

from synthgen_tf import __version__, audio, cli
from synthgen_tf.cli.commands import app
from synthgen_tf.cli.options import listed
from synthgen_tf.errors import InputError

SYNTHGEN = Path(sys.executable).with_name("synthgen")
MUSDB_STEMS = ("mixture", "drums", "bass", "other", "vocals")
TINY = ["--preset", "tiny", "--set", "data.segment_seconds=0.25", "--set", "data.batch_size=4"]


def synthgen(*arguments, **options):
    """Run the installed command; its output as text."""
    command = [SYNTHGEN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def run(songs, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run"
    steps = ["--set", "training.epochs=1", "--set", "training.steps_per_epoch=2"]
    result = invoke("train", "--data", songs, "--run", path, *TINY, *steps)
    assert result.exit_code == 0
    assert (path / "MODEL_CARD.md").is_file()
    return path


def test_help_starts_no_tensorflow_and_tells_every_command():
    done = synthgen("--help")
    assert done.returncode == 0
    names = ("separate", "render", "describe", "train", "evaluate", "report", "export", "demo")
    for name in (*names, "info"):
        line = next(line for line in done.stdout.splitlines() if line.split()[:1] == [name])
        assert len(line.split()) > 3
        assert not line.endswith("...")
    code = (
        "import sys; sys.argv = ['synthgen', '--help']\n"
        "from synthgen_tf.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL).returncode == 0


def test_every_command_has_a_file_of_its_name_and_files_stay_small():
    folder = Path(cli.__file__).parent
    names = {path.stem: len(path.read_text().splitlines()) for path in folder.glob("*.py")}
    commands = {command.callback.__name__: command.callback for command in app.registered_commands}
    assert set(names) == {"__init__", "commands", "options", "start", "terminal", *commands}
    for name, command in commands.items():
        assert command.__module__ == f"synthgen_tf.cli.{name}"
    assert max(names.values()) <= 250


@pytest.mark.parametrize(
    ("command", "option", "words"),
    [
        ("separate", "--engine", "keras, savedmodel or tflite; told from the model."),
        ("separate", "--format", "wav, flac or mp3."),
        ("separate", "--subtype", "FLOAT, PCM_16 or PCM_24; wav is FLOAT, flac PCM_24."),
        (
            "separate",
            "--clip",
            "Of PCM and mp3, beyond full scale: clamp, rescale (turn all stems of the song down by "
            "one gain) or none (refuse the song).",
        ),
        ("render", "--format", "wav or flac."),
        ("render", "--engines", "amsynth, xsynth, hexter, scsynth, whysynth, vital, with commas"),
        ("render", "--split", "Else by number: train, valid and test."),
        ("prepare", "--kind", "rendered, musdb18, musdb18hq, slakh, moisesdb, medleydb, folder;"),
        ("train", "--preset", "base, card, large, small, tiny."),
        ("evaluate", "--split", "train, valid, test, another that the data set has, or all."),
        ("export", "--tflite", "Of fp32, fp16, dynamic, int8; comma-separated."),
    ],
)
def test_help_names_every_choice(command, option, words):
    options = typer.main.get_command(app).commands[command].params
    (found,) = [each for each in options if option in each.opts]
    assert words in found.help


def test_a_meaning_is_of_a_choice():
    assert listed(Literal["a", "b", "c"], "or", b="the best") == "a, b (the best) or c"
    with pytest.raises(KeyError):
        listed(Literal["a", "b"], d="of none")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["separate"], ["FILE_OR_DIR", "synthgen separate --help"]),
        (["frobnicate"], ["frobnicate", "synthgen --help"]),
        (["train", "--frobnicate", "3"], ["--frobnicate"]),
        (["train", "--run", "x", "--minutes", "abc"], ["--minutes", "number"]),
        (["train", "--run"], ["--run", "argument"]),
    ],
)
def test_bad_usage_is_one_line_and_code_2(arguments, words):
    done = synthgen(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("synthgen: ")
    assert all(word in line for word in words), line


def test_short_help_version_and_module():
    for command in ([], ["train"]):
        assert synthgen(*command, "-h").stdout == synthgen(*command, "--help").stdout != ""
    assert synthgen("--version").stdout == f"synthgen {__version__}\n"
    module = [sys.executable, "-m", "synthgen_tf", "--version"]
    done = subprocess.run(module, capture_output=True, text=True, check=True)
    assert done.stdout == f"synthgen {__version__}\n"


def test_exit_code_of_a_command_is_that_of_the_process(tmp_path):
    assert synthgen("prepare", tmp_path / "gone", tmp_path / "store").returncode == 2
    folder = tmp_path / "data" / "train" / "song"
    folder.mkdir(parents=True)
    (folder / "synth.wav").write_bytes(b"no sound")
    assert synthgen("prepare", tmp_path / "data", tmp_path / "store").returncode == 1


def test_what_others_set_for_keras_does_not_matter(run, songs, tmp_path):
    mixture = next((songs / "test").iterdir()) / "mixture.wav"
    home = tmp_path / "home"
    (home / ".keras").mkdir(parents=True)
    strange = {"backend": "jax", "floatx": "float16", "image_data_format": "channels_first"}
    (home / ".keras" / "keras.json").write_text(json.dumps({**strange, "epsilon": 0.5}))
    others = {
        "KERAS_BACKEND": "torch",
        "KERAS_MAX_STEPS_PER_EPOCH": "1",
        "HOME": str(home),
    }
    stems = []
    for name, more in (("plain", {}), ("others", others)):
        command = ["separate", mixture, "--out", tmp_path / name, "--model", run]
        done = synthgen(*command, env={**os.environ, **more})
        assert (done.returncode, done.stderr) == (0, "")
        stems.append((tmp_path / name / "mixture" / "synth.wav").read_bytes())
    assert stems[0] == stems[1]


def test_closed_streams_are_survived(songs, tmp_path):
    """Bad input still ends with its code, good input with stems that hold sound alone."""
    mixture = next((songs / "test").iterdir()) / "mixture.wav"
    stems = []
    for name, closing in (("open", ""), ("closed", "<&- >&- 2>&-")):
        command = f"{SYNTHGEN} separate {mixture} --out {tmp_path / name} --engine tflite {closing}"
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        stems.append((tmp_path / name / "mixture" / "synth.wav").read_bytes())
    assert stems[0] == stems[1]
    command = f"{SYNTHGEN} separate no.wav --out {tmp_path / 'o'} --engine tflite 2>&-"
    assert subprocess.run(["sh", "-c", command], capture_output=True).returncode == 2


def test_resume_works_from_elsewhere(songs, tmp_path):
    steps = ["--set", "training.steps_per_epoch=2"]
    start = ["train", "--data", songs.name, "--run", tmp_path / "run", *TINY, *steps]
    assert synthgen(*start, "--set", "training.epochs=1", cwd=songs.parent).returncode == 0
    record = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert record["data"] == str(songs)
    assert record["licences"] == ["MIT"]
    assert "Weights: MIT." in (tmp_path / "run" / "MODEL_CARD.md").read_text()
    again = ["train", "--run", "run", "--resume", "--set", "training.epochs=2"]
    assert synthgen(*again, cwd=tmp_path).returncode == 0
    record["data"] = str(tmp_path / "gone")
    (tmp_path / "run" / "environment.json").write_text(json.dumps(record))
    done = synthgen(*again[:-1], "training.epochs=3", cwd=tmp_path)
    assert done.returncode == 2
    assert "by --data where it is now" in done.stderr


def test_info_and_models():
    done = synthgen("info")
    assert done.returncode == 0
    assert f"synthgen_tf   {__version__}" in done.stdout
    assert synthgen("models").returncode == 0


def test_train_evaluate_export_separate(run, songs, tmp_path):
    scores = tmp_path / "scores.json"
    result = invoke("evaluate", "--data", songs, "--model", run, "--out", scores)
    assert result.exit_code == 0
    assert "the model" in result.stdout
    assert "mixture as it is" in result.stdout
    assert json.loads(scores.read_text())["split"] == "test"

    stems = tmp_path / "stems"
    for mixture in songs.glob("test/*/mixture.wav"):
        result = invoke("separate", mixture, "--out", stems / mixture.parent.name, "--model", run)
        assert result.exit_code == 0
        (stems / mixture.parent.name / "mixture" / "synth.wav").rename(
            stems / mixture.parent.name / "synth.wav"
        )
    again = ["--data", songs, "--estimates", stems, "--out", tmp_path / "again.json", "--museval"]
    assert invoke("evaluate", *again).exit_code == 0
    first, second = (json.loads(file.read_text()) for file in (scores, tmp_path / "again.json"))
    for name, value in first["tracks"][0]["estimate"].items():
        assert second["tracks"][0]["estimate"][name] == pytest.approx(value, abs=1e-3)
    assert {"sdr", "isr", "sir", "sar"} <= second["median"]["estimate"].keys()
    assert len(list((tmp_path / "again_museval" / "test").glob("*.json"))) == 1

    exported = tmp_path / "savedmodels" / "mine"
    result = invoke("export", "--model", run, "--out", exported, "--tflite", "fp32,fp16")
    assert result.exit_code == 0
    assert (exported / "mine_fp16.tflite").is_file()

    song = next((songs / "test").iterdir()) / "mixture.wav"
    stems = {}
    for engine in ("savedmodel", "tflite"):
        out = tmp_path / engine
        result = invoke("separate", song, "--out", out, "--model", exported, "--engine", engine)
        assert result.exit_code == 0
        stems[engine], _ = soundfile.read(out / "mixture" / "synth.wav")
    np.testing.assert_allclose(stems["savedmodel"], stems["tflite"], atol=1e-5)


def test_separates_every_kind_of_file_exactly(run, tmp_path):
    random = np.random.default_rng(0)
    noise = random.uniform(-0.3, 0.3, (50_001, 2))
    tone = 0.5 * np.sin(np.arange(48_000) * 0.05)
    soundfile.write(tmp_path / "mono.wav", tone, 48_000, subtype="PCM_24")
    soundfile.write(tmp_path / "stereo.flac", noise, 44_100)
    soundfile.write(tmp_path / "song.mp3", noise, 44_100)
    write_m4a(tmp_path / "song.m4a", noise.astype(np.float32))
    inputs = [tmp_path / name for name in ("mono.wav", "stereo.flac", "song.mp3", "song.m4a")]
    result = invoke("separate", *inputs, "--out", tmp_path / "out", "--model", run)
    assert result.exit_code == 0
    for path, name in zip(inputs, ("mono", "stereo", "song", "song_2"), strict=True):
        mixture, rate = audio.read(path)
        parts = [audio.read(tmp_path / "out" / name / f"{stem}.wav") for stem in ("synth", "rest")]
        assert all(part.shape == mixture.shape and own == rate for part, own in parts)
        assert np.abs(parts[0][0] + parts[1][0] - mixture).max() < 1e-6


def write_m4a(path, samples):
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), "fltp", "stereo")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def bad_cases(tmp_path, songs, run):
    """Arguments and the words that the one line must hold."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.wav").write_text("this is no sound\n" * 50)
    (tmp_path / "nothing.wav").write_bytes(b"")
    whole = next((songs / "test").iterdir()) / "mixture.wav"
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[:50_000])
    drums = tmp_path / "drums_only" / "train" / "song"
    drums.mkdir(parents=True)
    shutil.copy(whole, drums / "drums.wav")
    separate = ["separate", "--out", tmp_path / "out", "--model", run]
    train = ["train", "--run", tmp_path / "new_run"]
    return {
        "missing file": ([*separate, tmp_path / "no.wav"], ["no.wav", "does not exist"]),
        "folder without audio": ([*separate, tmp_path / "empty"], ["empty", "audio"]),
        "text named wav": ([*separate, tmp_path / "text.wav"], ["text.wav"]),
        "empty file": ([*separate, tmp_path / "nothing.wav"], ["nothing.wav", "empty"]),
        "truncated file": ([*separate, tmp_path / "cut.wav"], ["cut.wav"]),
        "unknown stem": ([*separate, whole, "--stems", "organ"], ["organ", "synth"]),
        "unknown format": ([*separate, whole, "--format", "aac"], ["aac", "wav"]),
        "unknown model": (["separate", whole, "--out", tmp_path / "out", "--model", "x"], ["'x'"]),
        "unknown engine": ([*separate, whole, "--engine", "onnx"], ["onnx", "tflite"]),
        "engine of a run": ([*separate, whole, "--engine", "tflite"], ["synthgen export"]),
        "unknown preset": ([*train, "--data", songs, "--preset", "huge"], ["huge", "tiny"]),
        "unknown key": (
            [*train, "--data", songs, "--set", "modle.channels=4"],
            ["'modle.channels'", "'model.channels'"],
        ),
        "bad value": ([*train, "--data", songs, "--minutes", "-1"], ["training.minutes", "-1"]),
        "unknown strategy": ([*train, "--data", songs, "--strategy", "all"], ["training.strategy"]),
        "no data": ([*train], ["--data"]),
        "missing data": ([*train, "--data", tmp_path / "gone"], ["gone", "does not exist"]),
        "empty data": ([*train, "--data", tmp_path / "empty"], ["empty", "no tracks"]),
        "no synth stem": ([*train, "--data", tmp_path / "drums_only"], ["'synth'", "drums"]),
        "run exists": (["train", "--run", run, "--data", songs], ["exists", "--resume"]),
        "nothing to resume": (["train", "--run", tmp_path / "no", "--resume"], ["config.yaml"]),
        "split without tracks": (
            [
                "evaluate",
                "--data",
                songs,
                "--split",
                "dev",
                "--model",
                run,
                "--out",
                tmp_path / "s",
            ],
            ["dev", "test, train, valid"],
        ),
        "unknown kind": (
            ["evaluate", "--data", songs, "--kind", "cd", "--model", run, "--out", tmp_path / "s"],
            ["'cd'", "musdb18hq"],
        ),
        **bad_scoring(tmp_path, songs, run),
        "unknown clip policy": ([*separate, whole, "--clip", "wrap"], ["wrap", "rescale"]),
        "overlap out of range": ([*separate, whole, "--overlap", "1"], ["overlap is 1", "0.9"]),
        "no shifts": ([*separate, whole, "--shifts", "0"], ["shifts is 0"]),
        "segment of nothing": ([*separate, whole, "--segment", "0"], ["segment is 0"]),
        "report on nothing": (["report", tmp_path / "empty"], ["holds no run"]),
        "report on text": (["report", tmp_path / "text.wav"], ["holds no scores"]),
        "export of no run": (
            ["export", "--model", tmp_path / "empty", "--out", tmp_path / "m"],
            ["config.yaml"],
        ),
        "unknown variant": (
            ["export", "--model", run, "--out", tmp_path / "m", "--tflite", "fp64"],
            ["fp64", "fp16"],
        ),
        "render into other data": (["render", tmp_path, "--songs", "1"], [tmp_path.name]),
        "render by a stranger": (
            ["render", tmp_path / "r", "--songs", "1", "--engines", "moog"],
            ["moog", "amsynth"],
        ),
        "render nothing": (["render", tmp_path / "r", "--songs", "0"], ["0"]),
        "demo into other data": (["demo", "--out", tmp_path], ["--out"]),
    }


def bad_scoring(tmp_path, songs, run):
    """Those of `evaluate`."""
    evaluate = ["evaluate", "--data", songs, "--out", tmp_path / "s"]
    estimates = ["--estimates", tmp_path / "empty"]
    return {
        "estimates and a model": ([*evaluate, *estimates, "--model", run], ["one at a time"]),
        "stem without estimates": ([*evaluate, "--model", run, "--stem", "other"], ["--estimates"]),
        "no estimates": ([*evaluate, *estimates], ["empty", "no audio file"]),
    }


def test_bad_input_is_one_line_and_writes_nothing(tmp_path, songs, run):
    cases = bad_cases(tmp_path, songs, run)
    before = sorted(tmp_path.rglob("*"))
    for name, (arguments, words) in cases.items():
        with pytest.raises(InputError) as caught:
            invoke(*arguments)
        message = str(caught.value)
        assert "\n" not in message, name
        for word in words:
            assert word in message, f"{name}: {word!r} is not in {message!r}"
        assert sorted(tmp_path.rglob("*")) == before, name


def test_errors_end_the_process_with_one_line_and_code_2(tmp_path):
    done = synthgen("separate", tmp_path / "no.wav", "--out", tmp_path, "--model", tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("synthgen: ")


def test_what_is_said_of_an_input_is_one_line():
    script = (
        "import warnings; from synthgen_tf.cli import run; from synthgen_tf.errors import *\n"
        "say = lambda line, kind: warnings.warn(line, kind, stacklevel=1)\n"
        "run(lambda **_: [say('x.m4a is\\ndamaged', InputWarning) for _ in range(3)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr == "synthgen: x.m4a is damaged\n"


def test_one_bad_file_among_good_ones_is_code_1(run, songs, tmp_path):
    song = next((songs / "test").iterdir()) / "mixture.wav"
    result = invoke("separate", song, tmp_path / "no.wav", "--out", tmp_path / "o", "--model", run)
    assert result.exit_code == 1
    assert (tmp_path / "o" / "mixture" / "synth.wav").is_file()
    assert "no.wav" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="musdb needs ffmpeg")
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # stempeg's
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_trains_on_musdb18_stem_files_and_ends(songs, tmp_path):
    """On rendered songs in MUSDB18's clothes; the excerpt in stempeg is not ours to train on."""
    import stempeg

    (tmp_path / "train").mkdir()
    for i, song in enumerate(sorted((songs / "train").iterdir())[:2]):
        stems = [soundfile.read(song / f"{stem}.wav")[0] for stem in MUSDB_STEMS]
        path = tmp_path / "train" / f"Band - Song {i}.stem.mp4"
        stempeg.write_stems(str(path), np.stack(stems), writer=stempeg.StreamsWriter())
    gc.collect()  # what stempeg leaves open, while its warnings are expected
    steps = ["--set", "training.epochs=1", "--set", "training.steps_per_epoch=2"]
    target = ["--set", "data.target=other"]
    done = synthgen(
        "train", "--data", tmp_path, "--run", tmp_path / "run", *TINY, *steps, *target, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "is not prepared" in done.stderr
    assert "stem `other`" in (tmp_path / "run" / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_like_ctrl_c(tmp_path, number):
    """Nothing half-written stays, and no new folder; 130 and one line."""
    song, out = tmp_path / "song.wav", tmp_path / "out"
    soundfile.write(song, np.zeros((44_100 * 900, 1), np.int16), 44_100)
    command = [SYNTHGEN, "separate", song, "--out", out, "--engine", "tflite"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob(".writing_*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "synthgen: interrupted\n")
    assert list(tmp_path.iterdir()) == [song]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["separate", "", "--out", "o"], "argument 2"),
        (["separate", "song.wav", "--out", ""], "--out"),
        (["separate", "song.wav", "--out="], "--out"),
        (["train", "--run", "r", "--data", ""], "--data"),
        (["separate", "song.wav", "--out", "o", "--model", ""], "--model"),
    ],
)
def test_an_empty_argument_is_no_current_folder(tmp_path, arguments, name):
    soundfile.write(tmp_path / "song.wav", np.zeros(100), 44_100)
    done = synthgen(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"synthgen: {name} is empty")
    assert [file.name for file in tmp_path.iterdir()] == ["song.wav"]


def test_a_missing_input_is_told_before_tensorflow_loads(tmp_path):
    code = (
        "import sys\nfrom synthgen_tf.cli.commands import app\n"
        f"sys.argv = ['synthgen', 'separate', {str(tmp_path / 'no.wav')!r}, '--out', 'o', "
        "'--engine', 'savedmodel']\n"
        "try:\n    app()\nexcept ValueError as error:\n    print(error)\n"
        "print('tensorflow' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.splitlines()[-2:] == [
        f"{tmp_path / 'no.wav'} does not exist: expected an audio file",
        "False",
    ]


def test_options_in_any_case_and_what_was_left(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    soundfile.write(folder / "song.wav", np.zeros((4000, 2)), 44_100)
    for name in ("cover.jpg", "a.txt", "b.txt"):
        (folder / name).touch()
    options = ["--format", "WAV", "--subtype", "pcm_16", "--stems", "synth, ,", "--clip", "None"]
    result = invoke("separate", folder, "--out", out, *options, "--engine", "TFLite")
    assert result.exit_code == 0
    assert soundfile.info(out / "song" / "synth.wav").subtype == "PCM_16"
    assert [file.name for file in (out / "song").iterdir()] == ["synth.wav"]
    assert "left 3 files that are no audio by name: .txt 2, .jpg 1" in result.output
    result = invoke("separate", folder, "--out", out, *options, "--engine", "tflite")
    assert "1 stood there already" in result.output


def test_interrupted_training_resumes(songs, tmp_path):
    """Ctrl-C after the first epoch leaves a run that --resume takes up."""
    run = tmp_path / "run"
    arguments = ["train", "--data", songs, "--run", run, *TINY, "--set", "training.epochs=400"]
    arguments += ["--set", "training.steps_per_epoch=2"]
    process = subprocess.Popen(
        [SYNTHGEN, *map(str, arguments)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not (run / "backup" / "latest.weights.h5").is_file() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert len(errors.splitlines()) == 1, errors
    assert "--resume" in errors
    epochs = (run / "history.csv").read_text().count("\n") - 1
    assert epochs >= 1

    result = invoke("train", "--run", run, "--resume", "--set", f"training.epochs={epochs + 1}")
    assert result.exit_code == 0
    assert (run / "history.csv").read_text().count("\n") - 1 == epochs + 1
