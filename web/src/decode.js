// A file's samples as the browser decodes them, at the file's own rate where its head tells it.

import { rateOf } from "./rate.js";

const FALLBACK_HZ = 44100;
const [LOWEST_HZ, HIGHEST_HZ] = [8000, 384000]; // of what browsers decode to

// An AudioBuffer; an Error says in one line why there is none.
export async function decode(file) {
  if (!file.size) throw new Error("the file is empty: choose another");
  const bytes = await file.arrayBuffer().catch(() => {
    throw new Error("the file cannot be read: is it still there?");
  });
  const found = rateOf(new DataView(bytes));
  const rate = found >= LOWEST_HZ && found <= HIGHEST_HZ ? found : FALLBACK_HZ;
  let buffer = null;
  try {
    buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes);
  } catch {
    throw new Error("this is not audio that your browser can read: try WAV, FLAC, MP3 or M4A");
  }
  if (!buffer.length) throw new Error("there is no sound in the file: choose another");
  return buffer;
}
