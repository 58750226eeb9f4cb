# shellcheck shell=bash disable=SC2034,SC2154,SC2016
# The C libraries that are compiled for boards: Debian's source packages, from the machine's own package sources.
# Sourced after common.sh.

# fetch_source NAME: unpacks mbedtls or lwip into .build/sources, unless that was done, and sets source_path to the place.
# No host is named here: the mirror is the one that the machine installs packages from, asked for the release of Debian
# that has the version pinned here. The hash is of the upstream tarball. Debian's patches are left out: mbedtls has none,
# and those of lwip are for PPP, sockets and a port to Linux, of which boards use nothing.
# A tarball that lies in .build/sources already is used: that is the way for a machine without Debian's mirrors.
fetch_source() {
  local release=bookworm directory=$root/.build/sources tarball hash
  case $1 in
    mbedtls)
      source_path=$directory/mbedtls-2.28.3 tarball=mbedtls_2.28.3.orig.tar.gz
      hash=3b4953aa55a681e084d31892d9904cc5328d6b4958ea57b90ae4b4f94ae69a8d
      ;;
    lwip)
      source_path=$directory/lwip-2.1.3 tarball=lwip_2.1.3+dfsg1.orig.tar.xz
      hash=0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24
      ;;
    *) fail "unknown source: $1" ;;
  esac
  if [ -d "$source_path" ]; then return; fi
  mkdir -p "$directory"
  # One at a time: another command may be fetching the same.
  (flock 9 && unpack_source "$1") 9>"$directory/lock" || exit
}

# unpack_source NAME: what fetch_source does, with its variables.
unpack_source() {
  if [ -d "$source_path" ]; then return; fi
  say "Fetching the source of ${source_path##*/}"
  [ -f "$directory/$tarball" ] || download_source "$1" ||
    fail "this machine's package sources do not have $tarball: put it into $directory by hand"
  if ! sha256sum --check --status <<<"$hash  $directory/$tarball"; then
    rm -f "$directory/$tarball"
    fail "$tarball was not the pinned one, with the SHA-256 $hash"
  fi
  # Only what is complete gets its name.
  rm -rf "$source_path.part"
  mkdir "$source_path.part"
  tar --extract --file "$directory/$tarball" --directory "$source_path.part" --strip-components 1 ||
    fail "could not unpack $tarball"
  mv "$source_path.part" "$source_path"
  echo "$source_path"
}

# download_source NAME: downloads the tarball with a configuration of apt's that is in $directory: the machine's own is read
# and not touched. Shows what apt said and is false when that does not do. No need to be root.
download_source() {
  local apt=$directory/apt
  command -v apt-get >/dev/null || return
  rm -rf "$apt"
  mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache"
  debian_sources "$release" "$apt/sources"
  # The hooks are what the machine wants done after updates of its own.
  cat >"$apt/apt.conf" <<-END
	Dir::Etc::SourceList "/dev/null";
	Dir::Etc::SourceParts "$apt/sources";
	Dir::State::Lists "$apt/lists";
	Dir::Cache "$apt/cache";
	APT::Sandbox::User "";
	#clear APT::Update::Pre-Invoke;
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	END
  # Of several mirrors one may fail: what counts is the tarball.
  (
    cd "$directory"
    apt-get --config-file="$apt/apt.conf" -qq update
    apt-get --config-file="$apt/apt.conf" -qq source --download-only --tar-only "$1"
  ) >"$apt/log" 2>&1 || true
  if [ ! -f "$directory/$tarball" ]; then
    cat "$apt/log" >&2
    return 1
  fi
  rm -rf "$apt"
}

# debian_sources RELEASE DIRECTORY: writes those of the machine's package sources that have Debian's main archive into
# DIRECTORY, as places for source packages of RELEASE. They are known by their suite and component. An archive of
# somebody else with the same names does no harm: hashes are pinned.
debian_sources() {
  local list parts file suites
  suites="$1|$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)|oldstable|stable|testing|unstable|sid"
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  for file in "$list" "$parts"/*.list; do
    if [ -r "$file" ]; then
      sed -nE "/cdrom:/d; s/[[:space:]]+/ /g; s/ *#.*//
        s/^ ?deb (\[[^]]*\] )?([^ ]+) ($suites) (.* )?main( .*)?$/deb-src \1\2 $1 main/p" "$file"
    fi
  done >"$2/lines.list"
  for file in "$parts"/*.sources; do
    if [ -r "$file" ]; then awk -v RS= -F '\n' -v release="$1" -v suites="[: ]($suites) " "$deb822_to_source" "$file"; fi
  done >"$2/paragraphs.sources"
}

# Each record is a paragraph of fields "Name: value", which may go on in lines that start with a space.
deb822_to_source='{
  split("", value); field = kept = ""
  for (i = 1; i <= NF; i++) {
    if ($i ~ /^#/) continue
    if ($i !~ /^[ \t]/) { field = tolower($i); sub(/:.*/, "", field) }
    if (field !~ /^(types|suites|components|architectures)$/) kept = kept $i "\n"
    gsub(/\t/, " ", $i)
    value[field] = value[field] $i " "
  }
  if (value["types"] ~ /[: ]deb / && value["components"] ~ /[: ]main / && value["suites"] ~ suites)
    printf "Types: deb-src\nSuites: %s\nComponents: main\n%s\n", release, kept
}'
