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

  hear({ kind, share, channels, message }) {
    if (kind === "progress") this.waiting.onShare(share);
    else if (kind === "done") this.waiting.resolve(channels);
    else this.waiting.reject(new Error(message));
  }

  // The stem's channels. The song is copied: its buffer stays.
  async separate(buffer, onShare, signal) {
    await this.ready;
    signal.throwIfAborted();
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c).slice());
    return new Promise((resolve, reject) => {
      const id = ++this.id;
      this.waiting = { id, resolve, reject, onShare };
      signal.addEventListener("abort", () => {
        this.worker.postMessage({ kind: "cancel", id });
        reject(signal.reason);
      });
      const message = { kind: "separate", id, channels, rate: buffer.sampleRate };
      this.worker.postMessage(message, channels.map((each) => each.buffer));
    });
  }
}
