#!/bin/sh
# Test how Rust is found, or got, on machines that have none, with stand-ins for their packages and for Rust's installer.
# usage: tests/setup_test.sh   needs root, as tests/check and tests/rehearse do
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
bin=$(mktemp -d)
trap 'rm -r "$bin"' EXIT
journal=$bin/journal
# shellcheck source=tests/tally
. "$top/tests/tally"

stand_in() { # program, its lines
    printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
    chmod 755 "$bin/$1"
}

# A machine with nothing but what every Debian has, and with these: no cargo, and no package is missing.
bare_machine() { # exit code of `apt-cache show rustup`
    mkdir -p "$bin/home"
    : >"$journal"
    stand_in apt-cache "echo apt-cache \"\$@\" >>$journal; exit $1"
    stand_in apt-get "echo apt-get \"\$@\" >>$journal"
    stand_in dpkg-query 'printf installed'
    stand_in curl "echo curl \"\$@\" >>$journal
        while [ \$1 != --output ]; do shift; done
        echo 'echo installer \"\$@\" >>$journal; exit '\$INSTALLER_ENDS_WITH >\$2"
}

for program in sh basename cat cp cut dirname env getent grep head id ls mktemp realpath rm sed sort uname; do
    ln -s "$(command -v "$program")" "$bin/$program"
done

# How a command ends on that machine; what it says is in a file.
outcome() { # command...
    code=0
    (cd "$top" && env -i "PATH=$bin" "HOME=$bin/home" "INSTALLER_ENDS_WITH=${INSTALLER_ENDS_WITH:-0}" "$@") >"$bin/said" 2>&1 || code=$?
    echo "$code"
}

# Only what gets Rust, as tests/check would do it with these arguments.
get_rust='. tests/setup; look_for_rust; release=1.2.3; get_rust'
done_by_it() { grep -v '^apt-cache ' "$journal" | sed "s|--output [^ ]*|--output FILE|" | tr '\n' ';'; }
ln -s "$(command -v tr)" "$bin/tr"

for command in tests/check tests/rehearse; do
    bare_machine 100
    equal "$command stops where no package has Rust's installer" 1 "$(outcome "$command")"
    equal "$command has done nothing then" '' "$(done_by_it)"
    equal "$command names Rust's own installer, and --yes" 2 "$(grep -c -e ' https://sh.rustup.rs | sh$' -e "$command --yes$" "$bin/said")"
done

bare_machine 100
equal "--yes runs Rust's own installer" 0 "$(outcome sh -c "$get_rust" tests/check --yes)"
expected="curl --proto =https --tlsv1.2 --silent --show-error --fail --retry 3 --output FILE https://sh.rustup.rs;installer -y --no-modify-path --profile minimal --default-toolchain 1.2.3;"
equal 'and asks nothing' "$expected" "$(done_by_it)"

bare_machine 100
INSTALLER_ENDS_WITH=3
equal 'an installer that fails ends all' 1 "$(outcome sh -c "$get_rust" tests/check --yes)"
unset INSTALLER_ENDS_WITH

bare_machine 0
equal 'a package with the installer is taken without a question' 0 "$(outcome sh -c "$get_rust" tests/check)"
equal 'and nothing else' 'apt-get -qq install --no-install-recommends rustup;' "$(done_by_it)"

bare_machine 100
stand_in cargo 'exit 0'
equal 'a machine with Rust needs neither' 0 "$(outcome sh -c '. tests/setup; look_for_rust' tests/check)"
equal 'and is not asked for packages' '' "$(cat "$journal")"
rm "$bin/cargo"

equal 'what follows --yes stays as it is' 'one two three' \
    "$(cd "$top" && sh -c '. tests/setup; echo "$@"' tests/check --yes one 'two three')"
tell_result
