#!/bin/sh
# Make sure that a Chromium is there for the browser tests; where it cannot be installed, say so.
# With REQUIRE_ALL_PARTS set (CI) that is an error, else those tests are named as not run.
set -u
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="no"; fi
if [ "$as_root" != "no" ] && command -v apt-get >/dev/null 2>&1; then
    echo "==> installing Chromium with apt-get, for the browser tests"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core >/dev/null
elif [ "$as_root" != "no" ] && command -v dnf >/dev/null 2>&1; then
    echo "==> installing Chromium with dnf, for the browser tests"
    $as_root dnf install -y -q chromium
elif command -v brew >/dev/null 2>&1; then
    echo "==> installing Chromium with brew, for the browser tests"
    brew install --quiet --cask chromium
fi

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
echo "No Chromium here and no right to install one: the browser tests are NOT RUN." >&2
echo "Install it once as an administrator, for example: apt-get install chromium" >&2
[ -z "${REQUIRE_ALL_PARTS:-}" ]
