#!/usr/bin/env bash
# Whole commands against other programs on one machine, in one run. Each command is run in turn with its reference,
# $ROUNDS times; printed are the median seconds of both, the median of the ratios pair by pair, and the peak memory of the command.
# Programs that are not installed are named and left out.
#
#   cargo build --release && benches/compare.sh [DIRECTORY [REAL_TREE]]      default: /dev/shm, no real tree
#
# On a directory that is not in memory every command is followed by `sync`, the reference too.
#
# SIZE_MIB=2048  FILES=50000  ROUNDS=5  SEALKEEP=target/release/sealkeep
set -euo pipefail

base=${1:-/dev/shm} real=${2:-}
size=${SIZE_MIB:-2048} files=${FILES:-50000} rounds=${ROUNDS:-5}
sealkeep=$(realpath "${SEALKEEP:-target/release/sealkeep}")
[[ -z $real ]] || real=$(realpath "$real")
work=$(mktemp -d "$base/sealkeep-compare.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
medium=$(stat -f -c %T .)
flush=$([[ $medium == tmpfs ]] && echo true || echo "sync -f .")

has() {
  command -v "$1" >/dev/null && return
  echo "($1 is not installed: left out)"
  return 1
}

median() { sort -g | awk '{ at[NR] = $1 } END { printf "%.3f", (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2 }'; }

# once COMMAND: seconds, after removing what an earlier one made
once() {
  rm -rf out
  local start end
  start=$(date +%s%N)
  if command -v /usr/bin/time >/dev/null; then
    /usr/bin/time -q -a -o peak -f %M bash -c "$1" >/dev/null 2>log || { cat log >&2; exit 1; }
  else
    bash -c "$1" >/dev/null 2>log || { cat log >&2; exit 1; }
  fi
  $flush
  end=$(date +%s%N)
  awk "BEGIN { print ($end - $start) / 1e9 }"
}

# pair NAME REFERENCE COMMAND
pair() {
  : >ours; : >theirs; : >ratios
  local round mine other
  for ((round = 0; round <= rounds; round++)); do
    other=$(once "$2")
    : >peak
    mine=$(once "$3")
    # The first round warms up.
    ((round > 0)) || continue
    echo "$mine" >>ours; echo "$other" >>theirs
    awk "BEGIN { print $mine / $other }" >>ratios
  done
  awk -v n="$1" -v t="$(median <ours)" -v o="$(median <theirs)" -v r="$(median <ratios)" \
    -v p="$(sort -g peak | tail -n 1)" \
    'BEGIN { printf "%-32s %7.2f s  reference %7.2f s  ratio %5.2f  %s\n", n, t, o, r, p ? sprintf("%.0f MiB", p / 1024) : "" }'
}

"$sealkeep" init --keystore keys --new-key-file key >/dev/null
export SEALKEEP_KEYSTORE=$work/keys SEALKEEP_KEY_FILE=$work/key

echo "# one file of $size MiB on $medium, $(nproc) cores; reference: cat big >out"
head -c "${size}M" /dev/urandom >big
cat='cat big >out'
pair cp "$cat" 'cp big out'
for suite in aes256-gcm sm4-gcm; do
  seal="'$sealkeep' seal big -o out --scope bench --suite $suite"
  pair "seal $suite" "$cat" "$seal"
  mv out sealed
  pair "open $suite" "$cat" "'$sealkeep' open sealed -o out"
  cmp big out
  pair "check $suite" "$cat" "'$sealkeep' check sealed"
  rm -f sealed
done
if has openssl; then
  pair 'openssl aes-256-ctr' "$cat" 'openssl enc -aes-256-ctr -K 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000 -in big -out out'
fi
if has gpg; then
  mkdir -m 700 gnupg
  echo benchmark >passphrase
  pair 'gpg symmetric, no compression' "$cat" \
    'gpg --homedir gnupg --batch --quiet --passphrase-file passphrase --pinentry-mode loopback -z 0 -o out -c big'
  gpgconf --homedir gnupg --kill all || true
fi
if has age && has age-keygen; then
  age-keygen -o age.key 2>/dev/null
  pair 'age' "$cat" "age -r $(age-keygen -y age.key) -o out big"
  pair 'seal aes256-gcm, against age' "age -r $(age-keygen -y age.key) -o out big" \
    "'$sealkeep' seal big -o out --scope bench"
fi

echo "# one suite against the other, the same file; reference: the same command with aes256-gcm; target: ratio at most 1.30"
seal="'$sealkeep' seal big -o out --scope bench --suite"
pair 'seal sm4-gcm' "$seal aes256-gcm" "$seal sm4-gcm"
for suite in aes256-gcm sm4-gcm; do
  once "$seal $suite" >/dev/null
  mv out "sealed-$suite"
done
rm big
pair 'open sm4-gcm' "'$sealkeep' open sealed-aes256-gcm -o out" "'$sealkeep' open sealed-sm4-gcm -o out"
rm -rf sealed-* out

echo "# $files files of 8 KiB on $medium; reference: cp -a tree out"
mkdir tree
for ((dir = 0; dir * 500 < files; dir++)); do
  mkdir "tree/$dir"
  left=$((files - dir * 500))
  (cd "tree/$dir" && head -c $((8192 * (left < 500 ? left : 500))) /dev/urandom | split -b 8192 -a 3 -)
done
trees() { # NAME TREE
  for suite in aes256-gcm sm4-gcm; do
    pair "seal $1 $suite" "cp -a '$2' out" "'$sealkeep' seal '$2' -o out --scope bench-tree --suite $suite"
    mv out sealed
    pair "open $1 $suite" "cp -a '$2' out" "'$sealkeep' open sealed -o out"
    diff -r --no-dereference "$2" out
    echo "diff -r: every byte is the same"
    rm -rf sealed
  done
}
trees tree "$work/tree"
if has age && has age-keygen; then
  pair 'tar piped to age' 'cp -a tree out' "tar c tree | age -r $(age-keygen -y age.key) -o out"
fi
rm -rf tree out

if [[ -n $real ]]; then
  echo "# $real: $(find "$real" -type f | wc -l) files, $(du -sm --apparent-size "$real" | cut -f 1) MiB; reference: cp -a"
  trees 'real tree' "$real"
fi

echo "# start-up of a command that needs no key: 100 times, after one"
echo note >note && "$sealkeep" seal note -o note.sealed --scope bench >/dev/null 2>&1
pair 'inspect, 100 times' 'for i in $(seq 100); do /bin/true; done' "for i in \$(seq 100); do '$sealkeep' inspect note.sealed; done"
