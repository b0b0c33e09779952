#!/usr/bin/env bash
# The man page and the completions know every command and every flag that --help knows, and work.
set -u
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

"$REDIAL" man >"$work/redial.1" || fail "man"
# As a reader sees it: no roff escapes.
sed 's/\\-/-/g; s/\\f[BIR]//g; s/\\(aq/'"'"'/g' "$work/redial.1" >"$work/man"
for shell in bash zsh fish; do "$REDIAL" completion $shell >"$work/$shell" || fail "completion $shell"; done
"$REDIAL" completion csh >/dev/null 2>"$work/err"
[ $? = 2 ] && grep -q 'bash, zsh and fish, not for csh' "$work/err" || fail "completion csh: $(cat "$work/err")"

# Commands of --help: the words that its list of subcommands begins lines with.
commands=$("$REDIAL" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z-]\+\) .*/\1/p')
[ "$(wc -w <<<"$commands")" -ge 14 ] || fail "commands: $commands"
for command in $commands; do
  grep -q "^redial $command \[options\]" "$work/man" || fail "man: no synopsis of $command"
  for flag in $("$REDIAL" "$command" --help | grep -oE '^  (-[A-Za-z0-9],)?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'); do
    grep -qE -- "(^|[ ,])$flag( |,|$)" "$work/man" || fail "man: no $flag of $command"
    sed -n "/^    $command) words=/p" "$work/bash" | grep -qE -- "[ ']$flag[ ']" || fail "bash: no $flag of $command"
    sed -n "/^    $command)$/,/;;/p" "$work/zsh" | grep -qF -- "'*$flag[" || fail "zsh: no $flag of $command"
    grep -qE "__fish_seen_subcommand_from $command'.* -l ${flag#--}( |\$)" "$work/fish" || fail "fish: no $flag of $command"
  done
done
[ "$failures" = 0 ] || exit 1

completes() {  # the expected words, then the command line; its last word is being typed
  local expected=$1; shift
  local got
  got=$(bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _redial; echo "${COMPREPLY[*]}"' "$work/bash" "$@")
  [ "$got" = "$expected" ] || fail "completing '$*': $got"
}
completes 'run' redial ru
completes '--concurrency' redial run --conc
completes '--save-jobs' redial run jobs.jsonl --save
completes '--where' redial retry a b --wh
completes 'check' redial policy ch
completes '' redial get --conc

for shell in zsh fish; do  # as far as they are here
  if command -v $shell >/dev/null; then $shell -n "$work/$shell" || fail "$shell does not read its script"; fi
done
if command -v man >/dev/null; then
  complaints=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$work/redial.1" 2>&1 >/dev/null)
  [ -z "$complaints" ] || fail "redial(1): $complaints"
fi
exit $((failures > 0))
