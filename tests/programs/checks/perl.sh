# packages: perl
# Numbers, texts, sorting, big integers, digests, packing, closures.
perl -MMath::BigInt -MMath::BigFloat -MDigest::SHA=sha256_hex,sha512_hex -MDigest::MD5=md5_hex \
    -MStorable=freeze,thaw -MList::Util=sum,reduce,shuffle -MTime::Local -e '
use strict; use warnings; no warnings "recursion"; $| = 1;
print join(" ", map { sprintf "%.15g", sqrt($_) / 3 } 1 .. 12), "\n";
print join(" ", map { sprintf "%.10e", exp($_) } -5, -0.5, 0, 1, 10, 700), "\n";
print 7 <=> 3, " ", "abc" x 3, " ", 2 ** 62, " ", -17 % 5, " ", int(-7.9), " ", 1e15 + 0.3, "\n";
print 18446744073709551615, " ", 18446744073709551615 + 1, " ", ~0 >> 3, " ", 9.99999999999999999, "\n";
my $f = Math::BigInt->new(1); $f *= $_ for 1 .. 200; print "$f\n", sha256_hex("$f"), "\n";
print Math::BigFloat->bpi(120), "\n", Math::BigInt->new(2)->bmodpow(1000003, 998244353), "\n";
my %count; my $seed = 12345;
for (1 .. 60000) { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; $count{$seed % 977}++ }
my @top = sort { $count{$b} <=> $count{$a} || $a <=> $b } keys %count;
print "@top[0 .. 9] ", sum(values %count), "\n";
my @sorted = sort { $a <=> $b } map { ($_ * 7919) % 100003 } 1 .. 30000;
print md5_hex(join ",", @sorted), " ", (reduce { ($a * 31 + $b) % 65521 } @sorted), "\n";
my $text = join " ", map { "word$_" . chr(97 + $_ % 26) x ($_ % 5) } 1 .. 5000;
my $hits = () = $text =~ /\bword(\d*7)([a-z])\2*\b/g; print "$hits\n";
(my $copy = $text) =~ s/(\d+)/$1 * 2/ge; print sha512_hex($copy), "\n";
print md5_hex(pack "w/a* N n C q> d> f>", "abc", 1 << 31, 65535, 255, -5, 3.14159, 2.5), "\n";
my @back = unpack "q> d> (A3)*", pack "q> d> (A3)*", -1, 1.5, qw(abc def ghi); print "@back\n";
my $tree = thaw freeze { map { $_ => [ 1 .. $_ ] } 1 .. 50 }; print scalar @{ $tree->{50} }, "\n";
my @adders = map { my $n = $_; sub { $n + shift } } 1 .. 5; print join(",", map { $_->(10) } @adders), "\n";
print scalar gmtime(1700000000), " ", timegm(0, 0, 0, 1, 0, 2000), "\n";
sub ack { my ($m, $n) = @_; $m ? ack($m - 1, $n ? ack($m, $n - 1) : 1) : $n + 1 }
print ack(2, 60), "\n";
my ($pid, $line) = open(my $pipe, "-|") // die; if (!$pid) { print "child\n"; exit 3 }
$line = <$pipe>; close $pipe; print $line, $? >> 8, "\n";
'
