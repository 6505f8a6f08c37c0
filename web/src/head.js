// What a file's head tells before it is decoded.

const MPEG_HZ = [44100, 48000, 32000];
const SEARCHED = 1 << 16; // bytes in which the first frame of an mp3 is looked for

// The sample rate of WAV, FLAC, Ogg, MP3 and MP4; 0 where it tells none.
export function rateOf(bytes) {
  const text = textOf(bytes);
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

// Whether sample descriptions of an MP4 begin with a name for encrypted sound (ISO 14496-12).
export function isProtected(bytes) {
  const text = textOf(bytes);
  if (text(4, 4) !== "ftyp") return false;
  for (const at of placesOf(bytes, "stsd", 20)) {
    if (["enca", "drms"].includes(text(at + 16, 4))) return true;
  }
  return false;
}

// What reads so many letters at a place; fewer where the file ends.
export function textOf(bytes) {
  return (at, length) => String.fromCharCode(...new Uint8Array(bytes.buffer.slice(at, at + length)));
}

// Where four letters stand with that many bytes from there on.
function* placesOf(bytes, letters, room) {
  const code = [...letters].reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0);
  const first = letters.charCodeAt(0);
  for (let at = 0; at + room <= bytes.byteLength; at++) {
    if (bytes.getUint8(at) === first && bytes.getUint32(at) === code) yield at;
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
  for (const at of placesOf(bytes, "mp4a", 30)) {
    const rate = bytes.getUint16(at + 28);
    if (rate >= 8000) return rate;
  }
  return 0;
}
