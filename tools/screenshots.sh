#!/bin/sh
# Takes the picture of the README: the first over-sharing report of a demo, as a browser shows it.
#   tools/screenshots.sh DEMO_FOLDER PICTURE_FOLDER
set -eu
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "no Chromium. To get it: apt-get install chromium" >&2
	exit 1
}
page=$(find "$1" -name '*.html' ! -name index.html | LC_ALL=C sort | head -n 1)
[ -n "$page" ] || { echo "there is no report in $1: run make demo first" >&2; exit 1; }
mkdir -p "$2"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox # Chromium refuses to run as root with it
"$browser" --headless $sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
	--disable-sync --hide-scrollbars --force-device-scale-factor=1 --user-data-dir="$profile" --window-size=720,1280 \
	--screenshot="$profile/report.png" "file://$(realpath "$page")" 2>"$profile/log" || { cat "$profile/log" >&2; exit 1; }
mv "$profile/report.png" "$2/report.png"
echo "$2/report.png: $page"
