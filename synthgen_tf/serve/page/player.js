// Tracks of one length, played in step: one clock, started together.

import { partsOf } from "./mix.js";

export class Player {
  constructor(context, buffers) {
    this.context = context;
    this.tracks = new Map();
    for (const [name, buffer] of buffers) {
      const gain = context.createGain();
      gain.connect(context.destination);
      this.tracks.set(name, { buffer, gain, volume: 1, mute: false, solo: false, sources: [] });
    }
    this.duration = Math.max(...[...buffers.values()].map((buffer) => buffer.duration));
    this.offset = 0; // where it stands while it does not play
    this.startedAt = null;
    this.loop = null; // seconds from and to
    this.apply();
  }

  get playing() {
    return this.startedAt !== null;
  }

  get position() {
    const passed = this.playing ? this.context.currentTime - this.startedAt : 0;
    const seconds = this.offset + Math.max(0, passed);
    if (!this.loop || seconds < this.loop.to) return Math.min(this.duration, seconds);
    return this.loop.from + ((seconds - this.loop.from) % (this.loop.to - this.loop.from));
  }

  async play() {
    if (this.playing) return;
    await this.context.resume();
    if (this.offset >= this.duration) this.offset = 0;
    if (this.loop && this.offset >= this.loop.to) this.offset = this.loop.from;
    const at = this.context.currentTime + 0.05; // so that all can start on the same sample
    for (const track of this.tracks.values()) {
      track.sources = partsOf(track.buffer).map(([buffer, gain]) => this.source(buffer, gain, track.gain));
      for (const source of track.sources) source.start(at, this.offset);
    }
    this.startedAt = at;
  }

  source(buffer, gain, output) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    if (this.loop) Object.assign(source, { loop: true, loopStart: this.loop.from, loopEnd: this.loop.to });
    const weighted = new GainNode(this.context, { gain });
    source.connect(weighted).connect(output);
    source.addEventListener("ended", () => weighted.disconnect());
    return source;
  }

  pause() {
    if (!this.playing) return;
    this.offset = this.position;
    this.startedAt = null;
    for (const track of this.tracks.values()) {
      for (const source of track.sources) source.stop();
      track.sources = [];
    }
  }

  async seek(seconds) {
    const playing = this.playing;
    this.pause();
    this.offset = Math.max(0, Math.min(this.duration, seconds));
    if (playing && this.offset < this.duration) await this.play();
  }

  // Repeats what lies between two moments; null plays on to the end.
  async repeat(loop) {
    const playing = this.playing;
    this.pause();
    this.loop = loop;
    if (playing) await this.play();
  }

  set(name, changes) {
    Object.assign(this.tracks.get(name), changes);
    this.apply();
  }

  // Solo outdoes mute: while any track is solo, the others are silent.
  audible(track) {
    const solos = [...this.tracks.values()].some((each) => each.solo);
    return solos ? track.solo : !track.mute;
  }

  apply() {
    for (const track of this.tracks.values()) {
      track.gain.gain.value = this.audible(track) ? track.volume : 0;
    }
  }

  close() {
    this.pause();
    for (const track of this.tracks.values()) track.gain.disconnect();
  }
}
