// The model under LiteRT.js: a block of music in, the stem's estimate out.

import { Tensor, loadAndCompile, loadLiteRt } from "@litertjs/core";

const PATIENCE_MS = 10_000; // a browser that refuses a thread may say nothing

export class Estimator {
  // Loads WebAssembly and the model of a folder, with that many threads.
  static async load(about, folder, threads) {
    await loadWasm(folder, threads > 1);
    const model = await loadAndCompile(new URL("model.tflite", folder).href, {
      accelerator: "wasm",
      cpuOptions: { numThreads: threads },
    });
    return new Estimator(model, about);
  }

  constructor(model, about) {
    this.model = model;
    this.shape = [1, about.segment, about.channels];
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

async function loadWasm(folder, threads) {
  const wasm = new URL("wasm/", folder).href;
  self.Module = {
    locateFile: (name) => wasm + name, // else beside this worker
    mainScriptUrlOrBlob: `${wasm}litert_wasm_threaded_internal.js`, // of its threads
    printErr: (line) => /^(INFO|WARNING)\b/.test(line) || console.error(line),
  };
  if (!threads) return loadLiteRt(wasm);
  await (await fetch(`${wasm}litert_wasm_threaded_internal.wasm`)).arrayBuffer(); // a slow network is no refusal
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("threads did not start")), PATIENCE_MS));
  return Promise.race([loadLiteRt(wasm, { threads: true }), late]);
}
