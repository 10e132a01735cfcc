// The just-in-time compiler of V8: hot loops over every kind of number, typed arrays, closures,
// exceptions, regular expressions, big integers, WebAssembly, workers.
'use strict';
const crypto = require('crypto');
const zlib = require('zlib');
const {Worker} = require('worker_threads');

function integers(n) {
    let a = 1, b = 0;
    for (let i = 0; i < n; i++) {
        a = Math.imul(a, 1664525) + 1013904223 | 0;
        b = (b ^ a >>> 7) + (a % 1000) | 0;
    }
    return b;
}

function floats(n) {
    let x = 0.5, sum = 0;
    for (let i = 1; i < n; i++) {
        x = 3.9 * x * (1 - x);
        sum += Math.sqrt(x) / i + Math.floor(x * 10) - Math.abs(x - 0.5);
    }
    return sum;
}

function sieve(n) {
    const marks = new Uint8Array(n);
    let count = 0;
    for (let i = 2; i < n; i++) {
        if (marks[i]) continue;
        count++;
        for (let j = i * 2; j < n; j += i) marks[j] = 1;
    }
    return count;
}

class Shape { area() { return 0; } }
class Square extends Shape { constructor(s) { super(); this.s = s; } area() { return this.s * this.s; } }
class Box extends Shape { constructor(a, b) { super(); this.a = a; this.b = b; } area() { return this.a * this.b; } }

function shapes(n) {
    let total = 0;
    for (let i = 0; i < n; i++) {
        const s = i % 3 ? new Square(i % 10) : i % 2 ? new Box(i % 7, 2) : new Shape();
        total += s.area();
    }
    return total;
}

function thrown(n) {
    let caught = 0;
    for (let i = 0; i < n; i++) {
        try { if (i % 5 === 0) throw new Error(i); caught += 2; } catch (e) { caught += e.message.length; }
    }
    return caught;
}

console.log(integers(3e6), floats(2e6), sieve(5e5), shapes(1e6), thrown(1e5));
console.log([3.7, -3.7, 2 ** 31, 2 ** 32 + 5, -(2 ** 33) - 1, NaN, Infinity, 1e300].map(x => [x | 0, x >>> 0]));
console.log([0.1 + 0.2, 1e21, 1e-7, 123456789.125, 5e-324, 1 / 3].join(), (255).toString(36), 0.1.toString(3));
console.log([5, 1, 10, 2].sort().join(), [...Array(2000).keys()].sort((a, b) => (a * 7919 % 2003) - (b * 7919 % 2003)).slice(0, 8).join());
const words = Array.from({length: 5000}, (_, i) => 'w' + i * 7919 % 10007).join(' ');
console.log(words.match(/\bw\d*(\d)\1\b/g).length, words.replace(/w(\d+)/g, (_, d) => d * 2).length);
let f = 1n;
for (let i = 1n; i <= 300n; i++) f *= i;
console.log((f % (2n ** 127n - 1n)).toString(), (f / 3n ** 100n).toString().length, BigInt.asIntN(64, f >> 200n));
console.log(JSON.stringify(JSON.parse('{"a":[1,2.5,{"b":null}],"c":"\\u00e9"}')), [..."héllo😀"].length);
for (const name of ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256', 'blake2b512'])
    console.log(name, crypto.createHash(name).update(words).digest('hex'));
const cipher = crypto.createCipheriv('aes-256-gcm', Buffer.alloc(32, 7), Buffer.alloc(12, 9));
console.log(crypto.createHash('md5').update(cipher.update(words)).update(cipher.final()).digest('hex'), cipher.getAuthTag().toString('hex'));
const poly = crypto.createCipheriv('chacha20-poly1305', Buffer.alloc(32, 7), Buffer.alloc(12, 9), {authTagLength: 16});
console.log(crypto.createHash('md5').update(poly.update(words)).update(poly.final()).digest('hex'), poly.getAuthTag().toString('hex'));
console.log(zlib.inflateSync(zlib.deflateSync(words)).toString() === words, zlib.brotliDecompressSync(zlib.brotliCompressSync(words)).toString() === words);
// (func (export "f") (param i32) (result i32)): the sum of i * i for i below the parameter
const wasm = new WebAssembly.Module(Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0,
    10, 33, 1, 31, 1, 2, 127, 3, 64, 32, 1, 32, 2, 32, 2, 108, 106, 33, 1, 32, 2, 65, 1, 106, 34, 2,
    32, 0, 72, 13, 0, 11, 32, 1, 11]));
console.log(new WebAssembly.Instance(wasm).exports.f(20000));
const shared = new Int32Array(new SharedArrayBuffer(4));
let left = 3;
for (let i = 0; i < 3; i++)
    new Worker('const {workerData: w} = require("worker_threads"); for (let i = 0; i < 20000; i++) Atomics.add(w, 0, 1);',
        {eval: true, workerData: shared}).on('exit', () => { if (--left === 0) console.log('workers', shared[0]); });
