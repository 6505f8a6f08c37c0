// Music as pages read it: `length`, `sampleRate`, `numberOfChannels` and `duration`, and `read`, which
// promises the channels from one frame to another, as arrays of their own.

// What the browser decoded.
export class Held {
  constructor(buffer) {
    this.buffer = buffer;
    takeShape(this, buffer);
  }

  async read(from, to) {
    return Array.from({ length: this.numberOfChannels }, (_, c) => this.buffer.getChannelData(c).slice(from, to));
  }
}

// A sum of other music, made as it is heard or looked at, so that it takes no room.
export class Mix {
  // Pairs of music and its gain, all of one shape.
  constructor(...parts) {
    this.parts = parts;
    takeShape(this, parts[0][0]);
  }

  async read(from, to) {
    const sums = Array.from({ length: this.numberOfChannels }, () => new Float32Array(to - from));
    for (const [music, gain] of this.parts) {
      (await music.read(from, to)).forEach((samples, c) => {
        for (let i = 0; i < samples.length; i++) sums[c][i] += gain * samples[i];
      });
    }
    return sums;
  }
}

// What a track plays, as pairs of music and its gain.
export function partsOf(track) {
  return track instanceof Mix ? track.parts : [[track, 1]];
}

function takeShape(music, { length, sampleRate, numberOfChannels }) {
  Object.assign(music, { length, sampleRate, numberOfChannels, duration: length / sampleRate });
}
