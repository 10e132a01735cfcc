#!/usr/bin/env python3
"""Writes tests/isa/<class>.vec: instructions with corner-case fields and operands, and what they do
according to qemu-aarch64, an implementation that shares nothing with ulna.

usage: tests/isa/generate.py RUNNER [CLASS]...

RUNNER is build/tests/isa/isa_vectors, which lists the rows of the decoder. Needs qemu-aarch64
(qemu-user; ULNA_ORACLE names another command, for features that a distribution's lacks),
aarch64-linux-gnu-gcc and its binutils. Deterministic: the seed of a vector is the name of its row.
"""

import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

from oracle import (CODE, DATA, DATA_SIZE, FIXED, M64, REST, SIGBUS, SIGILL, SIGTRAP, State, ask, background_byte,
                    background_v)

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = ["dp_imm", "dp_reg", "flags", "branch", "ldst", "ldst_pair", "ldst_excl", "atomics", "mops", "fp_scalar",
           "simd_same", "simd_misc", "simd_elem", "simd_move", "simd_shift", "simd_crypto", "simd_ldst", "afp",
           "sve_int", "sve2_int", "sve2_long", "sve_pred", "sve_count", "sve_perm", "sve_fp", "sve_mem"]

CORNERS = [
    0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001,
    0xFFFFFFFF, 0x100000000, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000001,
    0xFFFFFFFF00000000, 0xFFFFFFFF80000000, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF,
    0x0123456789ABCDEF, 0xFEDCBA9876543210, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA,
]


class Row:
    """A pattern row: an encoding id and its fields, each a list of bit positions from the top."""

    def __init__(self, table, id, pattern):
        self.table, self.id = table, id
        self.fields, self.fixed = {}, 0
        for i, symbol in enumerate(pattern.replace(" ", "")):
            bit = 31 - i
            if symbol in "1x":  # "x" is "should be one"
                self.fixed |= 1 << bit
            elif symbol != "0":
                self.fields.setdefault(symbol, []).append(bit)

    def width(self, letter):
        return len(self.fields.get(letter, []))

    def word(self, values):
        word = self.fixed
        for letter, bits in self.fields.items():
            for k, bit in enumerate(bits):
                word |= (values[letter] >> (len(bits) - 1 - k) & 1) << bit
        return word


def sext(value, width):
    return value - (1 << width) if value >> (width - 1) & 1 else value


def choose_field(rng, width):
    return rng.choice([0, (1 << width) - 1, 1 % (1 << width), 1 << (width - 1)] +
                      [rng.randrange(1 << width) for _ in range(5)])


def choose_registers(rng, row, values):
    """Mostly different ones; sometimes 31, sometimes the same twice."""
    letters = [c for c in "dnmats" if c in row.fields and row.width(c) == 5]
    for letter, register in zip(letters, rng.sample(range(31), len(letters))):
        values[letter] = register
    if letters and rng.random() < 0.15:
        values[rng.choice(letters)] = 31
    if len(letters) > 1 and rng.random() < 0.15:
        one, other = rng.sample(letters, 2)
        values[one] = values[other]


def choose_operands(rng, row, values, state):
    for letter in "dnmats":
        if row.width(letter) == 5 and values[letter] != 31 and rng.random() < 0.9:
            state.x[values[letter]] = rng.choice(CORNERS + [rng.getrandbits(64)] * 4)
    state.nzcv = rng.randrange(16)


def fields_of(rng, row):
    values = {letter: choose_field(rng, len(bits)) for letter, bits in row.fields.items()}
    choose_registers(rng, row, values)
    return values


# --- Classes: each returns (words, state) for one try ---


def data_processing(rng, row):
    values, state = fields_of(rng, row), State()
    if row.table == "dp_reg" and row.width("j") == 3:
        values["j"] = rng.choice([0, 1, 2, 3, 4, 4, 0, 5])
    if "EXTR" in row.id or "bitfield" in row.id:
        values["k"] = values["f"] if rng.random() < 0.9 else values["k"]
    if "_log_imm" in row.id:
        # any element size, from 2 to 64
        size = rng.choice([1, 2, 3, 4, 5, 6] if values["f"] else [1, 2, 3, 4, 5])
        run = rng.randrange((1 << size) - 1)
        values["k"] = size == 6
        values["j"] = (0x3F << (size + 1) & 0x3F) | run if size < 6 else run
    choose_operands(rng, row, values, state)
    if ("addsub" in row.id or "condcmp" in row.id) and rng.random() < 0.5:
        edge_operands(rng, row, values, state)
    return [row.word(values)], state


def edge_operands(rng, row, values, state):
    """Operands that meet: equal, one apart, complements, so that carry and overflow are at an edge."""
    if values["n"] == 31:
        return
    if row.width("m"):
        if values["m"] in (31, values["n"]):
            return
        if row.width("j"):
            values["j"] = 0
        if row.width("o"):
            values["o"] = rng.choice([2, 3, 6, 7])
        other = state.x[values["m"]]
    else:
        other = values["i"] << (12 if values.get("h") else 0)
    met = rng.choice([other, other, other + 1, other - 1, -other, -other - 1, -other + 1,
                      other + (1 << 31), other + (1 << 63), other ^ 1 << 63]) & M64
    if not values["f"] and rng.random() < 0.5:
        met = met & 0xFFFFFFFF | rng.getrandbits(32) << 32  # the upper half must not matter
    state.x[values["n"]] = met


