// The worker as promises: ready with the model, a song in, its stem out.

const ENOUGH_THREADS = 8;

export class Separator {
  constructor() {
    const cores = Math.min(ENOUGH_THREADS, navigator.hardwareConcurrency || 1);
    const threads = crossOriginIsolated ? cores : 1;
    this.id = 0;
    this.waiting = null; // of the song at work
    this.ready = this.start(threads).catch((error) => {
      if (threads === 1) throw error;
      this.worker.terminate();
      return this.start(1); // threads are not in this browser, not now, or not offline
    });
  }

  // A worker with that many threads; what it says once it is ready.
  start(threads) {
    return new Promise((resolve, reject) => {
      this.worker = new Worker("worker.js");
      this.worker.onmessage = ({ data }) => {
        if (data.kind === "ready") resolve(data);
        else if (data.kind === "failed" && data.id === undefined) reject(new Error(data.message));
        else if (data.id === this.waiting?.id) this.hear(data);
      };
      this.worker.onerror = (event) => {
        event.preventDefault();
        const error = new Error(event.message || "the worker could not be started");
        reject(error);
        this.waiting?.reject(error);
      };
      this.worker.postMessage({ kind: "load", folder: new URL("./", location.href).href, threads });
    });
  }

  hear({ kind, share, from, to, start, channels, message }) {
    const { id, mixture, stem, onShare, resolve, reject } = this.waiting;
    if (kind === "want") {
      const parts = Array.from({ length: mixture.numberOfChannels }, (_, c) => mixture.getChannelData(c).slice(from, to));
      this.worker.postMessage({ kind: "music", id, channels: parts }, parts.map((part) => part.buffer));
    } else if (kind === "stem") {
      channels.forEach((samples, c) => stem.copyToChannel(samples, c, start));
      onShare((start + channels[0].length) / stem.length);
    } else if (kind === "progress") onShare(share);
    else {
      this.waiting = null; // so that the song need not stay when another comes
      if (kind === "done") resolve(stem);
      else reject(new Error(message));
    }
  }

  // The stem of a buffer, as another of the same shape.
  async separate(mixture, onShare, signal) {
    await this.ready;
    signal.throwIfAborted();
    const { length, numberOfChannels, sampleRate } = mixture;
    const stem = new AudioBuffer({ length, numberOfChannels, sampleRate });
    return new Promise((resolve, reject) => {
      const id = ++this.id;
      this.waiting = { id, mixture, stem, resolve, reject, onShare };
      signal.addEventListener("abort", () => {
        this.worker.postMessage({ kind: "cancel", id });
        if (this.waiting?.id === id) this.waiting = null;
        reject(signal.reason);
      });
      this.worker.postMessage({ kind: "separate", id, frames: length, rate: sampleRate });
    });
  }
}
