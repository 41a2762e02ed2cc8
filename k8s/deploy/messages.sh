# shellcheck shell=bash
# What the user sees: steps, notes, warnings, questions. All of it on stderr, but for results.

if [ -t 2 ]; then BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' PLAIN=$'\e[0m'; else BOLD='' DIM='' RED='' GREEN='' PLAIN=''; fi

step() { printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN" >&2; }
note() { printf '   %s\n' "$*" >&2; }
done_() { printf '   %sdone%s %s\n' "$GREEN" "$PLAIN" "$*" >&2; }
warn() { printf '   %swarning:%s %s\n' "$RED" "$PLAIN" "$*" >&2; }

# die CODE MESSAGE: ends the script. 1 failed, 2 wrong usage.
die() {
  local code=$1
  shift
  printf '\n%sdeploy.sh: %s%s\n' "$RED" "$*" "$PLAIN" >&2
  exit "$code"
}

# Lines from stdin, moved in and dimmed.
indented() { sed -e "s/^/   ${DIM}| /" -e "s/\$/${PLAIN}/" >&2; }

# ask QUESTION: true for yes. --yes answers for the user; without a terminal the answer is no.
ask() {
  [ "${YES:-}" = 1 ] && return 0
  [ -t 0 ] || return 1
  local answer
  printf '\n%s%s%s [y/N] ' "$BOLD" "$*" "$PLAIN" >&2
  read -r answer || return 1
  case $answer in [yY]*) return 0 ;; *) return 1 ;; esac
}

# json_string TEXT: TEXT as a JSON string.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  text=${text//$'\r'/\\r}
  printf '"%s"' "$text"
}

# short_hash TEXT: eight hexadecimal digits, the same for the same text.
short_hash() {
  if command -v sha256sum > /dev/null; then printf '%s' "$1" | sha256sum | cut -c1-8; else printf '%s' "$1" | shasum -a 256 | cut -c1-8; fi
}
