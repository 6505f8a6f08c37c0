// Channels as a WAV file: 32-bit float as they are, or 16 bit, rounded and clamped.

const CHUNK = 1 << 16; // frames
const MOST_BYTES = 2 ** 32 - 100;

export const KINDS = {
  float: { tag: 3, bytes: 4, put: (view, at, value) => view.setFloat32(at, value, true) },
  pcm16: { tag: 1, bytes: 2, put: (view, at, value) => view.setInt16(at, 32768 * stored(value), true) },
};

// What a sample is once it went through 16 bits, as synthgen_tf/audio/writer.py rounds.
export function stored(value) {
  const scaled = 32768 * value;
  const floor = Math.floor(scaled);
  const half = scaled - floor === 0.5;
  const whole = half ? floor + (floor & 1) : Math.round(scaled); // halves to even
  return Math.max(-32768, Math.min(32767, whole)) / 32768;
}

// The file, piece by piece. `read` promises the channels between two frames.
export async function* pieces(read, { length, numberOfChannels, sampleRate }, kind) {
  const { tag, bytes, put } = KINDS[kind];
  const width = numberOfChannels * bytes;
  if (length * width > MOST_BYTES) throw new Error("the stem is longer than a WAV file can be: save it as 16 bit");
  yield head(tag, numberOfChannels, sampleRate, bytes, length);
  for (let from = 0; from < length; from += CHUNK) {
    const channels = await read(from, Math.min(length, from + CHUNK));
    const view = new DataView(new ArrayBuffer(channels[0].length * width));
    channels.forEach((samples, c) => {
      for (let i = 0; i < samples.length; i++) put(view, i * width + c * bytes, samples[i]);
    });
    yield view;
  }
}

function head(tag, channels, rate, bytes, frames) {
  const view = new DataView(new ArrayBuffer(56));
  const size = frames * channels * bytes;
  const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 48 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, tag, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * bytes, true);
  view.setUint16(32, channels * bytes, true);
  view.setUint16(34, 8 * bytes, true);
  text(36, "fact");
  view.setUint32(40, 4, true);
  view.setUint32(44, frames, true);
  text(48, "data");
  view.setUint32(52, size, true);
  return view;
}
