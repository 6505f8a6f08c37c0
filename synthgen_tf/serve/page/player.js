// Tracks of one length, played in step: one clock, and piece after piece of all of them scheduled on it.

import { partsOf } from "./music.js";

const PIECE_SECONDS = 4;
const AHEAD_SECONDS = 10; // of music that waits its turn: a page in the background wakes once a second
const LEAD_SECONDS = 0.05; // so that all can start on the same sample
const LOOK_MS = 200;

export class Player {
  // `fail` is told why music cannot be read any more.
  constructor(context, tracks, fail) {
    this.context = context;
    this.fail = fail;
    this.tracks = new Map();
    for (const [name, music] of tracks) {
      const gain = context.createGain();
      gain.connect(context.destination);
      this.tracks.set(name, { music, gain, volume: 1, mute: false, solo: false });
    }
    const [{ sampleRate, length }] = tracks.values();
    this.rate = sampleRate;
    this.length = length;
    this.duration = length / sampleRate;
    this.offset = 0; // where it stands while it does not play
    this.startedAt = null;
    this.loop = null; // seconds from and to
    this.run = null; // what plays now; whatever was begun for another is void
    this.sources = new Set();
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
    const run = (this.run = {});
    await this.context.resume();
    if (this.run !== run) return;
    if (this.offset >= this.duration) this.offset = 0;
    if (this.loop && this.offset >= this.loop.to) this.offset = this.loop.from;
    await this.feed(run, Math.round(this.offset * this.rate)).catch((error) => this.stop(run, error));
  }

  // Schedules the first piece of what is to be heard from a frame on, and lets the others follow.
  async feed(run, frame) {
    const pieces = this.pieces(run, frame);
    await pieces.next();
    const follow = async () => {
      for await (const _ of pieces) await this.turn(run);
    };
    follow().catch((error) => this.stop(run, error));
  }

  // Each step schedules a piece, until the music is over or another run began.
  async *pieces(run, frame) {
    const [from, to] = this.loop ? [this.loop.from, this.loop.to].map((at) => Math.round(at * this.rate)) : [0, this.length];
    const longest = Math.ceil(PIECE_SECONDS * this.rate);
    while (frame < to) {
      const end = Math.min(to, frame + longest);
      const buffers = await this.buffers(frame, end);
      if (this.run !== run) return;
      const whole = this.loop && frame === from && end === to; // which repeats by itself
      this.schedule(buffers, end - frame, whole);
      yield;
      if (whole) return;
      frame = this.loop && end === to ? from : end;
    }
  }

  // What tracks play between two frames, each music once.
  async buffers(from, to) {
    const found = new Map();
    for (const { music } of this.tracks.values()) {
      for (const [part] of partsOf(music)) {
        if (found.has(part)) continue;
        const buffer = new AudioBuffer({ length: to - from, numberOfChannels: part.numberOfChannels, sampleRate: this.rate });
        (await part.read(from, to)).forEach((samples, c) => buffer.copyToChannel(samples, c));
        found.set(part, buffer);
      }
    }
    return found;
  }

  schedule(buffers, frames, loop) {
    const earliest = this.context.currentTime + LEAD_SECONDS;
    if (!this.playing) this.startedAt = this.next = Math.ceil(earliest * this.rate) / this.rate;
    else if (this.next < this.context.currentTime) {
      this.startedAt += earliest - this.next; // reading took too long: all go on later, in step
      this.next = earliest;
    }
    for (const track of this.tracks.values()) {
      for (const [part, gain] of partsOf(track.music)) this.start(buffers.get(part), gain, track.gain, loop);
    }
    this.next += frames / this.rate;
  }

  start(buffer, gain, output, loop) {
    const source = new AudioBufferSourceNode(this.context, { buffer, loop });
    const weighted = new GainNode(this.context, { gain });
    source.connect(weighted).connect(output);
    source.addEventListener("ended", () => {
      weighted.disconnect();
      this.sources.delete(source);
    });
    source.start(this.next);
    this.sources.add(source);
  }

  // Until little of what was scheduled is left.
  async turn(run) {
    while (this.run === run && this.next - this.context.currentTime > AHEAD_SECONDS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  stop(run, error) {
    if (this.run !== run) return;
    this.pause();
    this.fail(error);
  }

  pause() {
    this.run = null;
    if (!this.playing) return;
    this.offset = this.position;
    this.startedAt = null;
    for (const source of this.sources) source.stop();
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
    const frame = (seconds) => Math.round(seconds * this.rate) / this.rate;
    this.loop = loop && { from: frame(loop.from), to: frame(loop.to) };
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
