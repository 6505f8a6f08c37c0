// Waveform and spectrogram of music on canvases.

const WINDOW = 1024;
const RANGE_DB = 80;
const PIECE = 1 << 16; // frames that are read at once: all of a song would be another one in memory

// One channel of music, read in order, with a little way back.
class Mono {
  constructor(music) {
    this.music = music;
    this.start = 0; // of the samples that are here
    this.samples = new Float32Array(0);
  }

  // Frames from one to another; silence outside of the music.
  async between(from, to) {
    if (from < this.start || to > this.start + this.samples.length) await this.load(from, Math.max(to, from + PIECE));
    return this.samples.subarray(from - this.start, to - this.start);
  }

  async load(from, to) {
    const [first, last] = [from, to].map((frame) => Math.max(0, Math.min(this.music.length, frame)));
    const samples = new Float32Array(to - from);
    for (const channel of await this.music.read(first, last)) {
      for (let i = 0; i < channel.length; i++) samples[first - from + i] += channel[i] / this.music.numberOfChannels;
    }
    [this.start, this.samples] = [from, samples];
  }
}

// What pictures of music show, column by column: the lowest and highest sample, and levels of `rows`
// frequencies in dB, high ones first. All of it in one way through the music.
export async function look(music, columns, rows) {
  const seen = { low: new Float32Array(columns), high: new Float32Array(columns), levels: new Float32Array(columns * rows) };
  const mono = new Mono(music);
  const spectrum = new Spectrum(rows);
  for (let x = 0; x < columns; x++) {
    const middle = Math.floor(((x + 0.5) * music.length) / columns);
    const from = Math.floor((x * music.length) / columns);
    const to = Math.max(from + 1, Math.floor(((x + 1) * music.length) / columns));
    for (let at = from; at < to; at += PIECE) {
      for (const value of await mono.between(at, Math.min(to, at + PIECE))) {
        if (value < seen.low[x]) seen.low[x] = value;
        else if (value > seen.high[x]) seen.high[x] = value;
      }
    }
    spectrum.measure(await mono.between(middle - WINDOW / 2, middle + WINDOW / 2), seen.levels.subarray(x * rows, (x + 1) * rows));
  }
  return seen;
}

// The largest absolute sample of what was seen.
export function peak({ low, high }) {
  return Math.max(1e-6, ...high, ...low.map(Math.abs));
}

// Both scaled to a common peak, so that tracks can be compared.
export function drawWave(canvas, { low, high }, highest) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(document.body).getPropertyValue("--accent");
  for (let x = 0; x < width; x++) {
    const top = (1 - high[x] / highest) * 0.5 * height;
    pen.fillRect(x, top, 1, Math.max(1, ((high[x] - low[x]) / highest) * 0.5 * height));
  }
}

export function drawSpectrogram(canvas, { levels }, highest) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  const loudest = 20 * Math.log10((highest * WINDOW) / 4);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const share = Math.max(0, Math.min(1, (levels[x * height + y] - loudest) / RANGE_DB + 1));
      const at = 4 * (y * width + x);
      image.data[at] = 255 * Math.min(1, 1.6 * share);
      image.data[at + 1] = 255 * share ** 2;
      image.data[at + 2] = 255 * (0.5 * share + 0.5 * share ** 6);
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
}

class Spectrum {
  constructor(rows) {
    this.window = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
    this.real = new Float64Array(WINDOW);
    this.imaginary = new Float64Array(WINDOW);
    // square root: more room for low frequencies, where music is
    this.bins = Int32Array.from({ length: rows }, (_, y) => Math.floor((1 - y / rows) ** 2 * (WINDOW / 2 - 1)));
  }

  measure(samples, levels) {
    for (let i = 0; i < WINDOW; i++) this.real[i] = samples[i] * this.window[i];
    this.imaginary.fill(0);
    fft(this.real, this.imaginary);
    this.bins.forEach((bin, y) => (levels[y] = 20 * Math.log10(Math.hypot(this.real[bin], this.imaginary[bin]) + 1e-9)));
  }
}

// In place, length a power of two (Cooley and Tukey, 1965).
function fft(real, imaginary) {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const turn = (-2 * Math.PI) / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < size / 2; k++) {
        const [cosine, sine] = [Math.cos(turn * k), Math.sin(turn * k)];
        const [a, b] = [start + k, start + k + size / 2];
        const re = real[b] * cosine - imaginary[b] * sine;
        const im = real[b] * sine + imaginary[b] * cosine;
        [real[b], imaginary[b]] = [real[a] - re, imaginary[a] - im];
        [real[a], imaginary[a]] = [real[a] + re, imaginary[a] + im];
      }
    }
  }
}
