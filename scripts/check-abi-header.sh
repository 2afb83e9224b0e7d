#!/bin/sh
# Checks the plugin ABI's header: it is clean as C99 (gcc and clang), as C++17 and under clang's -Weverything, its layout is the locked one,
# and the example at its end is a plugin that exports exactly the entry symbol. Needs gcc, g++, and the clang that comes with Swift.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
abi=$root/Sources/PluginABI
clang=${CLANG:-clang}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strict="-pedantic -Wall -Wextra -Werror -fsyntax-only -I$abi/include"

# What -Weverything also says, and why it does not count here:
#   unsafe-buffer-usage          every pointer of a C interface is one
#   c++98-compat(-pedantic)      C++17 is the oldest C++ that is promised
#   declaration-after-statement  is about C89
#   unused-macros                constants are for the includer
# (layout.c itself silences pre-c11-compat, for _Static_assert.)
everything="-Weverything -Wno-unsafe-buffer-usage -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-unused-macros"
everything_c="-Weverything -Wno-unsafe-buffer-usage -Wno-declaration-after-statement -Wno-unused-macros"

printf '#include "smg_plugin.h"\n#include "smg_plugin.h"\n' >"$work/twice.c"
cp "$work/twice.c" "$work/twice.cpp"

gcc -std=c99 $strict "$work/twice.c"
g++ -std=c++17 $strict "$work/twice.cpp"
$clang -std=c99 $strict $everything_c "$work/twice.c"
$clang -std=c++17 -x c++ $strict $everything "$work/twice.cpp"
$clang -std=c11 $strict $everything_c "$abi/layout.c"
$clang --target=aarch64-unknown-linux-gnu -ffreestanding -std=c11 $strict "$abi/layout.c"

# The example, cut out of its comment.
sed -n '/^ \* begin example$/,/^ \* end example$/p' "$abi/include/smg_plugin.h" | sed -e '1d' -e '$d' -e 's/^ \*   //' -e 's/^ \*$//' \
  >"$work/example.c"
gcc -std=c99 -pedantic -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -Wl,-z,nodelete -I"$abi/include" -o "$work/example.so" \
  "$work/example.c"
exported=$(nm -D --defined-only "$work/example.so" | awk '$2 ~ /[A-Z]/ { print $3 }')
[ "$exported" = smg_plugin_entry_v0 ] || { echo "the example exports: $exported" >&2; exit 1; }

# No field without its place in layout.c.
fields=$(sed -e '/^ \* EXAMPLE$/,$d' "$abi/include/smg_plugin.h" | grep -c '^typedef struct ')
sizes=$(grep -c '^SIZE(' "$abi/layout.c")
[ "$fields" = "$sizes" ] || { echo "layout.c locks $sizes structures, the header has $fields" >&2; exit 1; }

echo "plugin ABI header: C99, C++17, -Weverything, layout and example are clean"
