// From a dropped song to three tracks that play in step.

import { close, listenForFiles, open, player } from "./listening.js";
import { Held, Mix } from "./music.js";
import { Refusal, finished, forget, stem, submit } from "./service.js";

const at = (id) => document.getElementById(id);
const UPLOAD_SHARE = 0.1; // of the bar; the rest is separation

let context = null;
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
  const tracks = new Map();
  const links = new Map();
  for (const each of stems) {
    const blob = await stem(job, each, token, signal);
    links.set(each, { href: URL.createObjectURL(blob), download: `${name} - ${each}.${at("format").value}` });
    tracks.set(each, new Held(await context.decodeAudioData(await blob.arrayBuffer())));
  }
  const mixture = new Mix(...[...tracks.values()].map((music) => [music, 1]));
  open(context, new Map([["mixture", mixture], ...tracks]), (name, link) => {
    if (links.has(name)) Object.assign(link, links.get(name));
    else link.remove(); // the mixture is what they have
  });
}

function reset() {
  controller?.abort();
  close();
  for (const link of document.querySelectorAll(".download")) URL.revokeObjectURL(link.href);
  if (job) forget(job, at("token").value);
  job = null;
}

listenForFiles(separate);
at("cancel").addEventListener("click", () => controller.abort());
addEventListener("pagehide", reset);

window.synthgen = { get player() { return player; } }; // for whoever wants to look inside
