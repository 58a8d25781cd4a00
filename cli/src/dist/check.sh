#!/usr/bin/env bash
# Builds the distribution and uses it as a machine without JDK, Maven and checkout would: unpacked into a folder
# with spaces in its name, through a link, with a Java runtime of a few modules. Needs unzip.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../../.." && pwd -P)

fail() {
  echo "the distribution: $1" >&2
  exit 1
}

mvn -q -B -f "$checkout/pom.xml" -Pdist -DskipTests package
zip=$(ls -t "$checkout"/cli/target/pemn-*.zip | head -n 1)

work=$(mktemp -d "${TMPDIR:-/tmp}/a distribution.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/my tools" "$work/here"
unzip -q "$zip" -d "$work/my tools"
home=$(ls -d "$work/my tools"/pemn-*)
ln -s "$home/bin/pemn" "$work/a link"
jlink --add-modules java.desktop,java.logging,java.management,jdk.crypto.ec,jdk.unsupported --strip-debug --output "$work/jre"
cd "$work/here"
pemn() {
  env -i HOME="$HOME" PATH=/usr/bin:/bin JAVA_HOME="$work/jre" PEMN_THREADS=2 "$work/a link" "$@"
}

# What is in it.
[ ! -x "$home/lib/launch.sh" ] || fail "lib/launch.sh, which is only read, is executable."
grep -q "$(printf '\r')" "$home/bin/pemn.bat" || fail "bin/pemn.bat lacks the line ends of Windows."
# shellcheck disable=SC2016
grep -q '${' "$home/README.txt" && fail "README.txt has a variable that the build did not fill in."
twice=$(for jar in "$home"/lib/*.jar; do unzip -Z1 "$jar" '*.class' 2>/dev/null; done |
  grep -v module-info | sort | uniq -d)
[ -z "$twice" ] || fail "two libraries have the same class: $(head -n 1 <<<"$twice")"
jars=$(cd "$home/lib" && ls -- *.jar cpu/*.jar | grep -v '^pemn-' |
  sed 's,cpu/\(pytorch-native-cpu-[0-9.]*\)-.*,\1,; s/\.jar$//' | sort)
licensed=$(sed -n 's/.*[(][^ :]*:\([^ :]*\):\([^ :]*\) - .*/\1-\2/p' "$home/licenses/THIRD-PARTY.txt" | sort)
[ "$jars" = "$licensed" ] || fail "lib/ and licenses/THIRD-PARTY.txt differ:
$(diff <(echo "$jars") <(echo "$licensed"))"
grep -q "Unknown license" "$home/licenses/THIRD-PARTY.txt" && fail "a library has no known licence."

# A manual page for each command that completion knows.
bash -n "$home/completion/pemn"
commands=$(sed -n 's/^function _picocli_\(pemn[a-z_]*\)().*/\1/p' "$home/completion/pemn" | tr -d _ | sort)
pages=$(cd "$home/man/man1" && ls | sed 's/\.1$//; s/-//g' | sort)
[ "$commands" = "$pages" ] || fail "commands and manual pages differ:
$(diff <(echo "$commands") <(echo "$pages"))"
# shellcheck disable=SC2016
completed=$(bash -c '. "$0"; COMP_WORDS=(pemn insp) COMP_CWORD=1; _complete_pemn; echo "${COMPREPLY[@]}"' \
  "$home/completion/pemn")
[ "$completed" = inspect ] || fail "completion of 'pemn insp' gave '$completed' instead of inspect."

# How it runs.
[ "$(pemn --version)" = "$(sed -n '1s/ for .*//p' "$home/README.txt")" ] || fail "--version gave another version."
golden=$checkout/testdata/golden/version-4/res-net.pemn
pemn inspect "$golden" >/dev/null
pemn verify "$golden"
cp "$golden" model.pemn
pemn keygen >/dev/null
pemn doctor >doctor.txt || fail "doctor finds fault: $(cat doctor.txt)"
grep -q "^cpu  *works" doctor.txt || fail "doctor does not say that the CPU works: $(cat doctor.txt)"
pemn sign model.pemn --key signer.key >/dev/null
pemn verify model.pemn --trust signer.pub
pemn demo --epochs 1 --train-images 200 >demo.txt 2>&1 || fail "the demo failed: $(tail -n 3 demo.txt)"
pemn plot demo-out/model.run -o "the curves.png"
[ "$(head -c 4 "the curves.png" | tail -c 3)" = PNG ] || fail "plot did not draw a PNG."
echo "the distribution: $(basename "$zip"), $(wc -c <"$zip") bytes, is sound"
