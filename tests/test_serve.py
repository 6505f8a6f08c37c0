"""The service, asked as clients ask: results compared with the library's, refusals one by one."""

import base64
import io
import json
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient
from serving import serving, until

from synthgen_tf.errors import InputError
from synthgen_tf.separate import Separator
from synthgen_tf.separate.predictors import load_predictor
from synthgen_tf.serve import Limits, create_app
from synthgen_tf.serve.jobs import Busy, Jobs

RATE = 44_100
LIMITS = Limits(upload_mb=3, audio_seconds=20, wait_seconds=5, receive_seconds=2, queue=3)


@pytest.fixture(scope="module")
def app(exported):
    return create_app(exported, LIMITS)


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_left_behind(app, client):
    """Whatever a test did: soon no file of it is there, but for the jobs that can be asked for."""
    yield
    jobs = app.state.service.jobs
    for job in list(jobs.known.values()):
        client.delete(f"/v1/jobs/{job.id}")
    assert until(lambda: not any(jobs.folder.iterdir()))
    assert client.get("/healthz").json()["status"] == "ok"


def music(seconds=1.0, channels=2, seed=0):
    samples = np.random.default_rng(seed).standard_normal((round(seconds * RATE), channels))
    return (0.1 * samples).astype(np.float32)


def as_file(samples, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, **{"format": "WAV", "subtype": "FLOAT", **options})
    return file.getvalue()


def from_file(content):
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    assert rate == RATE
    return samples


