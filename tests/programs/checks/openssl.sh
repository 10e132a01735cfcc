# packages: openssl
# Every digest and cipher that the command line has, on data of several lengths; signatures and key
# agreement of each kind; authenticated encryption by CMS.
seq 1 20000 >data
head -c 1000 data >short

for length in 0 1 55 56 63 64 65 111 112 127 128 129; do
    head -c $length data >part$length
done

digests() {
    for name in md5 md5-sha1 sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 \
        sha3-256 sha3-384 sha3-512 sm3 ripemd160 blake2b512 blake2s256; do
        echo "$name"
        openssl dgst -r "-$name" data part*
    done
}

ciphers() {
    for name in $(openssl enc -list | tr -s ' ' '\n' | sed -n 's/^-//p' | sort -u); do
        # CTS and the like want other options, and wrapping takes keys alone
        case $name in *wrap* | *siv* | *ocb*) continue ;; esac
        openssl enc "-$name" -K 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
            -iv f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff -in data -out sealed >errors 2>&1 ||
            openssl enc "-$name" -pbkdf2 -nosalt -pass pass:ulna -in data -out sealed 2>/dev/null ||
            continue
        printf '%s %s\n' "$name" "$(md5sum <sealed | cut -c 1-32)"
    done
    for name in aes-128-cbc aes-256-ctr aes-256-cfb camellia-256-cbc aria-256-ctr sm4-cbc chacha20; do
        openssl enc "-$name" -pbkdf2 -pass pass:ulna -in data -out sealed
        openssl enc -d "-$name" -pbkdf2 -pass pass:ulna -in sealed | cmp - data && echo "$name back"
    done
}

macs() {
    openssl dgst -sha256 -hmac key data
    openssl mac -cipher aes-256-cbc -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
        -in data CMAC
    openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \
        -in short Poly1305
    openssl mac -cipher aes-256-gcm -macopt hexiv:000102030405060708090a0b \
        -macopt hexkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f -in data GMAC
    openssl kdf -keylen 32 -kdfopt digest:SHA512 -kdfopt pass:ulna -kdfopt salt:salt \
        -kdfopt iter:2000 PBKDF2
    openssl kdf -keylen 32 -kdfopt pass:ulna -kdfopt salt:salt -kdfopt n:1024 -kdfopt r:8 \
        -kdfopt p:1 SCRYPT
}

signatures() {
    for kind in 'RSA -pkeyopt rsa_keygen_bits:2048' 'EC -pkeyopt ec_paramgen_curve:P-256' \
        'EC -pkeyopt ec_paramgen_curve:P-384' 'EC -pkeyopt ec_paramgen_curve:secp521r1' \
        ED25519 ED448; do
        # shellcheck disable=SC2086 # the words of a kind
        openssl genpkey -algorithm $kind -out key 2>/dev/null
        openssl pkey -in key -pubout -out public
        case $kind in
        ED*) openssl pkeyutl -sign -rawin -inkey key -in short -out signature &&
            openssl pkeyutl -verify -rawin -pubin -inkey public -in short -sigfile signature ;;
        *) openssl dgst -sha256 -sign key -out signature data &&
            openssl dgst -sha256 -verify public -signature signature data ;;
        esac
        echo "$kind: $?"
    done
    for kind in X25519 X448; do
        for side in a b; do
            openssl genpkey -algorithm $kind -out $side
            openssl pkey -in $side -pubout -out $side.public
        done
        openssl pkeyutl -derive -inkey a -peerkey b.public -out ab
        openssl pkeyutl -derive -inkey b -peerkey a.public -out ba
        cmp ab ba && echo "$kind agrees"
    done
}

sealed() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out certificate -subj /CN=ulna 2>/dev/null
    for name in aes-128-gcm aes-256-gcm aes-256-cbc; do
        openssl cms -encrypt -binary -in data -outform DER -out sealed -$name certificate &&
            openssl cms -decrypt -binary -inform DER -in sealed -inkey key | cmp - data &&
            echo "$name back"
    done
}

openssl version | cut -d ' ' -f 1
digests
ciphers
macs
signatures
sealed
prime=$(openssl prime -generate -bits 256) && openssl prime "$prime" | grep -o 'is prime'
