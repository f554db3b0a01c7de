#!/usr/bin/env bash
# The OpenID providers that tests/software looks at, from npm, pinned by package-lock.json. May be run again at any time;
# where node or npm is absent nothing is installed, and the tests that need it are skipped with the reason.
set -euo pipefail
cd "$(dirname "$0")"

if ! command -v npm >/dev/null; then
  echo "install: no npm, so oidc-provider is left out; the tests that need it are skipped" >&2
elif [ node_modules -nt package-lock.json ] && [ -d node_modules/oidc-provider ]; then
  echo "install: oidc-provider is here"
elif ! npm ci --no-audit --no-fund --ignore-scripts --silent; then
  rm -rf node_modules
  echo "install: oidc-provider could not be installed; the tests that need it are skipped" >&2
fi
