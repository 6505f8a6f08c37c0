"""A process that holds one DSSI plugin and plays parts on it: run as a script, by `dssi`.

DSSI is LADSPA (a C struct of functions and control ports) with MIDI events and programs. Every
request is answered by a fork of its own, which makes an instance, plays and ends: so nothing of
one part is left in the next, and a crash or an endless loop ends that fork and nothing else.
Only the standard library is imported, so that the process starts in hundredths of a second.

A request is a line of JSON on standard input, the answer a line of JSON on standard output,
followed by so many bytes as its `bytes` says.
"""

import bisect
import ctypes
import json
import math
import mmap
import os
import resource
import signal
import struct
import sys

BLOCK = 1024
LOAD_SECONDS = 60
"""How long opening the plugin may take, by the clock."""

KINDS = {"on": 6, "off": 7, "control": 10, "bend": 13}
"""ALSA's numbers of what happens."""

INPUT, OUTPUT, CONTROL, AUDIO = 1, 2, 4, 8
BELOW, ABOVE, OF_RATE, LOGARITHMIC = 1, 2, 8, 16
FIXED_DEFAULTS = {8: 0.0, 9: 1.0, 10: 100.0, 11: 440.0}
SHARES = {1: 0.0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1.0}
"""LADSPA's defaults by the fourth digit of a hint: a number, or a share of the range."""

Float, ULong, Handle, Text = ctypes.c_float, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_char_p
Floats = ctypes.POINTER(Float)


class Hint(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int), ("low", Float), ("high", Float))


class Ladspa(ctypes.Structure):
    pass


Ladspa._fields_ = (
    ("id", ULong), ("label", Text), ("properties", ctypes.c_int), ("name", Text),
    ("maker", Text), ("rights", Text), ("ports", ULong), ("kinds", ctypes.POINTER(ctypes.c_int)),
    ("names", ctypes.POINTER(Text)), ("hints", ctypes.POINTER(Hint)), ("data", Handle),
    ("instantiate", ctypes.CFUNCTYPE(Handle, ctypes.POINTER(Ladspa), ULong)),
    ("connect_port", ctypes.CFUNCTYPE(None, Handle, ULong, Floats)),
    ("activate", ctypes.CFUNCTYPE(None, Handle)), ("run", Handle), ("run_adding", Handle),
    ("set_gain", Handle), ("deactivate", Handle), ("cleanup", Handle),
)  # fmt: skip


class Program(ctypes.Structure):
    _fields_ = (("bank", ULong), ("number", ULong), ("name", Text))


class Event(ctypes.Structure):
    """ALSA's snd_seq_event_t; the data are those of a note or, at the same place, of a bend."""

    _fields_ = (
        ("kind", ctypes.c_uint8), ("flags", ctypes.c_uint8 * 3), ("frame", ctypes.c_uint32),
        ("unused", ctypes.c_uint32 * 2), ("channel", ctypes.c_uint8), ("note", ctypes.c_uint8),
        ("velocity", ctypes.c_uint8), ("off", ctypes.c_uint8), ("control", ctypes.c_uint32),
        ("value", ctypes.c_int32),
    )  # fmt: skip


class Dssi(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int), ("ladspa", ctypes.POINTER(Ladspa)),
        ("configure", ctypes.CFUNCTYPE(Handle, Handle, Text, Text)),
        ("get_program", ctypes.CFUNCTYPE(ctypes.POINTER(Program), Handle, ULong)),
        ("select_program", ctypes.CFUNCTYPE(None, Handle, ULong, ULong)), ("midi", Handle),
        ("run_synth", ctypes.CFUNCTYPE(None, Handle, ULong, ctypes.POINTER(Event), ULong)),
        ("run_synth_adding", Handle), ("run_many", Handle), ("run_many_adding", Handle),
    )  # fmt: skip


def open_plugin(path: str) -> Dssi:
    """The first plugin of a library."""
    library = ctypes.CDLL(path)
    library.dssi_descriptor.restype = ctypes.POINTER(Dssi)
    library.dssi_descriptor.argtypes = [ULong]
    found = library.dssi_descriptor(0)
    if not found:
        raise ValueError("holds no plugin")
    return found.contents


def default_of(hint: Hint, rate: int) -> float:
    """A control port's default, as LADSPA's hints give it."""
    choice = hint.kind >> 6 & 15
    if choice in FIXED_DEFAULTS:
        return FIXED_DEFAULTS[choice]
    low, high = (value * (rate if hint.kind & OF_RATE else 1) for value in (hint.low, hint.high))
    if choice not in SHARES:
        return low if hint.kind & BELOW and low > 0 else min(0.0, high)
    share = SHARES[choice]
    if hint.kind & LOGARITHMIC and low > 0:
        return math.exp((1 - share) * math.log(low) + share * math.log(high))
    return (1 - share) * low + share * high


