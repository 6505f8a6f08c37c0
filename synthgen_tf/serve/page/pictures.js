// Waveform and spectrogram of a buffer on canvases.

import { samplesOf } from "./mix.js";

const WINDOW = 1024;
const RANGE_DB = 80;
const PIECE = 1 << 16; // frames

// A part of the music, for all of it at once would be another song in memory; silence outside.
function mono(buffer, from, to) {
  const out = new Float32Array(to - from);
  const first = Math.max(0, -from);
  for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
    const samples = samplesOf(buffer, channel, Math.max(0, from), Math.min(buffer.length, to));
    for (let i = 0; i < samples.length; i++) out[first + i] += samples[i] / buffer.numberOfChannels;
  }
  return out;
}

export function peak(buffer) {
  let highest = 1e-6;
  for (let from = 0; from < buffer.length; from += PIECE) {
    for (const value of mono(buffer, from, Math.min(buffer.length, from + PIECE))) highest = Math.max(highest, Math.abs(value));
  }
  return highest;
}

// Both scaled to a common peak, so that tracks can be compared.
export function drawWave(canvas, buffer, highest) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  pen.fillStyle = getComputedStyle(document.body).getPropertyValue("--accent"); // the canvas is not in the page yet
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * buffer.length) / width);
    const to = Math.max(from + 1, Math.floor(((x + 1) * buffer.length) / width));
    let low = 0;
    let high = 0;
    for (const value of mono(buffer, from, to)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const top = (1 - high / highest) * 0.5 * height;
    pen.fillRect(x, top, 1, Math.max(1, ((high - low) / highest) * 0.5 * height));
  }
}

export function drawSpectrogram(canvas, buffer, highest) {
  const { width, height } = canvas;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, height);
  const window = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
  const real = new Float64Array(WINDOW);
  const imaginary = new Float64Array(WINDOW);
  const loudest = (highest * WINDOW) / 4;
  for (let x = 0; x < width; x++) {
    const start = Math.floor(((x + 0.5) * buffer.length) / width - WINDOW / 2);
    const samples = mono(buffer, start, start + WINDOW);
    for (let i = 0; i < WINDOW; i++) real[i] = samples[i] * window[i];
    imaginary.fill(0);
    fft(real, imaginary);
    for (let y = 0; y < height; y++) {
      // square root: more room for low frequencies, where music is
      const bin = Math.floor((1 - y / height) ** 2 * (WINDOW / 2 - 1));
      const level = 20 * Math.log10(Math.hypot(real[bin], imaginary[bin]) / loudest + 1e-9);
      const share = Math.max(0, Math.min(1, level / RANGE_DB + 1));
      const at = 4 * (y * width + x);
      image.data[at] = 255 * Math.min(1, 1.6 * share);
      image.data[at + 1] = 255 * share ** 2;
      image.data[at + 2] = 255 * (0.5 * share + 0.5 * share ** 6);
      image.data[at + 3] = 255;
    }
  }
  pen.putImageData(image, 0, 0);
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
