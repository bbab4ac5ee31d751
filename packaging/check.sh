#!/usr/bin/env bash
# Installs each package in an empty place and uses it; ./package --check runs it.
#   check.sh FOLDER    the folder of the packages
# The archive and the Debian package are installed into a bare Debian that debootstrap makes: no
# .NET, Node.js or Python. That takes root on Debian. What cannot be checked is named.
set -uo pipefail
packages=$1
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d) failed=0 skipped=0
bare=$work/bare
cleanup() {
  jobs -p | xargs -r kill 2>/dev/null
  awk -v under="$work/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount -l
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT

ok() { echo "ok       $1"; }
bad() { echo "FAILED   $1" >&2; failed=$((failed + 1)); }
skip() { echo "skipped  $1"; skipped=$((skipped + 1)); }

install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1; }

# Runs dpkg in the bare system.
bare_dpkg() { chroot "$bare" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg "$@" >>"$work/dpkg.log" 2>&1; }

# Runs a command in the bare system as a user without a home.
inside() {
  chroot --userspec="${user:-1000:1000}" "$bare" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/nowhere "$@"
}

# Waits until a service answers; prints the milliseconds since the given time.
answers_after() {
  local started=$1 url=$2 i
  for ((i = 0; i < 600; i++)); do
    if curl -sf "$url/healthz" >/dev/null && curl -s "$url/api/v1/risk?pair=BTC/USDT" | grep -q '"state":"ok"'; then
      echo $((($(date +%s%N) - started) / 1000000))
      return
    fi
    sleep 0.05
  done
  return 1
}

# Starts the product in the bare system, asks it, stops it, starts it again on the same data.
use() {
  local name=$1 program=$2 data=$3 port=$4 url=http://127.0.0.1:$4 took started pid rows
  for round in first second; do
    started=$(date +%s%N)
    inside "$program" serve --sandbox --speed 60 --seed 7 --port "$port" --data "$data" >"$work/$name.log" 2>&1 &
    took=$(answers_after "$started" "$url") ||
      { bad "$name: no answer; its log:"; tail -n 20 "$work/$name.log" >&2; return; }
    ok "$name: $round start, first answer after $took ms"
    inside "$program" ask BTC/USDT --url "$url" >"$work/ask" 2>&1
    [[ $? -le 1 ]] && grep -q 'BTC/USDT' "$work/ask" || { bad "$name: ask:"; cat "$work/ask" >&2; }
    pid=$(pgrep -f "serve --sandbox --speed 60 --seed 7 --port $port" | head -n 1)
    if [[ $round == second ]]; then
      rows=$(curl -s "$url/api/v1/history?pair=BTC/USDT&interval=each" | grep -o '"as_of"' | wc -l)
      ok "$name: $(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status") MB resident, $rows rows of history"
      [[ $rows -gt 0 ]] || bad "$name: no history after a restart"
    else
      sleep 5
    fi
    kill -TERM "$pid"
    wait -n || bad "$name: the service ended with $?"
  done
}

