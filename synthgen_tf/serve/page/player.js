// Tracks of one length, played in step: one clock, started together.

export class Player {
  constructor(context, buffers) {
    this.context = context;
    this.tracks = new Map();
    for (const [name, buffer] of buffers) {
      const gain = context.createGain();
      gain.connect(context.destination);
      this.tracks.set(name, { buffer, gain, volume: 1, mute: false, solo: false, source: null });
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
      track.source = this.context.createBufferSource();
      track.source.buffer = track.buffer;
      if (this.loop) Object.assign(track.source, { loop: true, loopStart: this.loop.from, loopEnd: this.loop.to });
      track.source.connect(track.gain);
      track.source.start(at, this.offset);
    }
    this.startedAt = at;
  }

  pause() {
    if (!this.playing) return;
    this.offset = this.position;
    this.startedAt = null;
    for (const track of this.tracks.values()) {
      track.source.stop();
      track.source.disconnect();
      track.source = null;
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

// The sum of two buffers of one shape.
export function sum(context, one, other) {
  const total = context.createBuffer(one.numberOfChannels, one.length, one.sampleRate);
  for (let channel = 0; channel < one.numberOfChannels; channel++) {
    const [a, b, out] = [one, other, total].map((buffer) => buffer.getChannelData(channel));
    for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
  }
  return total;
}
