# Where the end-to-end tests find a browser. Sourced, never run.

# Prints the browser's path; fails where there is none.
chromium_path() {
	local name
	for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
		if [ -n "$name" ] && command -v "$name" 2>/dev/null; then return; fi
	done
	return 1
}

find_chromium() {
	local path
	if path="$(CHROMIUM='' chromium_path)"; then
		say "Chromium: $path"
		return
	fi
	if install_package chromium && path="$(CHROMIUM='' chromium_path)"; then
		say "Chromium: $path"
		return
	fi
	say "no Chromium here: install your system's package 'chromium' for the end-to-end tests"
	return 1
}
