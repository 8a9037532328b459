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
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		say "installing chromium with apt-get"
		if { apt-get install -y --no-install-recommends chromium ||
			{ apt-get update && apt-get install -y --no-install-recommends chromium; }; } \
			</dev/null >"$TOOLCHAIN/chromium.log" 2>&1 && path="$(CHROMIUM='' chromium_path)"; then
			say "Chromium: $path"
			return
		fi
		say "apt-get could not install chromium (.toolchain/chromium.log says why)"
	fi
	say "no Chromium here: install your system's package 'chromium' for the end-to-end tests"
	return 1
}
