// The worker: loads the model once, then separates song after song, telling how far it is.

import { fitted } from "./channels.js";
import { Estimator } from "./estimator.js";
import { overlapAdd } from "./overlap_add.js";
import { resample } from "./resample.js";

const TAIL_SECONDS = 0.05; // of silence after the music, so that resampling gives all of its end

let about = null;
let estimator = null;
let wanted = null; // id of the song that is separated; another or none ends it

class Cancelled extends Error {}

async function load({ folder, threads }) {
  about = await (await fetch(new URL("model.json", folder))).json();
  estimator = await Estimator.load(about, folder, threads);
  await estimator.run(new Float32Array(about.segment * about.channels)); // the first run is slow
  return { kind: "ready", about, threads };
}

// The song's channels become the stem's, at the song's rate.
async function separate({ id, channels, rate }) {
  wanted = id;
  const frames = channels[0].length;
  const tell = async (done, all) => {
    self.postMessage({ kind: "progress", id, share: done / all });
    await new Promise((resolve) => setTimeout(resolve)); // so that word of a cancel comes in
    if (wanted !== id) throw new Cancelled();
  };
  const tail = Math.round(TAIL_SECONDS * rate);
  const music = await atRate(channels, rate, about.rate, Math.round(((frames + tail) * about.rate) / rate), tell);
  const predict = fitted((block) => estimator.run(block), about.channels);
  await overlapAdd(predict, music, about, (done) => tell(done, music[0].length));
  const stem = await atRate(music, about.rate, rate, frames, () => tell(1, 1));
  self.postMessage({ kind: "done", id, channels: stem }, stem.map((each) => each.buffer));
}

async function atRate(channels, from, to, frames, tell) {
  if (from === to) return channels;
  const out = [];
  for (const channel of channels) {
    out.push(resample(channel, from, to, frames));
    await tell(0, 1);
  }
  return out;
}

async function answer(message) {
  if (message.kind === "cancel") wanted = null;
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
