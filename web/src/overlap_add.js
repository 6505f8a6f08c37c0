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

// Replaces music (an array of channels) by its estimate, block by block. `predict` takes the channels
// of a block and gives them anew; `onFrames` is told how far it got, and may throw to end it.
export async function overlapAdd(predict, channels, { segment, hop }, onFrames) {
  const frames = channels[0].length;
  const window = crossfadeWindow(segment, hop);
  const total = new Float32Array(hop); // of the windows over any one hop
  for (let i = 0; i < segment; i++) total[i % hop] += window[i];
  const added = channels.map(() => new Float32Array(segment));
  for (let start = hop - segment; start < frames; start += hop) {
    const [from, to] = [Math.max(0, start), Math.min(frames, start + segment)];
    const block = channels.map((samples) => cut(samples, from, to, start, segment));
    const estimate = await predict(block);
    for (let c = 0; c < channels.length; c++) {
      const sum = added[c];
      for (let i = 0; i < segment; i++) sum[i] += estimate[c][i] * window[i];
      // no later block reads these frames, so the estimate can stand in their place
      const end = Math.min(frames, start + hop);
      for (let t = from; t < end; t++) channels[c][t] = sum[t - start] / total[t - start];
      sum.copyWithin(0, hop);
      sum.fill(0, segment - hop);
    }
    await onFrames(Math.max(0, Math.min(frames, start + hop)));
  }
}

// A block's channel, less its offset; zeros where the music has not begun or is over.
function cut(samples, from, to, start, segment) {
  const block = new Float32Array(segment);
  const music = samples.subarray(from, to);
  block.set(music, from - start);
  const mean = offset(music);
  if (mean) for (let i = from - start; i < to - start; i++) block[i] -= mean;
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
