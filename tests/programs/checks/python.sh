# packages: python3.11
# Floating point to the last digit, integers of any length, texts, digests, compression, threads.
python3.11 -X faulthandler - <<'END'
import array, bisect, collections, decimal, fractions, functools, hashlib, heapq, hmac, itertools
import json, math, random, re, statistics, struct, threading, zlib, bz2, lzma, sqlite3, base64

random.seed(20240229)
x = [random.gauss(0, 1) for _ in range(5000)]
print(repr(math.fsum(x)), repr(statistics.stdev(x)), repr(sum(x)), random.getrandbits(200))
print([repr(f(0.7)) for f in (math.sqrt, math.floor, math.ceil, abs, float.hex)])
print([round(v, 12) for v in (math.sin(1), math.exp(1), math.log(10), math.gamma(5.5), math.erf(.3))])
print(float('nan'), float('inf') - 1, -0.0, 5e-324 / 2, 1e308 * 10, 0.1 + 0.2, 2**0.5, 1e22, 1e23)
print(3**500 % 10**40, pow(3, 10**18, 2**61 - 1), math.isqrt(10**61), math.comb(300, 150), -7 // 2)
print(int('9' * 300) * int('7' * 280) // 3**300, hash(2**61 - 2), hash(1 / 3), hash(10**40))
print(decimal.Decimal(2).sqrt(decimal.Context(prec=80)), fractions.Fraction(1, 3) ** 20)
text = ' '.join('w%d%s' % (i, 'xyz'[i % 3] * (i % 4)) for i in range(4000))
print(len(re.findall(r'\bw(\d+)([xyz])\2+\b', text)), hash(tuple(re.split(r'\D+', text)[1:9])) != 0)
print(re.sub(r'(\d+)', lambda m: str(int(m[1]) * 3), text)[:90], 'ß'.upper(), 'ΑΣ'.lower())
data = text.encode() * 5
for name in sorted(hashlib.algorithms_guaranteed - {'shake_128', 'shake_256'}):
    print(name, hashlib.new(name, data).hexdigest())
print(hmac.new(b'k', data, 'sha256').hexdigest(), zlib.crc32(data), zlib.adler32(data))
for level in (1, 6, 9):
    packed = zlib.compress(data, level)
    print(level, hashlib.md5(packed).hexdigest(), zlib.decompress(packed) == data)
print(bz2.decompress(bz2.compress(data)) == data, lzma.decompress(lzma.compress(data)) == data)
print(struct.pack('<bhiqfde?', -1, -2, -3, -4, 1.1, 2.2, 3.3, True).hex(), base64.b85encode(data[:40]))
tree = json.loads(json.dumps({'a': [1, 2.5, None, True, 'é\u2028'], 'b': {'c': [1e100, -0.0]}}))
print(json.dumps(tree, sort_keys=True), sorted(tree, reverse=True))
counter = collections.Counter(w[-1] for w in text.split()); print(sorted(counter.items()))

@functools.lru_cache(None)
def ways(n, k):
    return 1 if n == 0 else 0 if n < 0 or k == 0 else ways(n - k, k) + ways(n, k - 1)

print(ways(250, 250), sum(1 for p in itertools.permutations(range(7)) if p[0] < p[-1]))

def sieve(n):
    marks = bytearray([1]) * n
    for i in range(2, int(n**.5) + 1):
        if marks[i]:
            marks[i * i::i] = bytes(len(marks[i * i::i]))
    return sum(marks) - 2

print(sieve(300000))
heap = [i * 7919 % 10007 for i in range(10000)]
heapq.heapify(heap)
print(hashlib.md5(array.array('i', [heapq.heappop(heap) for _ in range(10000)])).hexdigest())
total, lock = [0], threading.Lock()

def work(n):
    for _ in range(2000):
        with lock:
            total[0] += n

threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(total)
base = sqlite3.connect(':memory:')
base.execute('create table t (a, b)')
base.executemany('insert into t values (?, ?)', ((i, i * i % 101) for i in range(5000)))
print(base.execute('select b, count(*), sum(a) from t group by b order by 2 desc, 1 limit 5').fetchall())
try:
    1 / 0
except ZeroDivisionError as error:
    print(type(error).__name__, error)
END
