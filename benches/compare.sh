#!/usr/bin/env bash
# Whole commands against other programs on one machine, in one run: one 2 GiB incompressible file, and 50,000 files of
# 8 KiB. Prints seconds (best of $ROUNDS) and the ratio to cat and cp -a. Programs that are not installed are left out.
#
#   cargo build --release && benches/compare.sh [DIRECTORY]      default: /dev/shm
#
# SIZE_MIB=2048  FILES=50000  ROUNDS=3  SEALKEEP=target/release/sealkeep
set -euo pipefail

base=${1:-/dev/shm}
size=${SIZE_MIB:-2048} files=${FILES:-50000} rounds=${ROUNDS:-3}
sealkeep=$(realpath "${SEALKEEP:-target/release/sealkeep}")
work=$(mktemp -d "$base/sealkeep-compare.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

has() { command -v "$1" >/dev/null; }

# best NAME REFERENCE COMMAND: runs it $ROUNDS times, removing what it made before each
declare -A took
best() {
  local name=$1 reference=$2 command=$3 least= round start end seconds peak
  for ((round = 0; round < rounds; round++)); do
    rm -rf out out.*
    start=$(date +%s%N)
    if has /usr/bin/time; then
      /usr/bin/time -o peak -f %M bash -c "$command" >/dev/null 2>log || { cat log >&2; return 1; }
    else
      bash -c "$command" >/dev/null 2>log || { cat log >&2; return 1; }
    fi
    end=$(date +%s%N)
    seconds=$(awk "BEGIN { print ($end - $start) / 1e9 }")
    least=$(awk "BEGIN { print (\"$least\" == \"\" || $seconds < \"$least\" + 0) ? $seconds : \"$least\" }")
  done
  took[$name]=$least
  peak=$([[ -s peak ]] && awk 'END { printf "%.0f", $1 / 1024 }' peak || echo -)
  awk -v n="$name" -v t="$least" -v r="${took[$reference]}" -v p="$peak" \
    'BEGIN { printf "%-34s %8.2f s   %5.2f × the time of the reference   %6s MiB\n", n, t, t / r, p }'
}

head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >passphrase
export SEALKEEP_KEYSTORE=$work/keys SEALKEEP_PASSPHRASE_FILE=$work/passphrase
"$sealkeep" init >/dev/null

echo "# one file of $size MiB on $(stat -f -c %T .), $(nproc) cores; reference: cat"
head -c "${size}M" /dev/urandom >big
best cat cat 'cat big >out'
best cp cat 'cp big out'
for suite in aes256-gcm sm4-gcm; do
  best "sealkeep seal $suite" cat "'$sealkeep' seal big -o out --scope bench --suite $suite"
  mv out sealed
  best "sealkeep check $suite" cat "'$sealkeep' check sealed"
  best "sealkeep open $suite" cat "'$sealkeep' open sealed -o out"
  cmp big out
  rm -f sealed
done
if has openssl; then
  best 'openssl aes-256-ctr' cat 'openssl enc -aes-256-ctr -K $(head -c 64 passphrase) -iv 00000000000000000000000000000000 -in big -out out'
fi
if has gpg; then
  mkdir -m 700 gnupg
  best 'gpg symmetric, no compression' cat \
    'gpg --homedir gnupg --batch --quiet --passphrase-file passphrase --pinentry-mode loopback -z 0 -o out -c big'
  gpgconf --homedir gnupg --kill all || true
fi
if has age && has age-keygen; then
  age-keygen -o age.key 2>/dev/null
  best 'age' cat "age -r $(age-keygen -y age.key) -o out big"
fi
rm -rf big out

echo "# $files files of 8 KiB; reference: cp -a"
mkdir tree
for ((dir = 0; dir * 500 < files; dir++)); do
  mkdir "tree/$dir"
  left=$((files - dir * 500))
  (cd "tree/$dir" && head -c $((8192 * (left < 500 ? left : 500))) /dev/urandom | split -b 8192 -a 3 -)
done
best 'cp -a' 'cp -a' 'cp -a tree out'
for suite in aes256-gcm sm4-gcm; do
  best "sealkeep seal tree $suite" 'cp -a' "'$sealkeep' seal tree -o out --scope bench-tree --suite $suite"
  mv out sealed
  best "sealkeep open tree $suite" 'cp -a' "'$sealkeep' open sealed -o out"
  diff -r tree out
  rm -rf sealed
done
if has age && has age-keygen; then
  best 'tar piped to age' 'cp -a' "tar c tree | age -r $(age-keygen -y age.key) -o out"
fi
