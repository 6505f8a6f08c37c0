// The model under LiteRT.js: a block of music in, the stem's estimate out.

import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";

const ENOUGH_THREADS = 8;

export class Estimator {
  // Loads WebAssembly and the model of a folder; with threads where the page is isolated from others.
  static async load(about, folder) {
    const cores = Math.min(ENOUGH_THREADS, navigator.hardwareConcurrency || 1);
    let threads = self.crossOriginIsolated ? cores : 1;
    try {
      await loadWasm(folder, threads > 1);
    } catch (error) {
      if (threads === 1) throw error;
      threads = 1; // not in this browser, or not offline
      await loadWasm(folder, false);
    }
    const model = await loadAndCompile(new URL("model.tflite", folder).href, {
      accelerator: "wasm",
      cpuOptions: { numThreads: threads },
    });
    return new Estimator(model, about, threads);
  }

  constructor(model, about, threads) {
    this.model = model;
    this.shape = [1, about.segment, about.channels];
    this.threads = threads;
  }

  // Float32 samples of a block, channels side by side; as many back.
  async run(block) {
    const input = new Tensor(block, this.shape);
    let output = null;
    try {
      [output] = await this.model.run([input]);
      return output.toTypedArray().slice(); // what it views is freed below
    } finally {
      output?.delete();
      input.delete();
    }
  }
}

function loadWasm(folder, threads) {
  const wasm = new URL("wasm/", folder).href;
  self.Module = {
    locateFile: (name) => wasm + name, // else beside this worker
    mainScriptUrlOrBlob: `${wasm}litert_wasm_threaded_internal.js`, // of its threads
    printErr: (line) => /^(INFO|WARNING)\b/.test(line) || console.error(line),
  };
  return loadLiteRt(wasm, { threads });
}
