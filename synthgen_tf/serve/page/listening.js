// The part of a page that plays: rows of tracks with pictures and buttons, the transport, the keys.

import { drawSpectrogram, drawWave, look, peak } from "./pictures.js";
import { Player } from "./player.js";

const at = (id) => document.getElementById(id);

const DRAG_PIXELS = 5;
const SHORTEST_LOOP = 0.05; // seconds

export let player = null;
let loopStart = null; // where a loop begins whose end is not chosen yet

// Shows tracks, a mixture and stems that add up to it; `dress` gets each one's name and link to a file.
export function open(context, tracks, dress) {
  close();
  player = new Player(context, tracks, fail);
  player.set("mixture", { mute: true }); // the stems are the song already
  at("tracks").replaceChildren(...[...tracks.keys()].map((name) => trackRow(name, dress)));
  at("seek").max = player.duration;
  refresh();
  const shown = player;
  draw(shown, tracks).catch((error) => player === shown && fail(error)); // others are gone with their music
}

// One row after another, scaled to the mixture's peak; a song of hours takes some seconds.
async function draw(shown, tracks) {
  let highest = null;
  for (const [name, music] of tracks) {
    const row = [...at("tracks").children].find((each) => each.dataset.name === name);
    const [wave, spectrogram] = [".wave", ".spectrogram"].map((each) => row.querySelector(each));
    const seen = await look(music, wave.width, spectrogram.height);
    if (player !== shown) return;
    highest ??= peak(seen);
    drawWave(wave, seen, highest);
    drawSpectrogram(spectrogram, seen, highest);
    row.dataset.drawn = "";
  }
}

function fail(error) {
  at("message").textContent = error.message;
  refresh();
}

export function close() {
  player?.close();
  player = null;
  loopStart = null;
}

function trackRow(name, dress) {
  const row = at("track").content.cloneNode(true).firstElementChild;
  row.dataset.name = name;
  row.setAttribute("aria-label", name);
  row.querySelector("h2").textContent = name;
  row.querySelector(".wave").setAttribute("aria-label", `Waveform of ${name}`);
  row.querySelector(".spectrogram").setAttribute("aria-label", `Spectrogram of ${name}`);
  for (const kind of ["solo", "mute"]) {
    row.querySelector(`.${kind}`).addEventListener("click", () => {
      player.set(name, { [kind]: !player.tracks.get(name)[kind] });
      refresh();
    });
  }
  row.querySelector(".volume").addEventListener("input", (event) => {
    player.set(name, { volume: Number(event.target.value) });
  });
  listenToPictures(row.querySelector(".pictures"));
  dress(name, row.querySelector(".download"));
  return row;
}

// A click goes there, a drag repeats what it passes over.
function listenToPictures(pictures) {
  let start = null;
  const moment = (event) => {
    const box = pictures.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * player.duration;
  };
  pictures.addEventListener("pointerdown", (event) => {
    start = { x: event.clientX, seconds: moment(event) };
    pictures.setPointerCapture(event.pointerId);
  });
  pictures.addEventListener("pointercancel", () => (start = null)); // a finger that scrolls
  pictures.addEventListener("pointerup", async (event) => {
    if (!start) return;
    const { x, seconds } = start;
    start = null;
    if (Math.abs(event.clientX - x) < DRAG_PIXELS) await player.seek(seconds);
    else {
      await repeatBetween(seconds, moment(event));
      await player.seek(player.loop?.from ?? seconds);
    }
    refresh();
  });
}

function refresh() {
  if (!player) return;
  if (player.playing && player.position >= player.duration) player.pause();
  at("play").textContent = player.playing ? "Pause" : "Play";
  at("loop").textContent = player.loop ? "End loop" : loopStart === null ? "Loop from here" : "Loop to here";
  const { position, duration } = player;
  if (document.activeElement !== at("seek") || player.playing) at("seek").value = position;
  at("seek").setAttribute("aria-valuetext", `${clock(position)} of ${clock(duration)}`);
  at("time").textContent = `${clock(position)} / ${clock(duration)}`;
  for (const row of at("tracks").children) {
    const track = player.tracks.get(row.dataset.name);
    for (const kind of ["solo", "mute"]) row.querySelector(`.${kind}`).setAttribute("aria-pressed", track[kind]);
    row.classList.toggle("silent", !player.audible(track));
    row.querySelector(".cursor").style.left = `${(100 * position) / duration}%`;
    const region = row.querySelector(".region");
    region.hidden = !player.loop;
    if (player.loop) {
      region.style.left = `${(100 * player.loop.from) / duration}%`;
      region.style.width = `${(100 * (player.loop.to - player.loop.from)) / duration}%`;
    }
  }
  if (player.playing) requestAnimationFrame(refresh);
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

async function toggle() {
  if (player.playing) player.pause();
  else await player.play();
  refresh();
}

// One button, three presses: where the loop begins, where it ends, no loop.
async function loop() {
  if (player.loop) await player.repeat(null);
  else if (loopStart === null) {
    loopStart = player.position;
    return refresh();
  } else await repeatBetween(loopStart, player.position);
  loopStart = null;
  refresh();
}

async function repeatBetween(one, other) {
  const [from, to] = [Math.min(one, other), Math.max(one, other)];
  if (to - from >= SHORTEST_LOOP) await player.repeat({ from, to });
}

// A file that is chosen or dropped goes to `take`.
export function listenForFiles(take) {
  at("file").addEventListener("change", (event) => {
    if (event.target.files.length) take(event.target.files[0]);
    event.target.value = "";
  });
  at("form").addEventListener("submit", (event) => event.preventDefault());
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      at("drop").classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    });
  }
}

at("play").addEventListener("click", toggle);
at("loop").addEventListener("click", loop);
at("seek").addEventListener("input", (event) => player.seek(Number(event.target.value)).then(refresh));
document.addEventListener("keydown", (event) => {
  if (!player || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.code === "Space" && !event.target.closest("button, input, select, a")) {
    event.preventDefault();
    toggle();
  } else if (event.key === "l" && !event.target.closest("select, [type=password]")) loop();
});
