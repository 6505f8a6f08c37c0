// The worker: loads the model once, then separates song after song, telling how far it is.

import { fitted } from "./channels.js";
import { Estimator } from "./estimator.js";
import { overlapAdd } from "./overlap_add.js";
import { Resampler, readAtRate, writeAtRate } from "./resample.js";

const TAIL_SECONDS = 0.05; // of silence after the music, so that resampling gives all of its end

let about = null;
let estimator = null;
let wanted = null; // id of the song that is separated; another or none ends it
let asked = null; // what waits for a part of that song

class Cancelled extends Error {}

async function load({ folder, threads }) {
  about = await (await fetch(new URL("model.json", folder))).json();
  estimator = await Estimator.load(about, folder, threads);
  await estimator.run(new Float32Array(about.segment * about.channels)); // the first run is slow
  return { kind: "ready", about, threads };
}

// The song comes in parts as they are asked for, and its stem goes back in parts: neither is here as a whole.
async function separate({ id, frames, rate }) {
  wanted = id;
  const read = (from, to) => ask(id, from, to);
  const write = (start, channels) =>
    self.postMessage({ kind: "stem", id, channels }, channels.map((each) => each.buffer));
  const predict = fitted((block) => estimator.run(block), about.channels);
  if (rate === about.rate) await overlapAdd(predict, { frames, read, write }, about);
  else {
    const [there, back] = [new Resampler(rate, about.rate), new Resampler(about.rate, rate)];
    const length = Math.round(((frames + Math.round(TAIL_SECONDS * rate)) * about.rate) / rate);
    const ways = { read: readAtRate(there, read, frames), write: writeAtRate(back, write, length, frames) };
    await overlapAdd(predict, { frames: length, ...ways }, about);
  }
  self.postMessage({ kind: "done", id });
}

// The channels of a part of the song.
function ask(id, from, to) {
  if (wanted !== id) throw new Cancelled();
  self.postMessage({ kind: "want", id, from, to });
  return new Promise((resolve, reject) => (asked = { resolve, reject }));
}

async function answer(message) {
  if (message.kind === "cancel") {
    wanted = null;
    asked?.reject(new Cancelled());
  } else if (message.kind === "music") asked.resolve(message.channels);
  else if (message.kind === "load") self.postMessage(await load(message));
  else await separate(message);
}

self.addEventListener("message", async ({ data }) => {
  try {
    await answer(data);
  } catch (error) {
    if (!(error instanceof Cancelled)) self.postMessage({ kind: "failed", id: data.id, message: String(error?.message ?? error) });
  }
});
