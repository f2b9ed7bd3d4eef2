#!/bin/bash
# Every C file is as .clang-format says.
set -u
cd "$(dirname "$0")/../.." || exit 1
find shared relay client tests -name '*.[ch]' -print0 | sort -z | xargs -0 clang-format-14 --dry-run -Werror
