# What every script shares: where the checkout is, how to speak, and the environment the package tools see.
# Sourced, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
TOOLCHAIN="$ROOT/.toolchain"
VENV="$ROOT/.venv"
cd "$ROOT"

# Where it is set, each of hundreds of processes would compile all it imports anew, for the command `plex-steward`
# a fifth of a second each time. What is written is beside the source and git ignores it.
unset PYTHONDONTWRITEBYTECODE

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# A package of the system, where it may be installed; fails elsewhere.
install_package() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	say "installing $1 with apt-get"
	mkdir -p "$TOOLCHAIN"
	if ! { apt-get install -y --no-install-recommends "$1" ||
		{ apt-get update && apt-get install -y --no-install-recommends "$1"; }; } </dev/null >"$TOOLCHAIN/$1.log" 2>&1; then
		say "apt-get could not install $1 (.toolchain/$1.log says why)"
		return 1
	fi
}

# `pip config get` misses what stands in the machine's own file; the list has it all.
pip_setting() { python3 -m pip config list 2>/dev/null | sed -n "s/^global\.$1='\(.*\)'\$/\1/p" || true; }

# uv does not read pip's configuration. A machine that reaches its packages only through the index named there must still
# work, so hand it over. Nothing is set that the caller has set.
share_pip_settings() {
	local index cert
	if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
		index="${PIP_INDEX_URL:-$(pip_setting index-url)}"
		[ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
	fi
	if [ -z "${SSL_CERT_FILE:-}" ]; then
		cert="${PIP_CERT:-$(pip_setting cert)}"
		[ ! -f "$cert" ] || export SSL_CERT_FILE="$cert"
	fi
	export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
	export UV_PYTHON_INSTALL_DIR="$TOOLCHAIN/python" UV_NO_CONFIG=1 UV_NO_PROGRESS=1
	if [ -z "${UV_CACHE_DIR:-}" ] && ! { [ -n "${HOME:-}" ] && mkdir -p "$HOME/.cache/uv" 2>/dev/null && [ -w "$HOME/.cache/uv" ]; }; then
		export UV_CACHE_DIR="$TOOLCHAIN/cache"
	fi
}