def branch(rng, row):
    values, state = fields_of(rng, row), State()
    choose_operands(rng, row, values, state)
    if row.width("i"):
        while sext(values["i"], row.width("i")) in (0, 1):
            values["i"] = choose_field(rng, row.width("i"))
    elif values["n"] != 31:
        state.x[values["n"]] = CODE + rng.choice([-0x800, 0x40, 0x1000, 0x100000])
    else:
        values["n"] = 30
        state.x[30] = CODE + 0x80
    if "compbranch" in row.id and values["d"] != 31:
        state.x[values["d"]] = rng.choice([0, 1 << 32, 1, 0xFFFFFFFF00000000, M64])
    return [row.word(values)], state


# Zeros, subnormals, ones, halves, powers, infinities, NaNs: sign, exponent, fraction.
def float_corner(rng, exponent_bits, fraction_bits):
    top = (1 << exponent_bits) - 1
    bias = top >> 1
    exponent = rng.choice([0, 0, 1, 2, bias - 1, bias, bias, bias + 1, bias + fraction_bits,
                           bias + 31, bias + 63, top - 1, top, top, rng.randrange(top + 1)])
    fraction = rng.choice([0, 0, 1, 1 << (fraction_bits - 1), (1 << fraction_bits) - 1,
                           (1 << (fraction_bits - 1)) | 1, rng.getrandbits(fraction_bits)])
    exponent &= top
    return rng.getrandbits(1) << (exponent_bits + fraction_bits) | exponent << fraction_bits | fraction


FORMATS = {16: (5, 10), 32: (8, 23), 64: (11, 52)}


def vector_value(rng, size):
    """128 bits: numbers of `size` bits, one corner case at the bottom."""
    value = 0
    for at in range(0, 128, size):
        value |= float_corner(rng, *FORMATS[size]) << at
    return value


MIXED = ("FCADD", "FCMLA", "FMLAL", "FMLSL")


def is_half(row):
    """The row computes on halves, always or for one value of size: FPCR.FZ16 counts."""
    return "fp16" in row.id or row.id.endswith(("_H", "_H_h")) or row.id.startswith(MIXED) or \
        (row.table == "fp_scalar" and "FCVT_" not in row.id and row.id.split("_")[1][-1] == "H") or \
        (row.table == "simd_shift" and row.id.endswith("_16") and is_floating(row))


def floating_point(rng, row):
    values, state = fields_of(rng, row), State()
    choose_operands(rng, row, values, state)
    sizes = [32, 64]
    if row.width("e"):
        sizes = [64 if values["e"] else 32]
    elif "BFCVT" in row.id:
        sizes = [32]
    elif "FCVT_" in row.id:
        sizes = [{"S": 32, "D": 64, "H": 16}[row.id.split("_")[1][1]]]
    elif is_half(row):
        sizes = [16]
    for letter in "nmad":
        if row.width(letter) == 5 and rng.random() < 0.95:
            state.v[values[letter]] = vector_value(rng, rng.choice(sizes))
    modes = [0, 0, 1 << 25, 1 << 24, 1 << 22, 2 << 22, 3 << 22, 1 << 24 | 1 << 25, 3 << 22 | 1 << 24]
    if "H" in row.id.split("_")[1]:
        modes += [1 << 26, 1 << 26]  # AHP
    if is_half(row):
        modes += [1 << 19, 1 << 19, 1 << 19 | 2 << 22, 1 << 19 | 1 << 25]  # FZ16
    state.fpcr = rng.choice(modes)
    state.fpsr = rng.choice([0, 0, 0, 0x9F, 1 << 27])
    return [row.word(values)], state


