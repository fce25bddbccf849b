#!/bin/sh
# Tests discourse_rock/pin on repositories of its own.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
pin=$here/../../discourse_rock/pin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tally
. "$here/../tally"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

git_in() { git -C "$work/$repository" -c user.name=t -c user.email=t@example.com -c commit.gpgsign=false "$@"; }

commit() { # a new commit; prints it
    git_in commit -q --allow-empty -m "$1"
    git_in rev-parse HEAD
}

new_repository() {
    repository=$1
    git init -q "$work/$repository"
}

# Runs pin on a file that has this content; leaves exit code, file and messages.
run() {
    printf '%s\n' "$1" >"$work/file.yaml"
    again
}

again() {
    code=0
    "$pin" "$work/file.yaml" 2>"$work/messages" || code=$?
    content=$(cat "$work/file.yaml")
    messages=$(cat "$work/messages")
}

new_repository one
light=$(commit first)
git_in tag v1
annotated=$(commit second)
git_in tag -a -m 'an annotated tag' v1.1
newest=$(commit third)
git_in tag v1.10
new_repository two
other=$(commit elsewhere)
git_in tag v1
one=file://$work/one two=file://$work/two

run "parts:
  a:
    source: $one
    source-tag: v1"
equal 'a tag becomes its commit, and stays as a comment' "0 parts:
  a:
    source: $one
    source-commit: $light # tag: v1" "$code $content"

again
equal 'a second run changes nothing, and says nothing' "0  parts:
  a:
    source: $one
    source-commit: $light # tag: v1" "$code $messages $content"

run "    source: $one
    source-tag: v1.1"
equal 'of an annotated tag, the commit behind it is taken' "0     source: $one
    source-commit: $annotated # tag: v1.1" "$code $content"

run "    source: $one
    source-commit: $light # tag: v1.10"
equal 'another tag in the comment is another commit, and said' "0 pin: $one v1.10 is $newest     source: $one
    source-commit: $newest # tag: v1.10" "$code $messages $content"

run "# a comment: source-tag: v9

parts:
  b: # the first
    plugin: dump
    source: '$two' # another place
    source-type: git
    source-tag: \"v1\" # as the forum
    source-depth: 1

  a:
    source: $one
    source-tag: v1
    override-build: |
      echo '# tag: v1'   \\
    prime: [-x]"
equal 'comments, order, quotes elsewhere and blank lines stay' "0 # a comment: source-tag: v9

parts:
  b: # the first
    plugin: dump
    source: '$two' # another place
    source-type: git
    source-commit: $other # tag: v1; as the forum
    source-depth: 1

  a:
    source: $one
    source-commit: $light # tag: v1
    override-build: |
      echo '# tag: v1'   \\
    prime: [-x]" "$code $content"

again
equal 'a comment after the tag stays in a second run, too' 1 "$(grep -c "source-commit: $other # tag: v1; as the forum\$" "$work/file.yaml")"

run "    source: $one
    source-commit: $other"
equal 'a commit that names no tag is left alone' "0     source: $one
    source-commit: $other" "$code $content"

mixed="    source: $one
    source-tag: v1
    source-tag: v2
    source: $two
    source-tag: v3"
run "$mixed"
equal 'tags that do not exist are all named, and nothing is written' "1 pin: $work/file.yaml, line 3: $one has no tag v2
pin: $work/file.yaml, line 5: $two has no tag v3 $mixed" "$code $(printf '%s' "$messages" | grep -v ' is ') $content"

run "    source: file://$work/three
    source-tag: v1"
equal 'a repository that does not answer is told apart from a tag that is not there' \
    "1 pin: $work/file.yaml, line 2: cannot ask file://$work/three for the tag v1" "$code ${messages%%: fatal*}"

run "  a:
    source: $one
  b:
    source-tag: v1"
equal 'a tag is never looked for in the repository of another part' \
    "1 pin: $work/file.yaml, line 4: the tag v1 must stand after its source" "$code $messages"

printf '    source: %s\n    source-tag: v1\n' "$one" >"$work/file.yaml"
chmod 640 "$work/file.yaml"
again
equal 'the mode of the file stays' "640 1" "$(stat -c %a "$work/file.yaml") $(grep -c "$light" "$work/file.yaml")"

tell_result