class Instance:
    """A plugin ready to play, all its controls at their defaults."""

    def __init__(self, plugin: Dssi, rate: int):
        self.plugin, self.ladspa = plugin, plugin.ladspa.contents
        self.handle = self.ladspa.instantiate(plugin.ladspa, rate)
        if not self.handle:
            raise ValueError("makes no instance")
        self.names = [self.ladspa.names[port].decode() for port in range(self.ladspa.ports)]
        self.controls = (Float * self.ladspa.ports)()
        self.outputs = []
        for port in range(self.ladspa.ports):
            kind = self.ladspa.kinds[port]
            if kind & AUDIO:
                buffer = (Float * BLOCK)()
                self.ladspa.connect_port(self.handle, port, ctypes.cast(buffer, Floats))
                self.outputs += [buffer] if kind & OUTPUT else []
            else:
                self.controls[port] = default_of(self.ladspa.hints[port], rate)
                place = ctypes.byref(self.controls, ctypes.sizeof(Float) * port)
                self.ladspa.connect_port(self.handle, port, ctypes.cast(place, Floats))
        if self.ladspa.activate:
            self.ladspa.activate(self.handle)

    def set_up(self, request: dict) -> None:
        """Configure, choose a program, and set controls by name, in this order."""
        for key, value in request.get("configure", ()):
            self.plugin.configure(self.handle, key.encode(), value.encode())
        if request.get("program") is not None:
            self.plugin.select_program(self.handle, *request["program"])
        for name, value in request.get("controls", {}).items():
            self.controls[self.names.index(name)] = value

    def programs(self) -> list[tuple[int, int, str]]:
        """Bank, number and name of all there are."""
        found: list[tuple[int, int, str]] = []
        while program := self.plugin.get_program(self.handle, len(found)):
            each = program.contents
            found.append((each.bank, each.number, (each.name or b"").decode("latin-1")))
        return found

    def play(self, events: list, memory: int, frames: int) -> None:
        """Write the outputs, one after the other, each `frames` floats, to an address."""
        events = sorted(events, key=lambda event: event[0])
        starts = [event[0] for event in events]
        queue = (Event * max(1, len(events)))()
        for place, (frame, kind, note, value) in enumerate(events):
            queue[place].kind, queue[place].frame = KINDS[kind], frame % BLOCK
            if kind in ("bend", "control"):
                queue[place].control, queue[place].value = note, value
            else:
                queue[place].note, queue[place].velocity = note, value
        size = ctypes.sizeof(Float)
        for start in range(0, frames, BLOCK):
            first, last = (bisect.bisect_left(starts, each) for each in (start, start + BLOCK))
            begin = ctypes.byref(queue, first * ctypes.sizeof(Event)) if last > first else queue
            near = ctypes.cast(begin, ctypes.POINTER(Event))
            self.plugin.run_synth(self.handle, BLOCK, near, last - first)
            length = min(BLOCK, frames - start)
            for number, buffer in enumerate(self.outputs):
                place = memory + size * (number * frames + start)
                ctypes.memmove(place, buffer, size * length)


def in_fork(work, size: int, seconds: int) -> bytes:
    """What `work` wrote into memory of `size` bytes, done by a process of its own.

    Raises:
        ValueError: it failed, crashed, or took more than `seconds` of the processor.
    """
    with mmap.mmap(-1, max(size, 1 << 16)) as memory:
        child = os.fork()
        if not child:
            try:
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
                signal.alarm(20 * seconds)  # one that waits for something takes no processor time
                work(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
                os._exit(0)
            except BaseException as error:
                memory[:512] = str(error).encode()[:512].ljust(512, b"\0")
                os._exit(1)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM):
                raise ValueError(f"did not end within {seconds} s")
            raise ValueError(f"crashed ({signal.Signals(number).name})")
        if status:
            raise ValueError(memory[:512].rstrip(b"\0").decode(errors="replace"))
        return memory[:size]


def answer(plugin: Dssi, request: dict) -> tuple[dict, bytes]:
    """Play, or list the programs; head and body of the answer."""
    kinds = plugin.ladspa.contents.kinds
    channels = sum(
        bool(kinds[port] & AUDIO and kinds[port] & OUTPUT)
        for port in range(plugin.ladspa.contents.ports)
    )
    frames = request.get("frames", 0)
    size = 4 * channels * frames if frames else 1 << 22

    def work(memory: int) -> None:
        instance = Instance(plugin, request["rate"])
        instance.set_up(request)
        if frames:
            instance.play(request["events"], memory, frames)
            return
        text = json.dumps(instance.programs()).encode()[: size - 4]
        ctypes.memmove(memory, struct.pack("<I", len(text)) + text, 4 + len(text))

    body = in_fork(work, size, request["seconds"])
    if not frames:
        body = body[4 : 4 + struct.unpack("<I", body[:4])[0]]
    return {"channels": channels, "bytes": len(body)}, body


def main() -> None:
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # plugins print
    os.dup2(nowhere, 2)
    signal.alarm(LOAD_SECONDS)
    try:
        plugin, failure = open_plugin(sys.argv[1]), None
    except (OSError, AttributeError, ValueError) as error:
        plugin, failure = None, str(error)
    signal.alarm(0)
    for line in sys.stdin.buffer:
        try:
            if plugin is None:
                raise ValueError(failure)
            head, body = answer(plugin, json.loads(line))
        except ValueError as error:
            head, body = {"error": str(error), "bytes": 0}, b""
        out.write(json.dumps(head).encode() + b"\n" + body)
        out.flush()


if __name__ == "__main__":
    main()