bare_system() {
  local mirror suite
  [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null || return 1
  command -v debootstrap >/dev/null || install debootstrap || return 1
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-cache policy | sed -nE "s|^ *[0-9]+ (https?://[^ ]+) $suite/main .*|\1|p" | head -n 1)
  debootstrap --variant=minbase "$suite" "$bare" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 3 "$work/debootstrap.log" >&2; return 1; }
  # What images of Debian leave out.
  rm -rf "$bare"/usr/share/{doc,man,info,locale,lintian}/* "$bare"/var/{cache/apt,lib/apt/lists,log}/*
  tar -C "$bare" -cf "$work/bare.tar" .
  mount --bind /proc "$bare/proc" && mount -t tmpfs tmpfs "$bare/dev" && mkdir "$bare/dev/pts" &&
    mount -t devpts -o newinstance,ptmxmode=666,gid=5,mode=620 devpts "$bare/dev/pts" &&
    ln -s pts/ptmx "$bare/dev/ptmx" || return 1
  for device in null zero random urandom tty; do
    cp -a "/dev/$device" "$bare/dev/" || return 1
  done
  ln -s /proc/self/fd "$bare/dev/fd"
}

# Builds the last stage of the Dockerfile on the bare system, from the unpacked archive, and runs
# the image as its own user. The first stages make that archive.
image() {
  local url=http://127.0.0.1:28473 started took container round user mounted
  command -v buildah >/dev/null || install buildah ||
    { skip "image: no buildah"; return; }
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=docker
  store=(--root "$work/storage" --runroot "$work/run")
  mkdir -p "$work/context/product"
  tar -xzf "$archive" -C "$work/context/product" --strip-components 1
  { echo 'ARG BASE_IMAGE' && sed -n '/^FROM ${BASE_IMAGE}/,$p' "$root/deploy/Dockerfile"; } |
    sed 's/^COPY --from=build \/product /COPY product /' >"$work/context/Dockerfile"
  container=$(buildah "${store[@]}" from scratch) &&
    buildah "${store[@]}" add -q "$container" "$work/bare.tar" / >/dev/null &&
    buildah "${store[@]}" commit -q --rm "$container" base >/dev/null || { bad "image: base"; return; }
  ok "image: a base of $(megabytes "$bare") MB"
  build_image remora 900 || return
  mounted=$(buildah "${store[@]}" mount "$container")
  for round in first second; do
    started=$(date +%s%N)
    buildah "${store[@]}" run "$container" -- /opt/remora/bin/remora serve --sandbox --speed 60 --seed 7 \
      --port 28473 --host 127.0.0.1 --data /data >"$work/image.log" 2>&1 &
    took=$(answers_after "$started" "$url") || { bad "image: no answer:"; tail -n 20 "$work/image.log" >&2; return; }
    user=$(ps -o uid= -p "$(pgrep -f 'port 28473 --host' | tail -n 1)" | tr -d ' ')
    ok "image: $round start, first answer after $took ms, as user $user"
    sleep 5
    pkill -TERM -f '^/opt/remora/bin/remora serve --sandbox --speed 60 --seed 7 --port 28473'
    wait -n || bad "image: the service ended with $?"
  done
  buildah "${store[@]}" umount "$container" >/dev/null
  buildah "${store[@]}" rm "$container" >/dev/null

  # As with --build-arg ENGINE=false.
  rm -r "$work"/context/product/lib/{libchdb.so,engine}
  build_image remora-without-engine 250 || return
  started=$(date +%s%N)
  buildah "${store[@]}" run "$container" -- /opt/remora/bin/remora serve --sandbox --speed 60 --seed 7 \
    --port 28473 --host 127.0.0.1 --store false >"$work/image.log" 2>&1 &
  took=$(answers_after "$started" "$url") &&
    ok "image without the engine: first answer after $took ms" ||
    { bad "image without the engine: no answer:"; tail -n 20 "$work/image.log" >&2; }
  pkill -TERM -f '^/opt/remora/bin/remora serve --sandbox --speed 60 --seed 7 --port 28473'
  wait -n || bad "image without the engine: the service ended with $?"
}

# The size of the files of a folder, as registries count it: 10^6 bytes.
megabytes() { echo $(($(du -sbx --exclude=./proc --exclude=./sys "$1" | cut -f1) / 1000000)); }

# Builds an image, sets 'container', and compares the size with the limit in MB.
build_image() {
  local size
  buildah "${store[@]}" bud -q --build-arg BASE_IMAGE=localhost/base -t "$1" "$work/context" >"$work/image.log" 2>&1 &&
    container=$(buildah "${store[@]}" from "$1") ||
    { bad "$1: build:"; tail -n 5 "$work/image.log" >&2; return 1; }
  size=$(megabytes "$(buildah "${store[@]}" mount "$container")")
  buildah "${store[@]}" umount "$container" >/dev/null
  [[ $size -le $2 ]] && ok "$1: $size MB, at most $2" || bad "$1: $size MB, more than $2"
}

archive=$(ls "$packages"/remora-*-linux-x64.tar.gz 2>/dev/null | grep -v engine | head -n 1)
deb=$(ls "$packages"/remora_*.deb 2>/dev/null | head -n 1)
if [[ -z $archive && -z $deb ]]; then
  skip "archive and Debian package: neither is in $packages"
elif ! bare_system; then
  skip "archive and Debian package: a bare Debian cannot be made here (root, debootstrap, mounts)"
else
  mkdir "$bare/data" && chown 1000:1000 "$bare/data"
  if [[ -n $archive ]]; then
    mkdir -p "$bare/opt/remora"
    tar -xzf "$archive" -C "$bare/opt/remora" --strip-components 1
    inside /opt/remora/bin/remora --version >"$work/version" 2>&1 && ok "archive: $(cat "$work/version")" ||
      { bad "archive: --version:"; cat "$work/version" >&2; }
    use archive /opt/remora/bin/remora /data/archive 28471
    rm -rf "$bare/opt/remora"
    image
  fi
  if [[ -n $deb ]]; then
    cp "$deb" "$bare/remora.deb"
    if bare_dpkg -i /remora.deb; then
      user=remora:remora use deb /usr/bin/remora /var/lib/remora/data 28472
      bare_dpkg -P remora &&
        [[ ! -e $bare/usr/lib/remora && ! -e $bare/var/lib/remora ]] && ok "deb: removed without a trace" ||
        { bad "deb: removal:"; tail -n 5 "$work/dpkg.log" >&2; }
    else
      bad "deb: installation:"
      tail -n 5 "$work/dpkg.log" >&2
    fi
  fi
fi

for python in python3 /usr/bin/python3 ''; do
  [[ -n $python ]] && "$python" -c 'import sys, venv, numpy; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
done
if wheel=$(ls "$packages"/remora-*-py3-none-manylinux*x86_64.whl 2>/dev/null) && [[ -n $python ]]; then
  started=$(date +%s%N)
  "$python" -m venv --system-site-packages "$work/venv" &&
    "$work/venv/bin/pip" install -q --no-deps --no-index "$wheel" &&
    "$work/venv/bin/python" - >"$work/python.log" 2>&1 <<'PYTHON' &&
import remora, math
rows = [[i * 300000, 100 + math.sin(i), 102, 98, 100 + math.sin(i + 1), 5] for i in range(20000)]
answer = remora.assess(rows, pair="BTC/USDT", timeframe="5m")
assert len(answer["risk_score"]) == 20000 and 0 <= answer["risk_score"][-1] <= 1
PYTHON
    ok "wheel: installed and used in $((($(date +%s%N) - started) / 1000000)) ms" ||
    { bad "wheel:"; cat "$work/python.log" >&2; }
else
  skip "wheel: no wheel, or no Python 3.11 with venv and numpy"
fi

if ls "$packages"/Remora.Engine.*.nupkg >/dev/null 2>&1 && command -v dotnet >/dev/null; then
  mkdir "$work/app"
  cat >"$work/app/app.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Remora.Engine" Version="*" />
    <PackageReference Include="Remora.Client" Version="*" />
  </ItemGroup>
</Project>
XML
  # The example of the package's page.
  unzip -p "$packages"/Remora.Engine.*.nupkg README.md | sed -n '/^```csharp$/,/^```$/p' | sed '1d;$d' \
    >"$work/app/Program.cs"
  (cd "$work/app" &&
    NUGET_PACKAGES=$work/nuget dotnet run --property "RestoreAdditionalProjectSources=$packages") \
    >"$work/nuget.log" 2>&1 &&
    ok "nuget: $(tail -n 1 "$work/nuget.log")" || { bad "nuget:"; tail -n 10 "$work/nuget.log" >&2; }
else
  skip "nuget: no packages, or no .NET SDK"
fi

if package=$(ls "$packages"/remora-client-*.tgz 2>/dev/null) && command -v npm >/dev/null; then
  mkdir "$work/npm"
  (cd "$work/npm" && echo '{"type":"module"}' >package.json && npm install --silent --no-audit --no-fund "$package" &&
    node -e "import('remora-client').then(async ({ Remora }) => {
      const risk = await new Remora({ url: 'http://127.0.0.1:9', onError: 'block' }).risk('BTC/USDT');
      if (risk.safe_to_trade || risk.answered) process.exit(1);
    })") >"$work/npm.log" 2>&1 && ok "npm: installed and used" || { bad "npm:"; tail -n 5 "$work/npm.log" >&2; }
else
  skip "npm: no package, or no npm"
fi

echo "$failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
