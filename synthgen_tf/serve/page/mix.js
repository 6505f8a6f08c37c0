// Music that is made of other buffers as it is heard or looked at, so that it takes no memory.

export class Mix {
  // Pairs of a buffer and its gain; all buffers have one shape.
  constructor(...parts) {
    this.parts = parts;
    const [[{ length, duration, sampleRate, numberOfChannels }]] = parts;
    Object.assign(this, { length, duration, sampleRate, numberOfChannels });
  }

  samples(channel, from, to) {
    const out = new Float32Array(to - from);
    for (const [buffer, gain] of this.parts) {
      const part = samplesOf(buffer, channel, from, to);
      for (let i = 0; i < out.length; i++) out[i] += gain * part[i];
    }
    return out;
  }
}

// What a track plays, as pairs of a buffer and its gain.
export function partsOf(track) {
  return track instanceof Mix ? track.parts : [[track, 1]];
}

// Frames from one to another of a channel of a track, which are not to be written to.
export function samplesOf(track, channel, from, to) {
  return track instanceof Mix ? track.samples(channel, from, to) : track.getChannelData(channel).subarray(from, to);
}