# 0, 1, -1, the largest and smallest, close to them, anything.
def integer_corner(rng, size):
    return rng.choice([0, 1, -1, 2, 1 << (size - 1), (1 << (size - 1)) - 1, (1 << (size - 1)) + 1, 1 << (size // 2),
                       (1 << (size // 2 - 1)) - 1, size, 1 - size, rng.getrandbits(size), rng.getrandbits(size),
                       rng.getrandbits(size)]) & ((1 << size) - 1)


def vector_integers(rng, size):
    value = 0
    for at in range(0, 128, size):
        value |= integer_corner(rng, size) << at
    return value


def is_floating(row):
    """The row computes on floating-point elements (SCVTF's are integers, but FPCR counts)."""
    return row.id[0] == "F" or row.id.startswith(("SCVTF", "UCVTF", "BF"))


# Pairs of BFloat16, each a single's upper half.
def bfloat_value(rng):
    value = 0
    for at in range(0, 128, 16):
        value |= float_corner(rng, 8, 7) << at
    return value


def vector_operand(rng, row, values):
    """128 bits of what the row's elements may be."""
    if row.id.startswith("BF"):
        return vector_value(rng, 32) if "CVT" in row.id or rng.random() < 0.3 else bfloat_value(rng)
    if row.id[0] == "F":
        size = 64 if values.get("z", 0) or row.id.endswith("_64") else 32
        if row.id.startswith("FCVTL"):
            size //= 2
        if row.id.startswith("FCVTXN"):
            size = 64
        if is_half(row):
            size = 16
        if row.id.startswith(MIXED):
            size = 32 if row.id.endswith("_S") else {2: 32, 3: 64}.get(values.get("z"), rng.choice([16, 16, 32]))
        return vector_value(rng, size if rng.random() < 0.9 else rng.choice([32, 64]))
    return vector_integers(rng, rng.choice([8, 16, 32, 64]))


def simd(rng, row):
    values, state = fields_of(rng, row), State()
    if row.width("q") and rng.random() < 0.6:
        values["q"] = 1
    if row.width("z") == 2 and values["z"] == 3:
        values["z"] = rng.randrange(4)
    if "_asisd" in row.id and row.width("z") == 2 and rng.random() < 0.4:
        values["z"] = 3  # the only size of many
    if row.table == "simd_elem":
        values["m"] = rng.randrange(16)
        if row.id.endswith("_SD") and values["z"] and rng.random() < 0.8:
            values["r"] = 0
    m = values.get("m", 0) | (values["k"] << 4 if row.table == "simd_elem" and "_H" not in row.id else 0)
    for register in [values["d"], values.get("n", 0), m]:
        state.v[register] = vector_operand(rng, row, values)
    if row.width("a"):
        state.v[values["a"]] = rng.getrandbits(128)
    if row.id.startswith("TB"):
        for i in range(values["l"] + 1):
            state.v[(values["n"] + i) % 32] = rng.getrandbits(128)
        state.v[m] = sum(rng.randrange(16 * values["l"] + 24) << 8 * i for i in range(16))
    if row.table == "simd_move" and "n" in values and values["n"] != 31:
        state.x[values["n"]] = rng.choice(CORNERS + [rng.getrandbits(64)] * 4)
    if is_floating(row):
        state.fpcr = rng.choice([0, 0, 1 << 25, 1 << 24, 1 << 22, 2 << 22, 3 << 22, 3 << 24, 3 << 22 | 1 << 24])
        if row.id.startswith(("FCVTN_", "FCVTL_")) and rng.random() < 0.25:
            state.fpcr |= 1 << 26
        if is_half(row) and rng.random() < 0.4:
            state.fpcr |= 1 << 19
    state.fpsr = rng.choice([0, 0, 0, 0x9F, 1 << 27])
    return [row.word(values)], state


def simd_ldst(rng, row):
    values, state = fields_of(rng, row), State()
    for i in range(4):
        state.v[(values["d"] + i) % 32] = rng.getrandbits(128)
    size = places(rng, rng.choice([1, 4, 16, 32, 64]), rng.random() < 0.3)
    state.set_x(values["n"], size & ~15 if values["n"] == 31 else size)
    if row.width("m") and values["m"] not in (values["n"], 31):
        state.x[values["m"]] = rng.choice([1, 16, -8, 1 << 32, 64]) & M64
    return [row.word(values)], state


def places(rng, size, faults):
    """Addresses for an access of `size` bytes."""
    good = [DATA + 0x100, DATA + 0x800 + size, DATA + 0x201, DATA + 0x1000 - max(1, size // 2), DATA,
            DATA + DATA_SIZE - size, DATA + 0x7F8 - size]
    bad = [DATA + DATA_SIZE - size + 1, DATA - 1, FIXED + 0x40, FIXED + 0x1000, DATA + DATA_SIZE]
    return rng.choice(good * 3 + bad if faults else good)


def store_like(row):
    return row.id.startswith(("ST", "st"))


def access_size(row, values):
    """log2 of the size of one element."""
    if "_Q_" in row.id:
        return 4
    if row.table == "ldst_pair":
        if "LDPSW" in row.id:
            return 2
        return 2 + values["k"]
    if "loadlit" in row.id:
        return {"LDR_32": 2, "LDR_64": 3, "LDRSW_": 2, "PRFM_P": 0, "LDR_S_": 2, "LDR_D_": 3}[row.id[:6]]
    if "PRF" in row.id:
        return 3
    return values["z"]


def memory_offset(rng, row, values, state, size):
    """What the addressing form adds to the base; sets the index register."""
    if "regoff" in row.id:
        while values["m"] == values["n"]:
            values["m"] = rng.randrange(31)
        values["o"] = rng.choice([2, 3, 6, 7, 2, 3, 6, 7, 0])
        if values["m"] == 31:
            return 0
        index = rng.choice([0, 1, 5, -1, -7, 0x40])
        shift = size if values["h"] else 0
        if values["o"] == 2:  # UXTW
            index &= 0xFFFFFFFF
            state.x[values["m"]] = index | rng.choice([0, 0xDEADBEEF]) << 32
        elif values["o"] == 6:  # SXTW
            state.x[values["m"]] = (index & 0xFFFFFFFF) | rng.choice([0, 0xDEADBEEF]) << 32
        else:
            state.x[values["m"]] = index & M64
        return index << shift
    if "_pos" in row.id:
        return values["i"] << size
    if row.table == "ldst_pair":
        return sext(values["i"], 7) << size
    if row.width("i") == 9:
        return sext(values["i"], 9)
    return 0


def load_store(rng, row):
    values, state = fields_of(rng, row), State()
    vector = "_V_" in row.id or "_Q_" in row.id
    post, writeback = "post" in row.id, "post" in row.id or "pre" in row.id
    size = access_size(row, values)
    if "d" in values and not vector and values["d"] != 31 and store_like(row):
        state.x[values["d"]] = rng.choice(CORNERS)
    if "loadlit" in row.id:
        values["i"] = rng.choice([0x10, 0x40, 0x100, -0x10, -0x80, 0x3F0]) & 0x7FFFF
        target = CODE + 4 * sext(values["i"], 19)
        state.memory.append((target, rng.randbytes(16)))
        return [row.word(values)], state
    targets = [c for c in "dt" if c in row.fields]
    if not vector:
        # a base that is also a target is UNPREDICTABLE with writeback, and so are equal targets
        while writeback and any(values[c] == values["n"] for c in targets):
            values["n"] = rng.randrange(32)
        if "t" in targets and values["t"] == values["d"] and not store_like(row):
            values["t"] = (values["d"] + 1) % 31 if (values["d"] + 1) % 31 != values["n"] else (values["d"] + 2) % 31
    elif "t" in targets and values["t"] == values["d"] and not store_like(row):
        values["t"] = (values["d"] + 1) % 32
    offset = memory_offset(rng, row, values, state, size)
    if row.width("m") and not vector and values["d"] == values["m"] and store_like(row):
        pass  # the index is the value: fine
    bytes = (2 if "t" in targets else 1) << size
    address = places(rng, bytes, True)
    if values["n"] == 31:
        address = (address & ~15) + offset % 16  # SP stays aligned
        if address + bytes > DATA + DATA_SIZE:
            address = DATA + 0x200 + offset % 16
        if post:
            address &= ~15
    state.set_x(values["n"], address if post else address - offset)
    if not vector and store_like(row):
        for c in targets:
            if values[c] not in (31, values["n"]) and not (row.width("m") and values[c] == values["m"]):
                state.x[values[c]] = rng.choice(CORNERS)
    return [row.word(values)], state


def base_only(rng, row, values, state, size):
    """Sets the base of an atomic access: mostly aligned."""
    address = rng.choice([DATA + 0x100, DATA + 0x240, DATA + 0x1000, DATA + DATA_SIZE - 16] * 2 +
                         [DATA + 0x301, DATA + 0x308, FIXED, DATA + DATA_SIZE, FIXED + 0x20])
    if values["n"] == 31:
        address &= ~15
    state.set_x(values["n"], address)
    return address


def exclusive(rng, row):
    values, state = fields_of(rng, row), State()
    pair = "exclp" in row.id
    size = 2 + values["k"] if pair else values["z"]
    total = size + 1 if pair else size
    letters = [c for c in "dtsn" if c in row.fields]
    chosen = rng.sample(range(31), len(letters))
    for letter, register in zip(letters, chosen):
        values[letter] = register
    if rng.random() < 0.15:
        values[rng.choice(letters)] = 31
    for letter in "dt":
        if letter in row.fields and values[letter] not in (31, values["n"]):
            state.x[values[letter]] = rng.choice(CORNERS)
    offset = sext(values["i"], 9) if row.width("i") else 0
    address = base_only(rng, row, values, state, total)
    if row.width("i"):
        if values["n"] == 31:
            values["i"] &= ~15
            offset = sext(values["i"], 9)
        state.set_x(values["n"], address - offset)
    words = [row.word(values)]
    if row.id.startswith("ST") and "exclr" in row.id or row.id.startswith("ST") and pair:
        # the load that arms the monitor: the same address, another one, or none
        free = [r for r in range(31) if r not in chosen]
        n, scratch, scratch2 = values["n"], free[0], free[1]
        kind = rng.choice(["same", "same", "same", "none", "other place"])
        if kind != "same":
            # Whether a store that must fail faults on translation is IMPLEMENTATION DEFINED, and
            # the oracle does not see misalignment then.
            state.set_x(n, DATA + 0x100)
        if kind == "other place":
            n = free[2]
            state.x[n] = DATA + 0x880
        if pair:
            load = 0x887F0000 | values["k"] << 30 | scratch2 << 10
        else:
            load = 0x085F7C00 | values["z"] << 30
        if kind != "none":
            words.insert(0, load | n << 5 | scratch)
    return words, state


def atomic(rng, row):
    values, state = fields_of(rng, row), State()
    casp = "CASP" in row.id
    size = 2 + values["k"] if casp else values["z"]
    if casp:
        n, pair = rng.randrange(1, 31, 2), rng.sample(range(0, 30, 2), 2)
        values["n"], (values["d"], values["s"]) = n, pair
        while values["n"] - 1 in pair:
            values["n"] = rng.randrange(1, 31, 2)
        if rng.random() < 0.1:
            values["s"] |= 1
        elif rng.random() < 0.2:
            values["s"] = 30
    address = base_only(rng, row, values, state, size + casp)
    bits = 8 << size
    if DATA <= address < DATA + DATA_SIZE - 15 or FIXED <= address < FIXED + 0x800:
        old = [rng.choice(CORNERS) for _ in range(2)]
        state.memory.append((address, struct.pack("<QQ", *old)))
        for letter in "sd":
            if values[letter] not in (31, values["n"]):
                state.x[values[letter]] = rng.choice(CORNERS + [old[0]] * 4)
            if casp and values[letter] + 1 not in (31, values["n"]):
                state.x[values[letter] + 1] = rng.choice(CORNERS)
        if "CAS" in row.id and values["s"] not in (31, values["n"]) and rng.random() < 0.6:
            state.x[values["s"]] = old[0] & ((1 << bits) - 1) | rng.choice([0, M64 << bits]) & M64
            if casp and values["s"] < 30 and values["s"] + 1 != values["n"]:
                second = old[0] >> 32 if size == 2 else old[1]
                state.x[values["s"] + 1] = second
    return [row.word(values)], state


def block_operation(rng, row):
    """All three instructions of a copy or a set; a prologue alone where it may fault."""
    values, state = fields_of(rng, row), State()
    copy, move = row.id.startswith("CPY"), row.id.startswith(("CPYP", "CPYM", "CPYE"))
    values["d"], values["s"], values["n"] = rng.sample(range(31), 3)
    if not copy and rng.random() < 0.2:
        values["s"] = 31
    alone = row.id.startswith(("CPYFP", "CPYP", "SETP")) and rng.random() < 0.3
    size = rng.choice([0, 1, 7, 8, 15, 16, 33, 64, 100, 0x200, 0x300])
    bad = [DATA + DATA_SIZE, FIXED + 0x80, FIXED + 0x1000, DATA - 0x800]
    to = DATA + rng.choice([0, 0x100, 0x123, 0xF80, 0xFFF, 0x1000, 0x1CF0 - 1])
    far = [DATA + (to - DATA + 0x800) % 0x1C00, FIXED + 0x10, FIXED + 0xC00]
    near = [to + rng.randrange(64)] + ([to - rng.randrange(min(64, to - DATA + 1))] if move else [])
    if alone and rng.random() < 0.6:
        size = rng.choice([1, 16, 33, 1 << 40, 1 << 63])
        to = rng.choice(bad)
    state.x[values["d"]] = to
    state.x[values["n"]] = size
    if copy:
        state.x[values["s"]] = rng.choice(bad) if alone and rng.random() < 0.4 else rng.choice(far + near * 2)
    state.nzcv = rng.randrange(16)
    if alone:
        return [row.word(values)], state
    stage = 22 if copy else 14
    first = row.word(values) & ~(3 << stage)
    return [first | n << stage for n in range(3)], state


# --- SVE ---

LENGTHS = [128] * 6 + [256] * 8 + [384, 2048]  # bits


def sve_values(rng, row, size, bits):
    """A vector of elements of `size` bits: numbers as the row computes with."""
    def element():
        if row.table == "sve_fp" and size > 8 and rng.random() < 0.9:
            return float_corner(rng, *FORMATS[size])
        return integer_corner(rng, size)
    return sum(element() << at for at in range(0, bits, size))


def predicate_value(rng, size, bits):
    """Mostly true, any, few or none of the elements; the bits between are anything."""
    density = rng.choice([1, 1, 0.9, 0.5, 0.1, 0])
    value = rng.getrandbits(bits // 8)
    for at in range(0, bits // 8, size // 8):
        value = value & ~(1 << at) | (rng.random() < density) << at
    return value


def sve_registers(rng, row, values, state):
    state.vl = rng.choice(LENGTHS)
    size = 8 << values["z"] if row.width("z") == 2 else rng.choice([8, 16, 32, 64])
    for letter in "dnmat":
        if row.width(letter) in (3, 4, 5):
            state.set_z(values[letter], sve_values(rng, row, size, state.vl))
    for letter in "dnmapt":
        if row.width(letter) in (3, 4):
            state.p[values[letter]] = predicate_value(rng, size, state.vl)
    state.nzcv = rng.randrange(16)


def table_indexes(rng, size, bits):
    """Most of them those of elements of two registers."""
    return sum((rng.randrange(2 * bits // size + 2) & (1 << size) - 1) << at for at in range(0, bits, size))


def sve(rng, row):
    values, state = fields_of(rng, row), State()
    sve_registers(rng, row, values, state)
    for letter in "dnm":
        if row.width(letter) == 5 and values[letter] != 31:
            state.x[values[letter]] = rng.choice(CORNERS + [rng.randrange(80)] * 4)
    if row.id.startswith("while") and values["n"] != 31 and values["m"] != 31:
        start = rng.choice([0, 1, -5, 1 << 31, 1 << 63, (1 << 31) - 3, (1 << 63) - 3, rng.getrandbits(64)])
        state.x[values["n"]] = start & M64
        state.x[values["m"]] = start + rng.choice([-1, 0, 1, rng.randrange(-40, 40)]) & M64
    if row.id.startswith("cterm") and 31 not in (values["n"], values["m"]):
        state.x[values["n"]] = state.x[values["m"]] ^ rng.choice([0, 0, 1, 1 << 32])
    if row.id.startswith("tb"):
        state.set_z(values["m"], table_indexes(rng, 8 << values["z"], state.vl))
    if row.table == "sve_fp":
        state.fpcr = rng.choice([0, 0, 0, 1 << 25, 1 << 24, 1 << 22, 2 << 22, 3 << 22, 3 << 24, 1 << 19, 1 << 19 | 3 << 24])
        state.fpcr |= rng.choice([0, 0, 0, 1 << 26])
    state.fpsr = rng.choice([0, 0, 0, 0x9F, 1 << 27])
    return [row.word(values)], state


def size_and_memory(dtype):
    """Log2 of the bytes of an element, in its register and in memory."""
    memory, size = dtype >> 2, dtype & 3
    return (size, memory) if memory <= size else (3 - size, 3 - memory)


def unit_of(row, values, bytes):
    """What the immediate counts: vectors, or their like in memory."""
    kind = row.id.split("_")[0]
    if row.id.split("_")[1] == "p":
        return bytes // 8
    if kind == "ldnf1":
        size, memory = size_and_memory(values["o"])
        return bytes >> size << memory
    return {"ld1rq": 16, "ld1ro": 32}.get(kind, bytes * int(kind[2]) if kind[2] in "234" else bytes)


def sve_gather(rng, row):
    """Addresses that are one or two parts of vectors; one of them may be bad."""
    values, state = fields_of(rng, row), State()
    sve_registers(rng, row, values, state)
    size = 32 if "_s" in row.id else 64
    scale = values["z"] if values.get("k") else 0
    vector, scalar = ("m", "n") if "_bz_" in row.id else ("n", "m")
    while row.width("m") and values["m"] == values["n"]:
        values["m"] = rng.randrange(31)
    base = DATA + 0x1100  # 7.2 and 11.1 do not try elements that are on two pages
    offsets = [rng.randrange(0x200 >> scale) for _ in range(state.vl // size)]
    if rng.random() < (0.6 if values.get("r") else 0.3):
        offsets[rng.randrange(len(offsets))] = rng.choice([0x1000, 0xEFF, 0x2000, 0x3040]) >> scale
    if vector == "n":
        offsets = [base + offset for offset in offsets]
        base = rng.choice([0, 0, 1, 0x40])
    elif size == 64 and values.get("h", 1):
        offsets = [offset - rng.choice([0, 0x80]) for offset in offsets]
    state.set_z(values[vector], sum((offset & (1 << size) - 1) << at * size for at, offset in enumerate(offsets)))
    if row.width(scalar) and not (values[scalar] == 31 and scalar == "m"):
        state.set_x(values[scalar], base)
    if values.get("r"):
        state.p[16] = rng.choice([(1 << 256) - 1, state.p[16]])
    return [row.word(values)], state


def sve_lenient(rng, row, values, state):
    """FFR and an address for a load that goes without what would fault. QEMU, 7.2 and 11.1, looks at wrong bits of Pg
    where the first ones that are true are not among the lowest 8, and gives up where a page ends; LDNF1 does so at
    once where an element crosses it."""
    size, memory = size_and_memory(values["o"])
    bytes = state.vl // 8 >> size << memory
    pg = state.p[values["p"]]
    state.p[values["p"]] = rng.choice([0] + [pg & ~0xFF | first for first in (1, 1, 0x11, 0x10 if size < 3 else 1)] * 3)
    state.p[16] = rng.choice([(1 << 256) - 1] * 3 + [state.p[16]])
    end = DATA + DATA_SIZE
    odd = row.id.startswith("ldff")
    return rng.choice([DATA + 0x1100, FIXED + 0x40, FIXED + 0x1000, end] +
                      [end - bytes, end - bytes // 2, end - bytes // 4, end - bytes * 3 // 4 - odd] * 3)


def sve_contiguous(rng, row):
    if any(form in row.id for form in ("_ai_", "_ar_", "_bz_")) and not row.id.startswith("prf"):
        return sve_gather(rng, row)
    values, state = fields_of(rng, row), State()
    sve_registers(rng, row, values, state)
    for letter in "nm":  # sve_registers() has made vectors of them
        state.set_z(values.get(letter, 0), background_v(values.get(letter, 0)) | REST[values.get(letter, 0)])
    if row.width("d"):
        state.set_z(values["d"], sve_values(rng, row, 8, state.vl))
    bytes = state.vl // 8
    address = places(rng, rng.choice([1, bytes, bytes, bytes // 2]), rng.random() < 0.4)
    if row.id.startswith(("ldff", "ldnf")):
        address = sve_lenient(rng, row, values, state)
    if values["n"] == 31:
        address &= ~15
    state.set_x(values["n"], address)
    if row.width("i"):
        offset = sext(values["i"], row.width("i")) * unit_of(row, values, bytes)
        if row.id.startswith("ld1r_"):
            offset = values["i"] << (values["o"] >> 2)  # at least
        if rng.random() < 0.7 or row.id.startswith("ldnf") or abs(offset) > 0x800:
            state.set_x(values["n"], address - offset & ~(15 if values["n"] == 31 else 0))
    if row.width("m"):
        while values["m"] == values["n"]:
            values["m"] = rng.randrange(31)
        if values["m"] != 31:
            state.x[values["m"]] = rng.choice([0, 0, 1, 2, -1, 8]) & M64
    return [row.word(values)], state


MAKERS = {
    "dp_imm": data_processing, "dp_reg": data_processing, "flags": data_processing, "branch": branch, "ldst": load_store,
    "ldst_pair": load_store, "ldst_excl": exclusive, "atomics": atomic, "mops": block_operation,
    "fp_scalar": floating_point, "simd_same": simd, "simd_misc": simd, "simd_elem": simd,
    "simd_move": simd, "simd_shift": simd, "simd_crypto": simd, "simd_ldst": simd_ldst, "sve_int": sve, "sve2_int": sve,
    "sve2_long": sve, "sve_pred": sve, "sve_count": sve, "sve_perm": sve, "sve_fp": sve, "sve_mem": sve_contiguous,
}


# --- Answers ---


def disassemble(words, relative):
    """Texts of the words as if each stood at CODE (`relative`: that matters)."""
    if relative:
        return [disassemble([word], False)[0] for word in words]
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(struct.pack("<I", word) for word in words))
        file.flush()
        lines = subprocess.run(["aarch64-linux-gnu-objdump", "-D", "-b", "binary", "-m", "aarch64",
                                f"--adjust-vma={CODE:#x}", file.name],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    texts = {}
    for line in lines:
        parts = line.split("\t")
        if len(parts) >= 3:
            address = int(parts[0].strip(" :"), 16)
            text = " ".join(part.strip() for part in parts[2:])
            texts[(address - CODE) // 4] = text.split("//")[0].strip()
    return [texts[i] for i in range(len(words))]


def settle(row, word, state, answer):
    """Corrects what the oracle (qemu-aarch64 7.2 and 11.1) gets wrong; the manual decides."""
    d, n = word & 31, word >> 5 & 31
    if row.id == "FJCVTZS_float2int" and state.fpcr & 1 << 24 and 0 < state.v[n] & M64 >> 1 < 1 << 52:
        answer.nzcv = 0  # a number that was flushed is no exact zero; 7.2 takes it for one
    if row.id == "fmmla_z_zzz_d":
        # VL has to be 256 at least, and what is left of it is zero; the oracle leaves that alone.
        if state.vl < 256:
            answer.signal, answer.pc = SIGILL, CODE
        answer.set_z(d, answer.z(d) & (1 << state.vl // 256 * 256) - 1)
    if row.id == "FCVTZS_asisdshf_16":
        # A scalar result zeroes or keeps what is above it (V[d, 128] = ...), the oracle's is extended with its sign.
        above = state.v[d] >> 16 << 16 if state.fpcr & 1 << 2 else 0
        answer.v[d] = answer.v[d] & 0xFFFF | above
    if row.id.startswith(("FABS_asimdmisc", "FNEG_asimdmisc")) and state.fpcr & 1 << 1:
        # FPAbs() and FPNeg() leave NaNs alone where FPCR.AH is set; 11.1 does so but for vectors.
        size = 16 if is_half(row) else 64 if word >> 22 & 1 else 32
        sign, infinity = 1 << (size - 1), {16: 0x7C00, 32: 0x7F800000, 64: 0x7FF << 52}[size]
        for at in range(0, 128 if word >> 30 & 1 else 64, size):
            if state.v[n] >> at & (sign - 1) > infinity:
                answer.v[d] = answer.v[d] & ~(sign << at) | state.v[n] & sign << at
    if row.id.startswith("uqxtn") and word >> 19 & 11 == 8:
        # Doublewords have no sign: what is 1 << 63 or more saturates; 7.2 makes 0 of it where vectors are long.
        for at in range(0, state.vl, 64):
            if state.z(n) >> at + 63 & 1:
                at += 32 if row.id.startswith("uqxtnt") else 0
                answer.set_z(d, answer.z(d) | 0xFFFFFFFF << at)


# --- Writing ---


def fault_text(row, words, state, answer):
    """The fault line of a vector, or None when the instruction completed."""
    at = CODE + 4 * (len(words) - 1)
    if answer.signal == SIGTRAP or answer.pc != at:
        return None
    if answer.signal == SIGILL:
        return "fault ec=0x0 iss=0x0"
    write = store_like(row)
    if row.table == "mops":
        source = state.x[words[0] >> 16 & 31] if row.id.startswith("CPY") else 0
        write = abs(answer.address - source) > abs(answer.address - state.x[words[0] & 31])
    if answer.signal == SIGBUS:
        status = 0x21
        if row.table == "atomics":
            write = False
    else:
        status = 0x07 if answer.code == 1 else 0x0F  # SEGV_MAPERR, SEGV_ACCERR
        if row.table == "atomics":
            write = status == 0x0F
    return f"fault ec=0x25 iss={status | write << 6:#x} far={answer.address:#x}"


def changed_memory(before, after):
    runs, i = [], 0
    while i < DATA_SIZE:
        if before[i] != after[i]:
            j = i
            while j < DATA_SIZE and before[j] != after[j] and j - i < 64:
                j += 1
            runs.append(f"mem:{DATA + i:x}={after[i:j].hex()}")
            i = j
        else:
            i += 1
    return runs


def image(state):
    data = bytearray(background_byte(DATA + i) for i in range(DATA_SIZE))
    for address, poke in state.memory:
        for i, byte in enumerate(poke):
            if 0 <= address + i - DATA < DATA_SIZE:
                data[address + i - DATA] = byte
    return bytes(data)


def differences(one, other):
    """Items "name=value" of what `other` has differently."""
    items = [f"x{n}={other.x[n]:#x}" for n in range(31) if one.x[n] != other.x[n]]
    items += [f"sp={other.sp:#x}"] if one.sp != other.sp else []
    name = "v" if other.vl == 128 else "z"
    items += [f"{name}{n}={other.z(n):#x}" for n in range(32) if one.z(n) != other.z(n)]
    items += [f"p{n}={other.shown_p(n):#x}" for n in range(16) if one.shown_p(n) != other.shown_p(n)]
    items += [f"ffr={other.shown_p(16):#x}"] if one.shown_p(16) != other.shown_p(16) else []
    for name in ("nzcv", "fpcr", "fpsr"):
        if getattr(one, name) != getattr(other, name):
            items.append(f"{name}={getattr(other, name):#x}")
    return items


def wrapped(key, items):
    lines, line = [], key
    for item in items:
        if len(line) + len(item) > 98 and line != key:
            lines.append(line)
            line = key
        line += " " + item
    return lines + ([line] if line != key else [])


def vector_text(row, words, state, answer, text):
    lines = [f"insn {row.id}", f"asm {text}", "word " + " ".join(f"{w:08x}" for w in words)]
    background = State()
    background.vl = state.vl
    lines += wrapped("in", ([f"vl={state.vl}"] if state.vl != 128 else []) + differences(background, state) +
                     [f"mem:{address:x}={data.hex()}" for address, data in state.memory])
    fault = fault_text(row, words, state, answer)
    items = differences(state, answer)
    if not fault and answer.pc != CODE + 4 * len(words):
        items.append(f"pc={answer.pc:#x}")
    lines += wrapped("out", items + changed_memory(image(state), answer.data))
    if fault:
        lines.append(fault)
    return "\n".join(lines)


# FPCR.AH, FIZ, NEP (FEAT_AFP) and EBF (FEAT_EBF16)
ALTERNATE = [1 << 1, 1, 1 << 2, 7, 1 << 1 | 1, 1 << 1 | 1 << 2, 1 << 13, 1 << 13 | 1 << 1]


def afp(rng, row):
    words, state = MAKERS[row.table](rng, row)
    state.fpcr |= rng.choice(ALTERNATE)
    return words, state


def is_of_class(row, table):
    """The class afp has the floating-point rows of the others."""
    if table == "afp":
        return row.table in ("fp_scalar", "simd_same", "simd_misc", "simd_elem", "simd_shift") and is_floating(row)
    if row.id.startswith("SETG"):  # in mte.vec: the oracle shows no tags
        return False
    return row.table == table


PER_ROW = {"afp": 6, "fp_scalar": 20, "flags": 20, "dp_reg": 16, "dp_imm": 16, "simd_shift": 6, "simd_ldst": 6,
           "sve_perm": 16, "sve_pred": 14}  # 10 elsewhere


def generate(table, all_rows):
    tries, per_row, make = [], PER_ROW.get(table, 10), afp if table == "afp" else MAKERS[table]
    rows = [row for row in all_rows if is_of_class(row, table)]
    for row in rows:
        rng = random.Random(zlib.crc32((row.id + (table if table == "afp" else "")).encode()))
        for _ in range(4 * per_row):
            tries.append((row, *make(rng, row)))
    answers = ask([(words, state) for _, words, state in tries])
    texts = [""] * len(tries)
    for relative in (False, True):
        chosen = [i for i, (row, _, _) in enumerate(tries) if is_relative(row) == relative]
        if chosen:
            found = disassemble([tries[i][1][-1] for i in chosen], relative)
            for i, text in zip(chosen, found):
                texts[i] = text
    kept, faulting, undefined, vectors, seen = {}, {}, {}, [], set()
    for (row, words, state), answer, text in zip(tries, answers, texts):
        settle(row, words[-1], state, answer)
        if answer.pc < CODE // 2:
            continue  # 11.1 fails now and then to start a vector with long registers, and signals that
        # A word that a more specific row claims is not this row's.
        if not owner(row, words[-1], all_rows):
            continue
        fault = fault_text(row, words, state, answer)
        count = undefined if answer.signal == SIGILL else faulting if fault else kept
        if count.get(row.id, 0) >= (per_row if count is kept else 1 if count is undefined else 3):
            continue
        needs_long = (row.id.endswith("_q") or row.id.startswith("ld1ro")) and state.vl == 128  # which no disassembler knows
        if count is undefined and "undefined" not in text and ".inst" not in text and not needs_long:
            # The oracle lacks it: not a statement about the architecture.
            print(f"{row.id}: the oracle refuses {words[-1]:08x} {text}", file=sys.stderr)
            continue
        if row.table.startswith("sve") and count is not undefined and "undefined" in text:
            continue  # 11.1 has SVE2p1
        if fault and (image(state) != answer.data or differences(state, answer)):
            continue  # what has been written or loaded already when a later part faults is not defined
        body = vector_text(row, words, state, answer, text)
        if body in seen:
            continue
        seen.add(body)
        count[row.id] = count.get(row.id, 0) + 1
        vectors.append(body)
    with open(os.path.join(HERE, f"{table}.vec"), "w") as file:
        source = "FPCR.AH, FIZ, NEP and EBF" if table == "afp" else f"cpu/isa/{table}.c"
        file.write(f"# Vectors of {source}, written by generate.py; expected values are qemu-aarch64's.\n\n")
        file.write("\n\n".join(vectors) + "\n")
    for row in rows:
        if kept.get(row.id, 0) < min(4, per_row):
            print(f"{row.id}: only {kept.get(row.id, 0)} vectors", file=sys.stderr)
    print(f"{table}: {len(rows)} rows, {len(vectors)} vectors")


def is_relative(row):
    return row.table == "branch" or "pcreladdr" in row.id or "loadlit" in row.id


def fixed_mask(row):
    mask = 0xFFFFFFFF
    for bits in row.fields.values():
        for bit in bits:
            mask &= ~(1 << bit)
    return mask


def claims(row, word):
    return ((word ^ row.fixed) & fixed_mask(row)) == 0


def owner(row, word, rows):
    """Whether row is the most specific of those that claim the word; it does claim it."""
    mine = sum(len(bits) for bits in row.fields.values())
    return not any(claims(other, word) and sum(len(bits) for bits in other.fields.values()) < mine
                   for other in rows)


def read_rows(runner):
    listing = subprocess.run([runner, "--rows"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Row(*line.split("\t")) for line in listing.splitlines()]


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    rows = read_rows(sys.argv[1])
    for table in sys.argv[2:] or CLASSES:
        generate(table, rows)


if __name__ == "__main__":
    main()
