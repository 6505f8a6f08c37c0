// Music in a file, or in the browser's own store: what is asked for comes into memory, not the whole.

import { textOf } from "./head.js";

// How samples lie there, and what takes them to -1 to 1. All machines with browsers are little-endian.
const KINDS = {
  pcm8: { bytes: 1, open: (bytes) => new Uint8Array(bytes), value: (byte) => (byte - 128) / 128 },
  pcm16: { bytes: 2, open: (bytes) => new Int16Array(bytes), value: (whole) => whole / 2 ** 15 },
  pcm24: { bytes: 3, open: wholesOf24Bits, value: (whole) => whole / 2 ** 31 },
  pcm32: { bytes: 4, open: (bytes) => new Int32Array(bytes), value: (whole) => whole / 2 ** 31 },
  float32: { bytes: 4, open: (bytes) => new Float32Array(bytes), value: (sample) => sample },
  float64: { bytes: 8, open: (bytes) => new Float64Array(bytes), value: (sample) => sample },
};
const [PCM, FLOAT, EXTENSIBLE] = [1, 3, 0xfffe];
const UNKNOWN = 0xffffffff; // size of a part that is larger than its field, or was never filled in
const MOST_CHANNELS = 32; // of what browsers play

export class Recording {
  // Samples of all channels side by side, from a byte of a blob on. `remove` takes them out of the store.
  constructor(blob, { kind, length, numberOfChannels, sampleRate, at = 0 }, remove = async () => {}) {
    Object.assign(this, { blob, kind, length, numberOfChannels, sampleRate, at, remove });
  }

  async read(from, to) {
    const { bytes, open, value } = KINDS[this.kind];
    const width = this.numberOfChannels;
    const part = this.blob.slice(this.at + from * width * bytes, this.at + to * width * bytes);
    const all = open(await part.arrayBuffer().catch(() => {
      throw new Error("the song cannot be read any more: is its file still there?");
    }));
    return Array.from({ length: width }, (_, c) => {
      const samples = new Float32Array(to - from);
      for (let i = 0; i < samples.length; i++) samples[i] = value(all[i * width + c]);
      return samples;
    });
  }
}

// The music of a WAV or RF64 file of whole or floating numbers; null for all others, and where there is none.
export async function wavIn(file) {
  const view = async (at, bytes) => new DataView(await file.slice(at, at + bytes).arrayBuffer());
  const start = textOf(await view(0, 12));
  if (!["RIFF", "RF64"].includes(start(0, 4)) || start(8, 4) !== "WAVE") return null;
  let [format, large] = [null, 0];
  for (let at = 12; at + 8 <= file.size; ) {
    const part = await view(at, 8 + 40);
    const [name, size] = [textOf(part)(0, 4), part.getUint32(4, true)];
    if (name === "ds64") large = Number(part.getBigUint64(16, true));
    else if (name === "fmt " && size >= 16) format = formatOf(part);
    else if (name === "data") return format && musicIn(file, at + 8, size === UNKNOWN && large ? large : size, format);
    at += 8 + size + (size % 2);
  }
  return null;
}

function formatOf(part) {
  const [numberOfChannels, sampleRate] = [part.getUint16(10, true), part.getUint32(12, true)];
  const [width, bits] = [part.getUint16(20, true), part.getUint16(22, true)];
  let tag = part.getUint16(8, true);
  if (tag === EXTENSIBLE) tag = part.getUint16(32, true);
  const kind = { [PCM]: `pcm${bits}`, [FLOAT]: `float${bits}` }[tag];
  const known = kind in KINDS && width === numberOfChannels * KINDS[kind].bytes;
  return known && numberOfChannels && numberOfChannels <= MOST_CHANNELS ? { kind, numberOfChannels, sampleRate, width } : null;
}

function musicIn(file, at, size, { width, ...format }) {
  const length = Math.floor(Math.min(size, file.size - at) / width);
  return length ? new Recording(file, { ...format, length, at }) : null;
}

function wholesOf24Bits(bytes) {
  const all = new Uint8Array(bytes);
  const at = (i) => (all[3 * i] << 8) | (all[3 * i + 1] << 16) | (all[3 * i + 2] << 24);
  return Int32Array.from({ length: all.length / 3 }, (_, i) => at(i));
}
