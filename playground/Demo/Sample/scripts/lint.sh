#!/bin/sh
# Style rules of this repository. CI runs it; run it yourself with: sh scripts/lint.sh
cd "$(dirname "$0")/.." || exit 2
find src tests -name '*.cs' -not -path '*/bin/*' -not -path '*/obj/*' | sort | xargs awk '
  length($0) > 120      { printf "%s:%d: the line has %d columns, 120 are allowed\n", FILENAME, FNR, length($0); bad = 1 }
  /[ \t]$/              { printf "%s:%d: space at the end of the line\n", FILENAME, FNR; bad = 1 }
  /\t/                  { printf "%s:%d: tab; use spaces\n", FILENAME, FNR; bad = 1 }
  END                   { if (bad) { print "lint: failed"; exit 1 } print "lint: ok" }'
