// The worker: loads the model once, then separates song after song, telling how far it is.

import { fitted } from "./channels.js";
import { Estimator } from "./estimator.js";
import { overlapAdd } from "./overlap_add.js";
import { resample } from "./resample.js";

const TAIL_SECONDS = 0.05; // of silence after the music, so that resampling gives all of its end
const RATE_SHARE = 0.05; // of the bar, for each way of a song from rate to rate

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

// The song comes in parts as they are asked for, and its stem goes back in parts: neither is held here
// as a whole, unless it must be resampled.
async function separate({ id, frames, rate }) {
  wanted = id;
  const read = (from, to) => ask(id, from, to);
  const write = (start, channels) =>
    self.postMessage({ kind: "stem", id, start, channels }, channels.map((each) => each.buffer));
  const predict = fitted((block) => estimator.run(block), about.channels);
  if (rate === about.rate) await overlapAdd(predict, { frames, read, write }, about);
  else {
    const tell = async (share) => {
      self.postMessage({ kind: "progress", id, share });
      await new Promise((resolve) => setTimeout(resolve)); // so that word of a cancel comes in
      if (wanted !== id) throw new Cancelled();
    };
    const tail = Math.round(TAIL_SECONDS * rate);
    const length = Math.round(((frames + tail) * about.rate) / rate);
    const within = (from, width) => (share) => tell(from + width * share);
    const music = await atRate(await read(0, frames), rate, about.rate, length, within(0, RATE_SHARE));
    await overlapAdd(predict, inPlace(music, within(RATE_SHARE, 1 - 2 * RATE_SHARE)), about);
    write(0, await atRate(music, about.rate, rate, frames, within(1 - RATE_SHARE, RATE_SHARE)));
  }
  self.postMessage({ kind: "done", id });
}

// The channels of a part of the song.
function ask(id, from, to) {
  if (wanted !== id) throw new Cancelled();
  self.postMessage({ kind: "want", id, from, to });
  return new Promise((resolve, reject) => (asked = { resolve, reject }));
}

// Music that its estimate takes the place of, since nobody reads a frame after it was written.
function inPlace(music, tell) {
  const frames = music[0].length;
  const read = (from, to) => music.map((samples) => samples.subarray(from, to));
  const write = (start, channels) => {
    channels.forEach((samples, c) => music[c].set(samples, start));
    return tell((start + channels[0].length) / frames);
  };
  return { frames, read, write };
}

async function atRate(channels, from, to, frames, tell) {
  if (from === to) return channels;
  const out = [];
  for (const channel of channels) {
    out.push(resample(channel, from, to, frames));
    await tell(out.length / channels.length);
  }
  return out;
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
