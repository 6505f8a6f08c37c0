// The worker as promises: ready with the model, a song in, its stem out.

import { Store } from "./store.js";

const ENOUGH_THREADS = 8;

export class Separator {
  constructor() {
    const cores = Math.min(ENOUGH_THREADS, navigator.hardwareConcurrency || 1);
    const threads = crossOriginIsolated ? cores : 1;
    this.id = 0;
    this.waiting = null; // of the song at work
    this.heard = Promise.resolve(); // once all that the worker said was done
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
        else this.heard = this.heard.then(() => this.hear(data)).catch((error) => this.end(data.id, error));
      };
      this.worker.onerror = (event) => {
        event.preventDefault();
        const error = new Error(event.message || "the worker could not be started");
        reject(error);
        if (this.waiting) this.end(this.waiting.id, error);
      };
      this.worker.postMessage({ kind: "load", folder: new URL("./", location.href).href, threads });
    });
  }

  async hear({ kind, id, from, to, channels, message }) {
    if (id !== this.waiting?.id) return;
    const { mixture, store, onShare, resolve } = this.waiting;
    if (kind === "want") {
      const parts = await mixture.read(from, to);
      this.worker.postMessage({ kind: "music", id, channels: parts }, parts.map((part) => part.buffer));
    } else if (kind === "stem") {
      await store.add(channels);
      onShare(store.length / mixture.length);
    } else if (kind === "done") {
      resolve(await store.close(mixture));
      this.waiting = null;
    } else throw new Error(message);
  }

  // No more of a song, for an error's sake.
  end(id, error) {
    if (id !== this.waiting?.id) return;
    const { store, reject } = this.waiting;
    this.waiting = null;
    this.worker.postMessage({ kind: "cancel", id });
    store.discard();
    reject(error);
  }

  // The stem of a recording, as another of the same shape.
  async separate(mixture, onShare, signal) {
    await this.ready;
    const store = await Store.open();
    if (signal.aborted) await store.discard();
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const id = ++this.id;
      this.waiting = { id, mixture, store, resolve, reject, onShare };
      signal.addEventListener("abort", () => this.end(id, signal.reason));
      this.worker.postMessage({ kind: "separate", id, frames: mixture.length, rate: mixture.sampleRate });
    });
  }
}
