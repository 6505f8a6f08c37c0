// Overlap-add, as synthgen_tf/separate/overlap_add.py does it: blocks with crossfades, no change of length.

const BASS_FRAMES = 2000; // shorter pieces of music may well lie on one side of zero

// Weights of a block's frames: ones between two raised-cosine fades.
export function crossfadeWindow(segment, hop) {
  const fade = Math.min(segment - hop, Math.floor(segment / 2));
  const window = new Float32Array(segment).fill(1);
  for (let i = 0; i < fade; i++) {
    const weight = Math.sin(((Math.PI / 2) * (i + 0.5)) / fade) ** 2;
    window[i] = weight;
    window[segment - 1 - i] = weight;
  }
  return window;
}

// Separates a song block by block. `predict` takes the channels of a block and gives their estimate;
// `read` gives the song's channels from one frame to another, `write` takes the estimate's from a
// frame on, in order, each frame once.
export async function overlapAdd(predict, { frames, read, write }, { segment, hop }) {
  const window = crossfadeWindow(segment, hop);
  const total = new Float32Array(hop); // of the windows over any one hop
  for (let i = 0; i < segment; i++) total[i % hop] += window[i];
  let added = null;
  for (let start = hop - segment; start < frames; start += hop) {
    const [from, to] = [Math.max(0, start), Math.min(frames, start + segment)];
    const music = await read(from, to);
    added ??= music.map(() => new Float32Array(segment));
    const estimate = await predict(music.map((samples) => cut(samples, from - start, segment)));
    const ready = added.map((sum, c) => {
      for (let i = 0; i < segment; i++) sum[i] += estimate[c][i] * window[i];
      const done = sum.slice(from - start, Math.max(from, Math.min(frames, start + hop)) - start);
      for (let i = 0; i < done.length; i++) done[i] /= total[from - start + i];
      sum.copyWithin(0, hop);
      sum.fill(0, segment - hop);
      return done;
    });
    if (ready[0].length) await write(from, ready);
  }
}

// A block's channel, less its offset; zeros where the music has not begun or is over.
function cut(music, at, segment) {
  const block = new Float32Array(segment);
  block.set(music, at);
  const mean = offset(music);
  if (mean) for (let i = at; i < at + music.length; i++) block[i] -= mean;
  return block;
}

// The mean where music cannot have it, else 0.
function offset(music) {
  let [sum, energy] = [0, 0];
  for (const value of music) {
    sum += value;
    energy += value * value;
  }
  const frames = Math.max(1, music.length);
  const own = Math.sqrt(energy / frames) * (8 / Math.sqrt(frames) + BASS_FRAMES / frames);
  const mean = sum / frames;
  return Math.abs(mean) > own ? Math.fround(mean) : 0;
}
