// Another sample rate by a Kaiser-windowed sinc: linear phase, nothing shifts in time. Its slope is
// that of soxr's very high quality, which the Python package uses: white noise agrees to 64 dB.

const ROLL_OFF = 0.0882; // of the lower Nyquist frequency is given to the filter's slope
const MIDDLE = 0.95566; // of that slope
const ATTENUATION_DB = 180;

export class Resampler {
  constructor(rateFrom, rateTo) {
    const common = divisor(rateFrom, rateTo);
    [this.up, this.down] = [rateTo / common, rateFrom / common];
    Object.assign(this, filter(this.up, this.down));
  }

  // The first frame of the music that a frame of the other rate is made of, and one past the last; may lie outside.
  needs(frame) {
    const first = Math.floor((frame * this.down) / this.up) - this.half + 1;
    return [first, first + this.taps];
  }

  // How many frames of the other rate are made of less than that many frames of the music.
  reach(frames) {
    return Math.max(0, Math.ceil(((frames - this.half) * this.up) / this.down));
  }

  // Frames from one to another of the other rate. The samples begin at frame `start` of the music,
  // and around them is silence.
  cut(samples, start, from, to) {
    const { up, down, taps, half, table } = this;
    const out = new Float32Array(to - from);
    for (let m = 0; m < out.length; m++) {
      const at = (from + m) * down; // in steps of 1 / up samples
      const phase = at % up;
      const first = (at - phase) / up - half + 1 - start;
      const row = phase * taps;
      const end = Math.min(taps, samples.length - first);
      // four sums side by side, for one waits for itself
      let [one, two, three, four] = [0, 0, 0, 0];
      let k = Math.max(0, -first);
      for (; k + 3 < end; k += 4) {
        one += samples[first + k] * table[row + k];
        two += samples[first + k + 1] * table[row + k + 1];
        three += samples[first + k + 2] * table[row + k + 2];
        four += samples[first + k + 3] * table[row + k + 3];
      }
      for (; k < end; k++) one += samples[first + k] * table[row + k];
      out[m] = one + two + three + four;
    }
    return out;
  }
}

// What reads music of so many frames as if it had the other rate, forwards and as far back as was read before.
export function readAtRate(resampler, read, frames) {
  let last = { to: 0, channels: [] };
  return async (from, to) => {
    const begin = Math.max(from, last.to); // what lies before is here already
    const [first] = resampler.needs(begin);
    const [, end] = resampler.needs(to - 1);
    const start = Math.min(frames, Math.max(0, first));
    const music = await read(start, Math.max(start, Math.min(frames, end)));
    const channels = music.map((samples, c) => {
      const out = new Float32Array(to - from);
      if (begin > from) out.set(last.channels[c].subarray(from - last.from));
      if (begin < to) out.set(resampler.cut(samples, start, begin, to), begin - from);
      return out;
    });
    last = { from, to, channels };
    return channels;
  };
}

// What takes music of so many frames, part after part, and writes it at the other rate, `frames` of them.
export function writeAtRate(resampler, write, length, frames) {
  let [kept, start, written] = [null, 0, 0];
  return async (from, channels) => {
    kept = kept ? kept.map((samples, c) => joined(samples, channels[c])) : channels;
    const heard = start + kept[0].length;
    const to = heard >= length ? frames : Math.min(frames, resampler.reach(heard));
    if (to <= written) return;
    await write(written, kept.map((samples) => resampler.cut(samples, start, written, to)));
    const first = Math.max(start, Math.min(heard, resampler.needs(to)[0]));
    kept = kept.map((samples) => samples.slice(first - start));
    [start, written] = [first, to];
  };
}

function joined(one, other) {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

// For each of `up` phases the weights of the `taps` samples around it.
function filter(up, down) {
  const lower = Math.min(1, up / down); // Nyquist frequency, that of the input being 1
  const cutoff = lower * MIDDLE;
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const half = Math.ceil((ATTENUATION_DB - 7.95) / (2.285 * Math.PI * ROLL_OFF * lower) / 2) + 1;
  const taps = 2 * half;
  const table = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase++) {
    for (let k = 0; k < taps; k++) {
      const x = k - half + 1 - phase / up;
      const inside = 1 - (x / half) ** 2;
      const angle = Math.PI * cutoff * x;
      const sinc = angle ? Math.sin(angle) / angle : 1;
      table[phase * taps + k] = inside <= 0 ? 0 : (cutoff * sinc * bessel(beta * Math.sqrt(inside))) / bessel(beta);
    }
  }
  return { taps, half, table };
}

// Modified Bessel function of the first kind, order 0.
function bessel(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a, b) {
  return b ? divisor(b, a % b) : a;
}
