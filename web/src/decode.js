// A file as a recording: WAV as it lies there, all else as the browser decodes it, at the file's own
// rate where its head tells it.

import { isProtected, rateOf } from "./head.js";
import { wavIn } from "./recording.js";
import { Store } from "./store.js";

const FALLBACK_HZ = 44100;
const MOST_BYTES = 2 ** 31; // of decoded stereo, beyond which browsers decode nothing, or crash
const PATIENCE_MS = 3000; // for a length, which not every browser tells of every file
const [LOWEST_HZ, HIGHEST_HZ] = [8000, 384000]; // of what browsers decode to and play

// A Recording; an Error says in one line why there is none.
export async function recordingOf(file) {
  if (!file.size) throw new Error("the file is empty: choose another");
  const wav = await wavIn(file).catch(() => null); // cut short in its head: let the browser try
  if (wav && isUsual(wav.sampleRate)) return wav;
  const buffer = await decode(file);
  const store = await Store.open();
  try {
    for (let from = 0; from < buffer.length; from += buffer.sampleRate) {
      const to = Math.min(buffer.length, from + buffer.sampleRate);
      await store.add(Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c).subarray(from, to)));
    }
    return await store.close(buffer);
  } catch (error) {
    await store.discard();
    throw error;
  }
}

async function decode(file) {
  const seconds = await lengthOf(file);
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Error("the file cannot be read: is it still there?");
  });
  const view = new DataView(bytes);
  if (isProtected(view)) throw new Error("the file is copy-protected: take one without");
  const found = rateOf(view);
  const rate = isUsual(found) ? found : FALLBACK_HZ;
  const most = MOST_BYTES / (8 * rate);
  if (seconds > most) throw new Error(`it lasts ${hours(seconds)}, a page can take ${hours(most)}: cut it, or use synthgen separate`);
  let buffer = null;
  try {
    buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
  } catch {
    throw new Error("this is not audio that your browser can read: try WAV, FLAC, MP3 or M4A");
  }
  if (!buffer.length) throw new Error("there is no sound in the file: choose another");
  return buffer;
}

// Seconds as the browser tells them before it decodes; 0 where it does not.
function lengthOf(file) {
  const url = URL.createObjectURL(file);
  const sound = new Audio();
  const told = new Promise((resolve) => {
    sound.onloadedmetadata = () => resolve(Number.isFinite(sound.duration) ? sound.duration : 0);
    sound.onerror = () => resolve(0);
    setTimeout(() => resolve(0), PATIENCE_MS);
  });
  sound.src = url;
  return told.finally(() => {
    sound.removeAttribute("src");
    URL.revokeObjectURL(url);
  });
}

function isUsual(rate) {
  return rate >= LOWEST_HZ && rate <= HIGHEST_HZ;
}

function hours(seconds) {
  return `${(seconds / 3600).toFixed(1)} hours`;
}