def error_of(response, status):
    """The failure's line, once it looks as every failure must."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    line = response.json()["error"]
    assert "\n" not in line
    assert "/tmp" not in line
    return line


def finished(client, id):
    def state():
        return client.get(f"/v1/jobs/{id}").json()

    assert until(lambda: state()["state"] in ("done", "failed"))
    return state()


def test_zip_of_both_stems_is_what_the_library_gives(client, exported):
    mixture = music()
    answer = client.post("/v1/separate", content=as_file(mixture))
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    parts = {name: from_file(archive.read(name)) for name in archive.namelist()}
    expected = Separator(load_predictor(exported)).separate(mixture, RATE)
    np.testing.assert_allclose(parts["synth.wav"], expected["synth"], atol=1e-6)
    np.testing.assert_allclose(parts["synth.wav"] + parts["rest.wav"], mixture, atol=1e-6)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3"])
def test_one_stem_as_a_form_in_any_format(client, format):
    mixture = music(channels=1)
    parameters = {"stems": "rest", "format": format}
    form = {"file": ("../../etc/passwd", as_file(mixture))}
    answer = client.post("/v1/separate", params=parameters, files=form)
    kind = {"wav": "wav", "flac": "flac", "mp3": "mpeg"}[format]
    assert answer.headers["content-type"] == f"audio/{kind}"
    assert f'filename="rest.{format}"' in answer.headers["content-disposition"]
    assert from_file(answer.content).shape == mixture.shape


def test_music_of_unknown_length(client):
    mixture, file = np.round(music() * 32768) / 32768, io.BytesIO()
    soundfile.write(file, mixture, RATE, format="FLAC")
    content = bytearray(file.getvalue())
    content[21] &= 0xF0  # the number of samples, 36 bits
    content[22:26] = bytes(4)
    answer = client.post("/v1/separate", params={"stems": "rest"}, content=bytes(content))
    assert from_file(answer.content).shape == mixture.shape


def test_longer_music_becomes_a_job(client):
    mixture = music(6.0)
    answer = client.post("/v1/separate", content=as_file(mixture))
    assert answer.status_code == 202
    place = answer.headers["location"]
    assert place == f"/v1/jobs/{answer.json()['id']}"
    job = finished(client, answer.json()["id"])
    assert (job["state"], job["progress"], job["stems"]) == ("done", 1.0, ["synth", "rest"])
    parts = [from_file(client.get(f"{place}/{stem}").content) for stem in job["stems"]]
    np.testing.assert_allclose(sum(parts), mixture, atol=1e-6)
    assert client.get(f"{place}/result").headers["content-type"] == "application/zip"
    error_of(client.get(f"{place}/piano"), 404)
    assert client.delete(place).status_code == 204
    assert "no such job" in error_of(client.get(place), 404)


def test_waiting_is_the_clients_choice(client):
    assert client.post("/v1/separate?wait=true", content=as_file(music(6.0))).status_code == 200
    assert client.post("/v1/separate?wait=false", content=as_file(music())).status_code == 202


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "empty"),
        (b"this is no music", 422, "not audio"),
        (as_file(music())[:5000], 422, "cut off"),
        (as_file(np.full((100, 2), np.nan, np.float32)), 422, "finite"),
        (as_file(music(21.0, 1), subtype="PCM_16"), 413, "at most 20 s"),
        (bytes(3_100_000), 413, "at most 3 MB"),
    ],
    ids=["empty", "text", "truncated", "nan", "long", "large"],
)
def test_bad_bodies(client, content, status, words):
    assert words in error_of(client.post("/v1/separate", content=content), status)
    form = {"file": ("song.wav", content)}
    assert words in error_of(client.post("/v1/separate", files=form), status)


def test_bad_forms_and_types(client):
    assert "'file'" in error_of(client.post("/v1/separate", files={"song": b"x"}), 400)
    assert "'file'" in error_of(
        client.post("/v1/separate", data={"file": "x"}, files={"a": b""}), 400
    )
    broken = {"content-type": "multipart/form-data"}
    error_of(client.post("/v1/separate", content=b"--x", headers=broken), 400)
    text = {"content-type": "text/html"}
    assert "text/html" in error_of(client.post("/v1/separate", content=b"x", headers=text), 415)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stems=piano", "'piano'"),
        ("stems=,", "no stem"),
        ("format=ogg", "'flac'"),
        ("format=mp3&subtype=PCM_24", "mp3"),
        ("overlap=0.95", "less than or equal to 0.9"),
        ("shifts=0", "greater than or equal to 1"),
        ("segment=nan", "less than or equal to 60"),
        ("wait=perhaps", "boolean"),
    ],
)
def test_bad_parameters(client, query, words):
    assert words in error_of(client.post(f"/v1/separate?{query}", content=as_file(music())), 422)


def test_decoded_length_is_counted_when_the_header_lies(client, monkeypatch):
    """The header says a second; the limit holds for what is decoded."""
    from synthgen_tf.serve import separation

    monkeypatch.setattr(separation, "music_seconds", lambda upload, limits: 1.0)
    monkeypatch.setattr("synthgen_tf.serve.music_routes.music_seconds", lambda upload, limits: 1.0)
    content = as_file(music(25.0, 1), subtype="PCM_16")
    assert "at most 20 s" in error_of(client.post("/v1/separate", content=content), 413)


def test_full_queue_says_when_to_come_back(client, app):
    """One runs and is held, two wait: the fourth is refused, and all others are answered."""
    jobs, gate = app.state.service.jobs, threading.Event()
    held = [jobs.call(gate.wait) for _ in range(LIMITS.queue)]
    answer = client.post("/v1/separate", content=as_file(music()))
    assert "3 separations wait" in error_of(answer, 503)
    assert int(answer.headers["retry-after"]) >= 1
    body = {"instances": music(0.1)[None].tolist()}
    error_of(client.post("/v1/models/tiny:predict", json=body), 503)
    gate.set()
    assert all(future.result(10) for future in held)
    assert client.post("/v1/separate", content=as_file(music())).status_code == 200


def test_refusal_reaches_a_client_who_still_sends(app):
    """More than the buffers between the two hold, over a real connection."""
    from contextlib import closing
    from http.client import HTTPConnection

    jobs, gate = app.state.service.jobs, threading.Event()
    held = [jobs.call(gate.wait) for _ in range(LIMITS.queue)]
    with serving(app) as port, closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        for body, status in ((bytes(15_000_000), 503), (bytes(30_000_000), 413)):
            if status == 413:
                gate.set()
                assert all(future.result(10) for future in held)
            connection.request("POST", "/v1/separate", body)
            answer = connection.getresponse()
            assert answer.status == status
            assert "error" in json.loads(answer.read())


def test_jobs_come_while_others_go():
    """What is on the disk is counted for each new job, beside threads that take theirs away."""
    jobs = Jobs(LIMITS)
    jobs.open()
    ended = threading.Event()

    def come_and_go():
        while not ended.is_set():
            job = jobs.new_job()
            (job.folder / "upload").write_bytes(b"music")
            jobs.drop(job)

    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(come_and_go) for _ in range(4)]
        try:
            for _ in range(300):
                jobs.drop(jobs.new_job())
        finally:
            ended.set()
    for other in others:
        other.result()  # raises what it met
    jobs.close()


def test_deleted_job_stops_where_it_is(client, app):
    jobs, gate = app.state.service.jobs, threading.Event()
    jobs.call(gate.wait)
    id = client.post("/v1/separate?wait=false", content=as_file(music())).json()["id"]
    job = jobs.find(id)
    assert "queued" in error_of(client.get(f"/v1/jobs/{id}/synth"), 409)
    client.delete(f"/v1/jobs/{id}")
    gate.set()
    assert until(lambda: job.ended is not None)
    assert (job.state, job.folder.exists()) == ("failed", False)


def test_results_go_after_a_while_and_the_disk_is_bounded():
    jobs = Jobs(Limits(keep_seconds=0.05, disk_mb=0.001))
    jobs.open()
    job = jobs.new_job()
    jobs.submit(job, lambda job: (job.folder / "synth.wav").write_bytes(bytes(2000)))
    job.future.result(10)
    with pytest.raises(Busy, match="no room"):
        jobs.new_job()
    time.sleep(0.1)
    jobs.expire()
    assert jobs.find(job.id) is None
    assert not job.folder.exists()
    jobs.close()
    assert not jobs.folder.exists()


def test_service_that_was_stopped_can_be_started_again(exported):
    app = create_app(exported)
    folders = set()
    for _ in range(2):
        with TestClient(app) as client:
            folders.add(app.state.service.jobs.folder)
            answer = client.post("/v1/separate?wait=false", content=as_file(music()))
            assert answer.status_code == 202  # stopped before it is done
    assert len(folders) == 2
    assert not any(folder.exists() for folder in folders)


def test_failure_that_nobody_foresaw_is_a_500_and_the_next_is_served(client, monkeypatch):
    def broken(*arguments, **options):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Separator, "write_stems", broken)
        id = client.post("/v1/separate?wait=false", content=as_file(music())).json()["id"]
        assert finished(client, id)["state"] == "failed"
        error_of(client.get(f"/v1/jobs/{id}/result"), 500)
    assert client.post("/v1/separate", content=as_file(music())).status_code == 200


def test_slow_body_is_refused(app):
    """A byte now and then, over a real connection."""
    from contextlib import closing
    from http.client import HTTPConnection

    with serving(app) as port, closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.putrequest("POST", "/v1/separate")
        connection.putheader("Content-Length", "1000")
        connection.endheaders()
        connection.send(b"RIFF")
        answer = connection.getresponse()
        assert answer.status == 408
        assert "2 s" in json.loads(answer.read())["error"]


def test_predict_by_rows_and_columns_is_the_predictor(client, exported):
    blocks = np.stack([music(0.1, seed=seed) for seed in (1, 2)])
    expected = load_predictor(exported)(blocks)
    url = "/v1/models/tiny:predict"
    rows = client.post(url, json={"instances": blocks.tolist()}).json()["predictions"]
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    named = {"instances": [{"mixture": block.tolist()} for block in blocks]}
    assert client.post(url, json=named).json()["predictions"] == rows
    columns = {"inputs": {"mixture": blocks.tolist()}}
    assert client.post(url, json=columns).json()["outputs"] == rows
    versioned = "/v1/models/tiny/versions/1:predict"
    assert client.post(versioned, json=columns).json()["outputs"] == rows


def test_predict_in_bytes(client, exported):
    block = music(0.2)
    packed = {"b64": base64.b64encode(block.astype("<f4").tobytes()).decode()}
    for instance in (packed, {"mixture_bytes": packed}):
        body = {"signature_name": "bytes", "instances": [instance]}
        answer = client.post("/v1/models/tiny:predict", json=body).json()["predictions"][0]
        found = np.frombuffer(base64.b64decode(answer["b64"]), "<f4").reshape(-1, 2)
        np.testing.assert_allclose(found, load_predictor(exported)(block[None])[0], atol=1e-6)


def test_other_signatures_name_what_they_give(client):
    body = {"signature_name": "separate", "inputs": music(0.8).tolist()}
    outputs = client.post("/v1/models/tiny:predict", json=body).json()["outputs"]
    np.testing.assert_allclose(np.add(outputs["synth"], outputs["rest"]), music(0.8), atol=1e-6)
    body = {"signature_name": "info", "inputs": {}}
    outputs = client.post("/v1/models/tiny:predict", json=body).json()["outputs"]
    assert outputs["stems"] == ["synth", "rest"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "no JSON"),
        (b"[]", "'instances' or 'inputs'"),
        (b'{"instances": [], "inputs": []}', "'instances' or 'inputs'"),
        (b'{"instances": []}', "no list"),
        (b'{"instances": [[1, 2]]}', "shape (any, any, 2)"),
        (b'{"instances": [[[1, 2, 3]]]}', "shape (any, any, 2)"),
        (b'{"instances": [[[1, 2]], [[1, 2], [3, 4]]]}', "numbers"),
        (b'{"instances": [[["a", "b"]]]}', "numbers"),
        (b'{"instances": [[[1e999, 0]]]}', "finite"),
        (b'{"instances": [{"song": [[1, 2]]}]}', "expected mixture"),
        (b'{"signature_name": "sing", "instances": [1]}', "'sing'"),
        (b'{"signature_name": "bytes", "instances": [{"b64": "?"}]}', "base64"),
        (b'{"signature_name": "bytes", "instances": [{"b64": "AAAA"}]}', "whole frames"),
    ],
)
def test_bad_predictions(client, body, words):
    assert words in error_of(client.post("/v1/models/tiny:predict", content=body), 400)


def test_model_state_and_metadata_are_tensorflow_servings(client):
    status = client.get("/v1/models/tiny").json()["model_version_status"][0]
    assert (status["version"], status["state"]) == ("1", "AVAILABLE")
    metadata = client.get("/v1/models/tiny/versions/1/metadata").json()
    signature = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["inputs"]["mixture"]["dtype"] == "DT_FLOAT"
    sizes = [each["size"] for each in signature["inputs"]["mixture"]["tensor_shape"]["dim"]]
    assert sizes == ["-1", "-1", "2"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    for path in ("piano", "piano/metadata", "tiny/versions/2", "piano:predict"):
        method = client.post if path.endswith("predict") else client.get
        error_of(method(f"/v1/models/{path}"), 404)


def test_token_guards_all_but_health_and_page(exported):
    app = create_app(exported, LIMITS, token="sesame")
    with TestClient(app) as client:
        assert client.get("/healthz").status_code == 200
        assert "SynthGen" in client.get("/").text
        for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": "sesame"}):
            answer = client.get("/v1/models/tiny", headers=headers)
            assert "Bearer" in error_of(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
        good = {"Authorization": "Bearer sesame"}
        assert client.get("/v1/models/tiny", headers=good).status_code == 200


def test_metrics_count_by_route_and_hide_ids(client):
    client.get("/v1/jobs/some-id-that-is-none")
    text = client.get("/metrics").text
    line = 'synthgen_requests_total{method="GET",route="/v1/jobs/{id}",status="404"}'
    assert line in text
    assert "some-id" not in text
    assert "synthgen_queue_length 0.0" in text


def test_page_needs_nothing_from_elsewhere(client):
    for name in ("", "page.css", "page.js", "player.js", "pictures.js", "service.js"):
        answer = client.get(f"/{name}")
        assert answer.status_code == 200
        assert "http://" not in answer.text
        assert "https://" not in answer.text


def test_runs_and_missing_models_are_refused(tmp_path):
    (tmp_path / "config.yaml").write_text("preset: tiny")
    with pytest.raises(InputError, match="export it first"):
        create_app(tmp_path)
    with pytest.raises(InputError, match="queue is 0"):
        Limits(queue=0)
