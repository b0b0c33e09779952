#!/usr/bin/env bash
# The man page and the completions know every command and every flag that --help knows, and work.
source "$(dirname "$0")/_support.sh"

"$REDIAL" man >"$work/redial.1" || fail "man"
for shell in bash zsh fish; do "$REDIAL" completion $shell >"$work/$shell" || fail "completion $shell"; done
"$REDIAL" completion csh >/dev/null 2>"$work/err"
[ $? = 2 ] && grep -q 'bash, zsh and fish, not for csh' "$work/err" || fail "completion csh: $(cat "$work/err")"

python3 - "$work" <<'P' || exit 1
import os, re, subprocess, sys

def told(*words):
    return subprocess.run([os.environ["REDIAL"], *words, "--help"], capture_output=True, text=True, check=True).stdout

def read(name):
    return open(os.path.join(sys.argv[1], name)).read()

failures = 0
def need(pattern, text, *words):
    global failures
    if not re.search(pattern, text, re.MULTILINE):
        failures += 1
        print("FAIL:", *words)

man = re.sub(r"\\f[BIR]", "", read("redial.1")).replace("\\-", "-").replace("\\(aq", "'")  # as a reader sees it
bash, zsh, fish = read("bash"), read("zsh"), read("fish")
commands = re.findall(r"^  ([a-z-]+) ", told().split("Subcommands:\n")[1].split("\n\n")[0], re.MULTILINE)
if len(commands) < 14:
    sys.exit(f"commands: {commands}")
for command in commands:
    need(rf"^redial {command} \[options\]", man, "man: no synopsis of", command)
    if command == "get":
        usual = told(command).split("\nOptions:\n")[1].split("\n\n")[0]
        need(r"\A  -h,--help[^\n]*\Z", usual, "get --help: a flag of no group:", usual)
    of_bash = re.search(rf"^    {command}\) words='(.*)' ;;$", bash, re.MULTILINE)[1].split()
    of_zsh = re.search(rf"^    {command}\)$(.*?);;$", zsh, re.MULTILINE | re.DOTALL)[1]
    of_fish = "\n".join(line for line in fish.split("\n") if f"__fish_seen_subcommand_from {command}'" in line)
    for flag in re.findall(r"^  (?:-\w,)?--([a-z0-9-]+)", told(command), re.MULTILINE):
        need(rf"(^|[ ,])--{flag}( |,|$)", man, "man: no", flag, "of", command)
        need(rf"^--{flag}$", "\n".join(of_bash), "bash: no", flag, "of", command)
        need(rf"'\*--{flag}\[", of_zsh, "zsh: no", flag, "of", command)
        need(rf" -l {flag}( |$)", of_fish, "fish: no", flag, "of", command)
sys.exit(failures > 0)
P

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
