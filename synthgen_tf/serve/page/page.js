// From a dropped song to three tracks that play in step.

import { Player, sum } from "./player.js";
import { drawSpectrogram, drawWave, peak } from "./pictures.js";
import { Refusal, finished, forget, stem, submit } from "./service.js";

const at = (id) => document.getElementById(id);
const UPLOAD_SHARE = 0.1; // of the bar; the rest is separation

let context = null;
let player = null;
let job = null;
let controller = null;

function show(state, message = "") {
  document.body.dataset.state = state;
  at("message").textContent = message;
  const working = state === "sending" || state === "separating" || state === "loading";
  at("working").hidden = !working;
  at("player").hidden = state !== "ready";
}

async function separate(file) {
  reset();
  controller = new AbortController();
  const { signal } = controller;
  const token = at("token").value;
  try {
    show("sending", `Sending ${file.name}`);
    job = await submit(file, at("format").value, token, (share) => {
      at("progress").value = UPLOAD_SHARE * share;
    }, signal);
    const stems = await finished(job, token, ({ state, progress }) => {
      show("separating", state === "queued" ? "Waiting for its turn" : "Separating");
      at("progress").value = UPLOAD_SHARE + (1 - UPLOAD_SHARE) * progress;
    }, signal);
    show("loading", "Loading the stems");
    await load(file, stems, token, signal);
    show("ready", file.name);
    at("play").focus();
  } catch (error) {
    if (job) forget(job, token);
    job = null;
    if (error.name === "AbortError") show("idle", "Cancelled");
    else {
      if (error instanceof Refusal && error.status === 401) at("token-field").hidden = false;
      show("failed", `${file.name}: ${error.message}`);
    }
  }
}

async function load(file, stems, token, signal) {
  context ??= new AudioContext();
  const name = file.name.replace(/\.[^.]*$/, "");
  const buffers = new Map();
  const links = new Map();
  for (const each of stems) {
    const blob = await stem(job, each, token, signal);
    links.set(each, { href: URL.createObjectURL(blob), download: `${name} - ${each}.${at("format").value}` });
    buffers.set(each, await context.decodeAudioData(await blob.arrayBuffer()));
  }
  const mixture = sum(context, ...buffers.values());
  const all = new Map([["mixture", mixture], ...buffers]);
  player = new Player(context, all);
  player.set("mixture", { mute: true }); // synth and rest are the song already
  const highest = peak(mixture);
  at("tracks").replaceChildren(...[...all].map(([each, buffer]) => trackRow(each, buffer, highest, links.get(each))));
  at("seek").max = player.duration;
  refresh();
}

function trackRow(name, buffer, highest, link) {
  const row = at("track").content.cloneNode(true).firstElementChild;
  row.dataset.name = name;
  row.setAttribute("aria-label", name);
  row.querySelector("h2").textContent = name;
  const wave = row.querySelector(".wave");
  const spectrogram = row.querySelector(".spectrogram");
  wave.setAttribute("aria-label", `Waveform of ${name}`);
  spectrogram.setAttribute("aria-label", `Spectrogram of ${name}`);
  drawWave(wave, buffer, highest);
  drawSpectrogram(spectrogram, buffer, highest);
  for (const kind of ["solo", "mute"]) {
    row.querySelector(`.${kind}`).addEventListener("click", () => {
      player.set(name, { [kind]: !player.tracks.get(name)[kind] });
      refresh();
    });
  }
  row.querySelector(".volume").addEventListener("input", (event) => {
    player.set(name, { volume: Number(event.target.value) });
  });
  row.querySelector(".pictures").addEventListener("click", (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    player.seek(((event.clientX - box.left) / box.width) * player.duration).then(refresh);
  });
  const download = row.querySelector(".download");
  if (link) Object.assign(download, link);
  else download.remove(); // the mixture is what they have
  return row;
}

function refresh() {
  if (!player) return;
  if (player.playing && player.position >= player.duration) player.pause();
  at("play").textContent = player.playing ? "Pause" : "Play";
  const { position, duration } = player;
  if (document.activeElement !== at("seek") || player.playing) at("seek").value = position;
  at("seek").setAttribute("aria-valuetext", `${clock(position)} of ${clock(duration)}`);
  at("time").textContent = `${clock(position)} / ${clock(duration)}`;
  for (const row of at("tracks").children) {
    const track = player.tracks.get(row.dataset.name);
    for (const kind of ["solo", "mute"]) row.querySelector(`.${kind}`).setAttribute("aria-pressed", track[kind]);
    row.classList.toggle("silent", !player.audible(track));
    row.querySelector(".cursor").style.left = `${(100 * position) / duration}%`;
  }
  if (player.playing) requestAnimationFrame(refresh);
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function reset() {
  controller?.abort();
  player?.close();
  player = null;
  for (const link of document.querySelectorAll(".download")) URL.revokeObjectURL(link.href);
  if (job) forget(job, at("token").value);
  job = null;
}

async function toggle() {
  if (player.playing) player.pause();
  else await player.play();
  refresh();
}

at("file").addEventListener("change", (event) => {
  if (event.target.files.length) separate(event.target.files[0]);
  event.target.value = "";
});
at("form").addEventListener("submit", (event) => event.preventDefault());
at("cancel").addEventListener("click", () => controller.abort());
at("play").addEventListener("click", toggle);
at("seek").addEventListener("input", (event) => player.seek(Number(event.target.value)).then(refresh));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) separate(event.dataTransfer.files[0]);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.code !== "Space" || !player || event.target.closest("button, input, select, a")) return;
  event.preventDefault();
  toggle();
});
addEventListener("pagehide", reset);

window.synthgen = { get player() { return player; } }; // for whoever wants to look inside
