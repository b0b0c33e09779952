#!/usr/bin/env bash
# missing_test.sh TOUR: without httpbin its tour is skipped, as ctest understands it, and says what to install.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'raise ImportError("not here")' >"$work/httpbin.py"
PYTHONPATH=$work "$1" --gtest_filter='HttpbinTour.*' >"$work/out"
code=$?
if [ $code != 77 ] || ! grep -q '^httpbin is not installed (Debian: python3-httpbin)$' "$work/out"; then
  echo "without httpbin: exit $code"
  tail -n 20 "$work/out"
  exit 1
fi
