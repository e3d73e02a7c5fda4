#!/bin/sh
# Brings the third-party files of vendor/ up to date and rewrites vendor.json.
# Run it in this folder after changing a version below; then run the tests.
set -eu
cd "$(dirname "$0")"

htmx=4.0.1
inter=5.3.0
axe=4.11.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "htmx.org@$htmx" "@fontsource-variable/inter@$inter" "axe-core@$axe" >/dev/null &&
	for f in *.tgz; do mkdir "x-$f" && tar -xzf "$f" -C "x-$f"; done)
from_htmx="$work/x-htmx.org-$htmx.tgz/package"
from_inter="$work/x-fontsource-variable-inter-$inter.tgz/package"
from_axe="$work/x-axe-core-$axe.tgz/package"

mkdir -p vendor testdata
cp "$from_htmx/dist/htmx.min.js" vendor/htmx.min.js
cp "$from_htmx/LICENSE" vendor/htmx.LICENSE
cp "$from_inter/files/inter-latin-wght-normal.woff2" vendor/inter-latin.woff2
cp "$from_inter/files/inter-latin-ext-wght-normal.woff2" vendor/inter-latin-ext.woff2
cp "$from_inter/LICENSE" vendor/inter.LICENSE
cp "$from_axe/axe.min.js" testdata/axe.min.js # for tests only: never served

sep=''
entry() { # file package version licence source
	printf '%s\n  {"file":"%s","package":"%s","version":"%s","licence":"%s","source":"%s","sha256":"%s"}' \
		"$sep" "$1" "$2" "$3" "$4" "$5" "$(sha256sum "$1" | cut -d' ' -f1)"
	sep=','
}
{
	printf '['
	entry vendor/htmx.min.js htmx.org "$htmx" 0BSD dist/htmx.min.js
	entry vendor/htmx.LICENSE htmx.org "$htmx" 0BSD LICENSE
	entry vendor/inter-latin.woff2 @fontsource-variable/inter "$inter" OFL-1.1 files/inter-latin-wght-normal.woff2
	entry vendor/inter-latin-ext.woff2 @fontsource-variable/inter "$inter" OFL-1.1 files/inter-latin-ext-wght-normal.woff2
	entry vendor/inter.LICENSE @fontsource-variable/inter "$inter" OFL-1.1 LICENSE
	entry testdata/axe.min.js axe-core "$axe" MPL-2.0 axe.min.js
	printf '\n]\n'
} >vendor.json
