#!/bin/sh
# Takes pictures of a demo's mails, as a browser shows them: the first long report on sharing, for the README, and the last weekly e-mail on a desk and on a phone, in the light and in the dark.
#   tools/screenshots.sh DEMO_FOLDER PICTURE_FOLDER
set -eu
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
	echo "no Chromium. To get it: apt-get install chromium" >&2
	exit 1
}
report=$(find "$1" -name '*-sharing-*.csv' -size +20k | LC_ALL=C sort | head -n 1) # the first that tells of much
weekly=$(find "$1" -name '*-trend.png' | LC_ALL=C sort | tail -n 1)
[ -n "$report" ] && [ -n "$weekly" ] || { echo "there are no mails in $1: run make demo first" >&2; exit 1; }
report=${report%%-sharing-*}
report=${report%%-accounts-*}.html
weekly=${weekly%-trend.png}.html
mkdir -p "$2"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
sandbox=
[ "$(id -u)" != 0 ] || sandbox=--no-sandbox # Chromium refuses to run as root with it

# picture NAME PAGE WIDTH HEIGHT SCHEME, where SCHEME is 1 for light and 0 for dark
picture() {
	"$browser" --headless $sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
		--disable-sync --hide-scrollbars --force-device-scale-factor=1 --blink-settings=preferredColorScheme="$5" --user-data-dir="$profile" --window-size="$3,$4" \
		--screenshot="$profile/$1.png" "file://$(realpath "$2")" 2>"$profile/log" || { cat "$profile/log" >&2; exit 1; }
	mv "$profile/$1.png" "$folder/$1.png"
	echo "$folder/$1.png: $2"
}
folder=$2
picture report "$report" 720 1280 1
picture weekly-phone "$weekly" 390 1400 1
folder=$2/all # what the README does not show
mkdir -p "$folder"
picture weekly-desktop "$weekly" 720 1400 1
picture weekly-desktop-dark "$weekly" 720 1400 0
picture weekly-phone-dark "$weekly" 390 1400 0
