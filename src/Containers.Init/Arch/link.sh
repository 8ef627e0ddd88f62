#!/bin/sh
# From the compiled helper to one static ELF: ILC, assembler, linker, and the two assertions that keep it freestanding.
# usage: link.sh ILC ARCHITECTURE ASSEMBLY FOLDER MAX-SIZE [BINUTILS-PREFIX]
set -eu
ilc=$1 architecture=$2 assembly=$3 out=$4 max=$5 prefix=${6-}

"$ilc" "$assembly" -o:"$out/helper.o" --systemmodule:"$(basename "$assembly" .dll)" --noscan --targetos:linux --targetarch:"$architecture" -O --Os

# A use of any runtime feature (allocation, exception, type check, static constructor) shows as one more undefined symbol.
# (readelf reads every architecture's objects; nm need not.)
undefined=$(readelf --symbols --wide "$out/helper.o" | awk '$7 == "UND" && $8 != "" { print $8 }' | sort -u | tr '\n' ' ')
if [ "$undefined" != "__security_cookie syscall6 " ]; then
    echo "Arch/link.sh: error HELPER1: the helper uses the runtime: its undefined symbols are '$undefined', where only '__security_cookie syscall6 ' may be (docs/helper.md)"
    exit 1
fi

if ! command -v "${prefix}as" >/dev/null || ! command -v "${prefix}ld" >/dev/null; then
    echo "Arch/link.sh: no ${prefix}ld here: the helper for $architecture is compiled and checked, but not linked"
    exit 0
fi

"${prefix}as" -o "$out/start.o" "Arch/$architecture.S"
"${prefix}ld" -static -nostdlib --gc-sections -u cmain -T Arch/helper.ld "$out/start.o" "$out/helper.o" -s -o "$out/helper.new"
size=$(wc -c <"$out/helper.new")
if [ "$size" -gt "$max" ]; then
    echo "Arch/link.sh: error HELPER2: the helper has $size bytes, more than the $max it may have"
    exit 1
fi

mv "$out/helper.new" "$out/helper"
