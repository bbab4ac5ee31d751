# Sourced by ./remora, ./test and ./package: checks tools and builds. All messages go to standard
# error. This file and ./remora run with bash 3.2 and the tools of macOS.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
export DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
[[ -n ${HOME:-} && -w ${HOME:-} ]] || { mkdir -p "$root/artifacts/home" && export HOME=$root/artifacts/home; }

# One line for each tool that is missing or too old.
check_tools() {
  local good=0 version
  version=$(dotnet --version 2>/dev/null) || version=none
  [[ $version == 10.* ]] || { echo "remora: needs the .NET SDK 10 ('dotnet' on PATH), found $version" >&2; good=1; }
  version=$(node --version 2>/dev/null) || version=none
  if [[ ! $version =~ ^v([0-9]+) || ${BASH_REMATCH[1]} -lt 20 ]]; then
    echo "remora: needs Node.js 20 or later ('node' on PATH), found $version" >&2
    good=1
  fi
  command -v npm >/dev/null || { echo "remora: needs npm, which comes with Node.js" >&2; good=1; }
  return "$good"
}

# The first source that is newer than the stamp, if any.
newer_sources() {
  find "$root/src" "$root"/Directory.*.props \
    "$root/Directory.Build.targets" "$root/package-lock.json" "$root/global.json" \
    -newer "$1" -type f -print | sed -n 1p
}

# Waits for the lock of the file that is open as 9, and holds it until 9 is closed. macOS has no
# flock, but Perl.
lock_9() {
  if command -v flock >/dev/null; then
    flock 9
  elif command -v perl >/dev/null; then
    perl -e 'open(LOCK, ">&=", 9) and flock(LOCK, 2) or die "remora: cannot lock: $!\n"'
  else
    echo "remora: neither flock nor perl is installed: do not build twice at the same time" >&2
  fi
}

# Builds one project or solution in Release; quiet unless it fails. Two at once wait for each other.
build_locked() {
  local stamp=$1 project=$2 log=$root/artifacts/build.log
  mkdir -p "$root/artifacts"
  (
    lock_9
    touch "$stamp.new"
    echo "building $(basename "$project") (the first time takes a minute) ..." >&2
    # Closes 9, since the compiler server keeps running and must not keep the lock.
    if ! dotnet build "$project" -c Release -v quiet -nologo ${CI:+-p:RestoreLockedMode=true} >"$log" 2>&1 9>&-; then
      grep -E 'error' "$log" | sort -u | head -n 20 >&2
      echo "remora: the build failed; the whole log is in artifacts/build.log" >&2
      exit 1
    fi
    mv "$stamp.new" "$stamp"
  ) 9>"$root/artifacts/build.lock"
}

# A hash of the sources and the SDK. Unlike the times of files, it stays the same in another branch
# and back.
source_hash() {
  (
    cd "$root" && dotnet --version && find src Directory.*.props Directory.Build.targets package-lock.json \
      global.json LICENSE THIRD-PARTY-NOTICES.md -type f -print0 | sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -d' ' -f1
}

# Publishes the native executable into artifacts/native, again only if sources have changed, and
# prints its path. Ends with 4 where it cannot be built.
publish_native() {
  local folder=$root/artifacts/native log=$root/artifacts/native.log program content
  program=$folder/publish/Remora.Cli/release_linux-x64/remora-cli
  if [[ $(uname -sm) != "Linux x86_64" ]]; then
    echo "remora: the native executable is built on Linux x64" >&2
    return 4
  fi
  command -v clang >/dev/null || command -v gcc >/dev/null || {
    echo "remora: the native executable needs a linker: clang or gcc" >&2
    return 4
  }
  mkdir -p "$folder"
  (
    lock_9
    content=$(source_hash)
    [[ -f $program && $(cat "$folder/content" 2>/dev/null) == "$content" ]] && exit
    rm -f "$folder/content"
    # The analyzers have checked the ordinary build.
    if ! dotnet publish "$root/src/Remora.Cli" -r linux-x64 -p:PublishAot=true -p:RunAnalyzers=false \
      --artifacts-path "$folder" -v quiet -nologo >"$log" 2>&1 9>&- || grep -i warning "$log" >&2; then
      # A warning of the native compiler can come without a number, which makes it no error.
      grep -E 'error' "$log" | sort -u | head -n 20 >&2
      echo "remora: publishing the native executable failed; the whole log is in artifacts/native.log" >&2
      exit 1
    fi
    echo "$content" >"$folder/content"
  ) 9>"$root/artifacts/build.lock" || return
  echo "$program"
}
