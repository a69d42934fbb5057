#!/bin/sh
# Says in one line each which outside programs the tests would use and do not find, and how to get them (Debian's package
# names). With ESAFETYBOT_REQUIRE_ALL=1 one that is missing is a failure; the tests themselves then fail too.
missing=0

lacks() { # what is not run, what it needs, how to get it
	missing=1
	echo "not run: $1 (no $2). To get it: $3"
}

emulator() {
	gcloud=$(command -v gcloud) || return 1
	root=$(dirname "$(dirname "$(readlink -f "$gcloud")")")
	jar=platform/cloud-firestore-emulator/cloud-firestore-emulator.jar
	[ -f "$root/$jar" ] || [ -f "$(gcloud info --format='value(installation.sdk_root)' 2>/dev/null)/$jar" ]
}

# Debian's own Python: another one on the path does not see Debian's packages.
googleapi() { /usr/bin/python3 -c 'import googleapiclient, google_auth_httplib2' 2>/dev/null; }

if [ -z "$FIRESTORE_EMULATOR_HOST" ]; then
	command -v java >/dev/null || lacks "the store on Firestore" "Java" "apt-get install openjdk-17-jre-headless"
	emulator || lacks "the store on Firestore" "Firestore emulator" \
		"apt-get install google-cloud-cli-firestore-emulator, or gcloud components install cloud-firestore-emulator"
fi
command -v rclone >/dev/null || lacks "rclone against the simulated school" "rclone" "apt-get install rclone"
command -v node >/dev/null || lacks "the ClassDojo forwarder against the relay" "node" "apt-get install nodejs"
googleapi || lacks "Google's Python client against the simulated school" "python3-googleapi" "apt-get install python3-googleapi"
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
	lacks "the review site in a browser" "Chromium" "apt-get install chromium"
[ -f "$(dirname "$0")/axe/node_modules/axe-core/axe.min.js" ] ||
	lacks "accessibility of the review site" "axe-core" "npm ci --prefix tools/axe (npm: apt-get install npm)"

if [ "$missing" = 1 ] && [ "$ESAFETYBOT_REQUIRE_ALL" = 1 ]; then
	echo "ESAFETYBOT_REQUIRE_ALL=1: all of them are wanted" >&2
	exit 1
fi
