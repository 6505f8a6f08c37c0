// Another sample rate by a Kaiser-windowed sinc: linear phase, nothing shifts in time. Its slope is
// that of soxr's very high quality, which the Python package uses: white noise agrees to 64 dB.

const ROLL_OFF = 0.0882; // of the lower Nyquist frequency is given to the filter's slope
const MIDDLE = 0.95566; // of that slope
const ATTENUATION_DB = 180;

// `frames` samples at another rate, silence after the music's end.
export function resample(samples, rateFrom, rateTo, frames) {
  const common = divisor(rateFrom, rateTo);
  const [up, down] = [rateTo / common, rateFrom / common];
  const { taps, half, table } = filter(up, down);
  const out = new Float32Array(frames);
  for (let m = 0; m < frames; m++) {
    const at = m * down; // in steps of 1 / up samples
    const phase = at % up;
    const first = (at - phase) / up - half + 1;
    const row = phase * taps;
    const from = Math.max(0, -first);
    const to = Math.min(taps, samples.length - first);
    // four sums side by side, for one waits for itself
    let [one, two, three, four] = [0, 0, 0, 0];
    let k = from;
    for (; k + 3 < to; k += 4) {
      one += samples[first + k] * table[row + k];
      two += samples[first + k + 1] * table[row + k + 1];
      three += samples[first + k + 2] * table[row + k + 2];
      four += samples[first + k + 3] * table[row + k + 3];
    }
    for (; k < to; k++) one += samples[first + k] * table[row + k];
    out[m] = one + two + three + four;
  }
  return out;
}

let kept = {}; // the filter of the last pair of rates: each channel asks for it

// For each of `up` phases the weights of the `taps` samples around it.
function filter(up, down) {
  if (kept.up === up && kept.down === down) return kept;
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
  kept = { up, down, taps, half, table };
  return kept;
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
