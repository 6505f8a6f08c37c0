// Room for music beside memory: files of the browser's own, gone with the page. Where a browser
// offers none (without https, or in private windows of some), blobs, which it may keep on disk.

import { Recording } from "./recording.js";

const FOLDER = "synthgen";
let own = null; // folder of this page

// Takes music part by part, and is a recording then.
export class Store {
  static async open() {
    own ??= ownFolder().catch(() => null);
    const folder = await own;
    if (!folder) return new Store(null);
    const name = crypto.randomUUID();
    const handle = await folder.getFileHandle(name, { create: true });
    return new Store({ folder, name, handle, writer: await handle.createWritable() });
  }

  constructor(file) {
    this.file = file;
    this.blobs = [];
    this.length = 0;
  }

  // The next frames, channel by channel.
  async add(channels) {
    const samples = new Float32Array(channels.length * channels[0].length);
    channels.forEach((channel, c) => {
      for (let i = 0; i < channel.length; i++) samples[i * channels.length + c] = channel[i];
    });
    if (this.file) await this.file.writer.write(samples);
    else this.blobs.push(new Blob([samples]));
    this.length += channels[0].length;
  }

  async close({ numberOfChannels, sampleRate }) {
    const format = { kind: "float32", length: this.length, numberOfChannels, sampleRate };
    if (!this.file) return new Recording(new Blob(this.blobs), format);
    await this.file.writer.close();
    return new Recording(await this.file.handle.getFile(), format, () => this.remove());
  }

  // Leaves nothing of what came.
  async discard() {
    this.blobs = [];
    await this.file?.writer.abort().catch(() => {}); // closed or broken already
    await this.remove();
  }

  async remove() {
    await this.file?.folder.removeEntry(this.file.name).catch(() => {}); // gone already, or the next page sees to it
  }
}

// A folder that no other page has, where browsers have such; those of pages that are no more are removed.
async function ownFolder() {
  if (!globalThis.FileSystemFileHandle?.prototype.createWritable || !navigator.locks) return null;
  const all = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  for await (const name of all.keys()) {
    await navigator.locks.request(name, { ifAvailable: true }, (lock) => lock && all.removeEntry(name, { recursive: true }));
  }
  const name = crypto.randomUUID();
  const forGood = new Promise(() => {});
  await new Promise((held) => {
    navigator.locks.request(name, () => (held(), forGood)); // let go when the page is no more
  });
  addEventListener("pagehide", ({ persisted }) => persisted || all.removeEntry(name, { recursive: true }).catch(() => {}));
  return all.getDirectoryHandle(name, { create: true });
}
