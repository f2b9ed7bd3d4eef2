#!/bin/bash
# Every C file is as .clang-format says. Mend with: clang-format-14 -i FILE
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
while IFS= read -r -d '' file; do
    places=$(clang-format-14 --dry-run -Werror "$file" 2>&1 | grep -c 'error:')
    [ "$places" = 0 ] && continue
    echo "$file: $places places: clang-format-14 -i $file"
    bad=1
done < <(find shared relay client tests -name '*.[ch]' -print0 | sort -z)
exit $bad
