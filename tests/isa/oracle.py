"""What generate.py knows of layout.h and oracle.c: registers and memory before a vector, and what
qemu-aarch64 makes of them."""

import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CODE, DATA, DATA_SIZE, FIXED, STACK = 0x48010000, 0x48020000, 0x2000, 0x48024000, 0x48021000
ORACLE = os.environ.get("ULNA_ORACLE", "qemu-aarch64")
WORDS_MAX = 64  # of a request, as in oracle.c
SIGILL, SIGTRAP, SIGBUS, SIGSEGV = 4, 5, 7, 11
M64, M128 = (1 << 64) - 1, (1 << 128) - 1


def background_x(n):
    return 0xA5A5000000000000 | n << 32 | n


def background_v(n):
    return (0x3C3C000000000000 | n << 32 | n) << 64 | 0x7E7E000000000000 | n << 32 | n


def background_z(n):
    """What is above V."""
    return sum((0x9E3779B97F4A7C15 * (n * 32 + k) & M64) << 64 * k for k in range(2, 32))


def background_p(n):
    return sum((0xD1342543DE82EF95 * (n * 4 + k + 1) & M64) << 64 * k for k in range(4))


REST = [background_z(n) for n in range(32)]
PREDICATES = [background_p(n) for n in range(17)]


def background_byte(address):
    return (address * 37 + 11) & 0xFF


class State:
    """Registers and memory before a vector; memory is (address, bytes)."""

    def __init__(self):
        self.x = [background_x(n) for n in range(31)]
        self.v = [background_v(n) for n in range(32)]
        self.rest = list(REST)  # of Z, above V
        self.p = list(PREDICATES)  # and FFR
        self.vl = 128
        self.sp, self.nzcv, self.fpcr, self.fpsr = STACK, 0, 0, 0
        self.memory = []

    def set_x(self, n, value):
        if n == 31:
            self.sp = value & M64
        else:
            self.x[n] = value & M64

    def base(self, n):
        return self.sp if n == 31 else self.x[n]

    def set_z(self, n, value):
        self.v[n], self.rest[n] = value & M128, value & ~M128

    def z(self, n):
        """What VL shows."""
        return (self.v[n] | self.rest[n]) & ((1 << self.vl) - 1)

    def shown_p(self, n):
        return self.p[n] & ((1 << self.vl // 8) - 1)


REGISTERS = struct.Struct("<31QQQQ8192s544sII")
ANSWER = struct.Struct("<IIQ")


def request(words, state):
    pokes = b""
    for address, data in state.memory:
        pokes += struct.pack("<QQ64s", address, len(data), data)
    pokes = pokes.ljust(4 * 80, b"\0")
    padded = list(words) + [0] * (WORDS_MAX - len(words))
    vectors = b"".join(state.z(n).to_bytes(256, "little") for n in range(32))
    predicates = b"".join(state.shown_p(n).to_bytes(32, "little") for n in range(17))
    registers = REGISTERS.pack(*state.x, state.sp, CODE, state.nzcv << 28, vectors, predicates, state.fpsr, state.fpcr)
    return struct.pack(f"<IIII{WORDS_MAX}I", len(words), len(state.memory), state.vl // 8, 0, *padded) + registers + pokes


class Answer(State):
    def __init__(self, data, vl):
        self.signal, self.code, self.address = ANSWER.unpack_from(data)
        fields = REGISTERS.unpack_from(data, ANSWER.size)
        self.x, self.sp, self.pc = list(fields[:31]), fields[31], fields[32]
        self.nzcv = fields[33] >> 28 & 15
        self.vl, self.v, self.rest = vl, [0] * 32, [0] * 32
        for n in range(32):
            self.set_z(n, int.from_bytes(fields[34][256 * n:256 * n + 256], "little"))
        self.p = [int.from_bytes(fields[35][32 * n:32 * n + 32], "little") for n in range(17)]
        self.fpsr, self.fpcr = fields[36], fields[37]
        self.data = data[ANSWER.size + REGISTERS.size:]


def ask(tries):
    """All answers, from one run of the oracle, to pairs of words and state."""
    requests = [request(words, state) for words, state in tries]
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "oracle")
        subprocess.run(["aarch64-linux-gnu-gcc", "-static", "-O1", "-o", program,
                        os.path.join(HERE, "oracle.c")], check=True)
        output = subprocess.run([ORACLE, "-cpu", "max,sme=off", program],
                                input=b"".join(requests), stdout=subprocess.PIPE, check=True).stdout
    size = ANSWER.size + REGISTERS.size + DATA_SIZE
    assert len(output) == size * len(requests), "the oracle stopped early"
    return [Answer(output[i * size:(i + 1) * size], state.vl) for i, (_, state) in enumerate(tries)]
