// Any number of channels through a model of two, as FittedChannels of synthgen_tf/separate/predictor.py.

const MAX_EXCESS = 4; // energy of an estimate by that of the mixture: 6 dB

// A function from a block's channels to their estimates; `run` takes and gives channels side by side.
export function fitted(run, width) {
  return async (block) => {
    const estimate = [];
    for (let at = 0; at < block.length; at += width) {
      const group = block.slice(at, at + width);
      const sources = Array.from({ length: width }, (_, slot) => group[slot % group.length]);
      const slots = await run(sideBySide(sources));
      for (let c = 0; c < group.length; c++) estimate.push(limited(average(slots, width, c, group.length), group[c]));
    }
    return estimate;
  };
}

function sideBySide(channels) {
  const width = channels.length;
  const out = new Float32Array(width * channels[0].length);
  for (let c = 0; c < width; c++) {
    for (let i = 0; i < channels[c].length; i++) out[i * width + c] = channels[c][i];
  }
  return out;
}

// The mean of the slots that hold a channel: mono went through twice.
function average(slots, width, channel, channels) {
  const own = [];
  for (let slot = channel; slot < width; slot += channels) own.push(slot);
  const out = new Float32Array(slots.length / width);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (const slot of own) sum += slots[i * width + slot];
    out[i] = sum / own.length;
  }
  return out;
}

// Turned down to MAX_EXCESS times the energy of the block's channel: a silent one stays silent.
function limited(estimate, music) {
  const energy = square(estimate);
  const most = MAX_EXCESS * square(music);
  if (!Number.isFinite(energy)) throw new Error("the model gave values that are not finite: try music below full scale");
  if (energy <= most) return estimate;
  const gain = Math.fround(Math.sqrt(most / energy));
  return estimate.map((value) => value * gain);
}

function square(samples) {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return sum;
}
