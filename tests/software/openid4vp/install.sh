#!/usr/bin/env bash
# The OpenID4VP verifiers that tests/software looks at: from npm, pinned by package-lock.json, and from PyPI, pinned by
# requirements.txt. May be run again at any time; what cannot be had is left out, and the tests that need it are skipped
# with the reason.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v npm >/dev/null; then
  echo "install: no npm, so @openid4vc/openid4vp is left out; the tests that need it are skipped" >&2
elif [ node_modules -nt package-lock.json ] && [ -d node_modules/@openid4vc/openid4vp ]; then
  echo "install: @openid4vc/openid4vp is here"
elif ! npm ci --no-audit --no-fund --ignore-scripts --silent; then
  rm -rf node_modules
  echo "install: @openid4vc/openid4vp could not be installed; the tests that need it are skipped" >&2
fi

# Beside the tests' own environment, whose `cryptography` it uses.
target=../../../.oracle/openid4vp
if cmp -s requirements.txt "$target/requirements.txt"; then
  echo "install: polaris-oid4vp is here"
elif rm -rf "$target" && python3 -m pip install --quiet --no-deps --target "$target" -r requirements.txt; then
  cp requirements.txt "$target/requirements.txt"
else
  echo "install: polaris-oid4vp could not be installed; the tests that need it are skipped" >&2
fi
