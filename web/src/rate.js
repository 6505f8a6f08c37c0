// The sample rate that a file's head tells: WAV, FLAC, Ogg, MP3 and MP4; 0 where it tells none.

const MPEG_HZ = [44100, 48000, 32000];
const SEARCHED = 1 << 16; // bytes in which the first frame of an mp3 is looked for

export function rateOf(bytes) {
  const text = (at, length) => String.fromCharCode(...new Uint8Array(bytes.buffer, at, Math.max(0, Math.min(length, bytes.byteLength - at))));
  try {
    const start = text(0, 4);
    if (start === "RIFF") return ofWav(bytes, text);
    if (start === "fLaC") return bytes.getUint32(18) >>> 12;
    if (start === "OggS") return ofOgg(bytes, text(0, 200));
    if (text(4, 4) === "ftyp") return ofMp4(bytes);
    return ofMpeg(bytes, start);
  } catch (error) {
    if (error instanceof RangeError) return 0; // the file ends too soon
    throw error;
  }
}

function ofWav(bytes, text) {
  for (let at = 12; ; at += 8 + bytes.getUint32(at + 4, true) + (bytes.getUint32(at + 4, true) % 2)) {
    if (text(at, 4) === "fmt ") return bytes.getUint32(at + 12, true);
  }
}

function ofOgg(bytes, head) {
  const vorbis = head.indexOf("\x01vorbis");
  if (vorbis >= 0) return bytes.getUint32(vorbis + 12, true);
  return head.includes("OpusHead") ? 48000 : 0;
}

function ofMpeg(bytes, start) {
  let at = 0;
  if (start.startsWith("ID3")) {
    const size = [6, 7, 8, 9].reduce((sum, place) => sum * 128 + (bytes.getUint8(place) & 127), 0);
    at = 10 + size;
  }
  for (const end = at + SEARCHED; at < end; at++) {
    if (bytes.getUint8(at) !== 0xff || (bytes.getUint8(at + 1) & 0xe0) !== 0xe0) continue;
    const [version, layer] = [(bytes.getUint8(at + 1) >> 3) & 3, (bytes.getUint8(at + 1) >> 1) & 3];
    const index = (bytes.getUint8(at + 2) >> 2) & 3;
    if (layer && version !== 1 && index < 3) return MPEG_HZ[index] / { 3: 1, 2: 2, 0: 4 }[version];
  }
  return 0;
}

// The rate stands 28 bytes from where the name of the sound's sample entry begins (ISO 14496-12).
function ofMp4(bytes) {
  for (let at = 0; at + 28 < bytes.byteLength; at++) {
    if (bytes.getUint8(at) === 0x6d && bytes.getUint32(at) === 0x6d703461) {
      const rate = bytes.getUint16(at + 28);
      if (rate >= 8000) return rate;
    }
  }
  return 0;
}
