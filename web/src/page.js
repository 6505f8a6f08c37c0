// From a chosen song to three tracks that play in step and can be saved, all in this browser.

import { close, listenForFiles, open, player } from "../../synthgen_tf/serve/page/listening.js";
import { Mix } from "../../synthgen_tf/serve/page/music.js";
import { recordingOf } from "./decode.js";
import { prepare } from "./offline.js";
import { Separator } from "./separator.js";
import { pieces, stored } from "./wav.js";

const at = (id) => document.getElementById(id);
const FORGET_MS = 60_000; // until the browser surely has a saved file
// a module whose one function needs SIMD: i8x16.splat
const SIMD = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);
const WORKING = ["loading", "decoding", "separating"];

let separator = null;
let context = null;
let controller = null;
let recordings = []; // that this page may have in the browser's store
const saves = new Set(); // that are under way

function show(state, message = "") {
  document.body.dataset.state = state;
  at("message").textContent = message;
  at("working").hidden = !WORKING.includes(state);
  at("player").hidden = state !== "ready";
}

const prepared = start();

async function start() {
  await prepare();
  try {
    if (!WebAssembly.validate(SIMD)) throw new Error("this browser has no WebAssembly SIMD: take a newer one");
    separator = new Separator();
    const { about, threads } = await separator.ready;
    at("engine").textContent = `Ready: model ${about.name}, ${threads === 1 ? "one thread" : `${threads} threads`}`;
    document.body.dataset.engine = "ready";
    return about;
  } catch (error) {
    document.body.dataset.engine = "failed";
    at("engine").textContent = `The model cannot run here: ${error.message}`;
    throw new Error(at("engine").textContent);
  }
}
prepared.catch(() => {}); // told above

async function separate(file) {
  controller?.abort();
  close();
  clear();
  controller = new AbortController();
  const { signal } = controller;
  try {
    at("progress").value = 0;
    show("decoding", `Reading ${file.name}`);
    const mixture = await recordingOf(file);
    recordings.push(mixture);
    signal.throwIfAborted();
    show("loading", "Waiting for the model");
    const about = await prepared;
    signal.throwIfAborted();
    show("separating", "Separating");
    const stem = await separator.separate(mixture, (share) => (at("progress").value = share), signal);
    recordings.push(stem);
    listen(file, mixture, about.stem, stem);
    show("ready", file.name);
    at("play").focus();
  } catch (error) {
    if (signal !== controller.signal) return; // another song came
    clear();
    if (error.name === "AbortError") show("idle", "Cancelled");
    else show("failed", `${file.name}: ${explained(error)}`);
  }
}

// Removes what this page has in the browser's store, once it is saved.
function clear() {
  const old = recordings;
  recordings = [];
  Promise.allSettled(saves).then(() => old.forEach((recording) => recording.remove()));
}

function explained(error) {
  if (error.name === "QuotaExceededError") return "there is not enough room on the disk for it: make some, or try a shorter song";
  const memory = error instanceof RangeError || /memory|allocation/i.test(error.message);
  return memory ? "there is not enough memory for it: try a shorter song, or close other pages" : error.message;
}

function listen(file, mixture, name, stem) {
  if (context?.sampleRate !== mixture.sampleRate) {
    context?.close();
    context = new AudioContext({ sampleRate: mixture.sampleRate }); // for pieces that are resampled one by one do not join
  }
  const rest = new Mix([mixture, 1], [stem, -1]);
  const title = file.name.replace(/\.[^.]*$/, "");
  open(context, new Map([["mixture", mixture], [name, stem], ["rest", rest]]), (track, link) => {
    if (track === "mixture") return link.remove(); // that is what they have
    link.textContent = "Save";
    link.setAttribute("aria-label", `Save ${track}`);
    link.href = "#";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const saving = save(`${title} - ${track}.wav`, mixture, stem, track === name);
      saves.add(saving);
      saving.finally(() => saves.delete(saving));
    });
  });
}

// Made when it is asked for, so that no file waits in memory.
async function save(name, mixture, stem, isStem) {
  const kind = at("format").value;
  const kept = kind === "pcm16" ? stored : (value) => value;
  const read = async (from, to) => {
    const channels = await stem.read(from, to);
    if (isStem) return channels;
    // the rest takes up what rounding and clamping take from the stem
    return (await mixture.read(from, to)).map((samples, c) => samples.map((value, i) => value - kept(channels[c][i])));
  };
  try {
    await (window.showSaveFilePicker ? stream : keep)(name, pieces(read, stem, kind));
  } catch (error) {
    if (error.name !== "AbortError") at("message").textContent = `${name}: ${explained(error)}`;
  }
}

// To where the user wants it.
async function stream(name, parts) {
  const types = [{ accept: { "audio/wav": [".wav"] } }];
  const file = await (await window.showSaveFilePicker({ suggestedName: name, types })).createWritable();
  try {
    for await (const part of parts) await file.write(part);
    await file.close();
  } catch (error) {
    await file.abort().catch(() => {}); // nothing half-written stays
    throw error;
  }
}

// To where the browser puts what it downloads.
async function keep(name, parts) {
  const blobs = [];
  for await (const part of parts) blobs.push(new Blob([part])); // which the browser may keep on disk
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(blobs, { type: "audio/wav" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), FORGET_MS);
}

listenForFiles(separate);
at("cancel").addEventListener("click", () => controller.abort());

window.synthgen = { get player() { return player; }, prepared }; // for whoever wants to look inside
