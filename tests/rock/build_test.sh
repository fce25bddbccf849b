#!/bin/sh
# Tests those scripts in discourse_rock/build that need no Discourse. Needs root, because files get another owner.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../discourse_rock/build
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

equal() { # sentence, expected, actual
    if [ "$2" = "$3" ]; then
        echo "ok      $1" && passed=$((passed + 1))
    else
        echo "FAILED  $1" && failed=$((failed + 1))
        printf '%s\n' "        expected: $2" "        actual:   $3"
    fi
}

put() { # file, text
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

# A module in pnpm's store, linked into a folder node_modules.
module() { # folder, name
    store=$app/node_modules/.pnpm/$(printf '%s' "$2" | tr / +)/node_modules/$2
    put "$store/dist/index.js" "$2"
    mkdir -p "$(dirname "$app/$1/node_modules/$2")"
    ln -s "$store" "$app/$1/node_modules/$2"
}

modules() { (cd "$app" && find . -path '*node_modules*' \( -type f -o -type l \) | sort | tr '\n' ' '); }

# What Discourse has of it: modules of the root and of its parts, some read by Ruby, and links to everything.
new_app() {
    app=$work/app
    rm -rf "$app"
    mkdir -p "$app/app" "$app/config" "$app/plugins"
    module . eslint
    module frontend/discourse loader.js
    module frontend/discourse webpack
    module frontend/markdown markdown-it
    module frontend/markdown @scope/sheet
    put "$app/node_modules/.pnpm/lock.yaml" lock
    put "$app/lib/pretty_text.rb" 'load "#{md_node_modules}/markdown-it/dist/index.js"; load "#{d_node_modules}/loader.js/x"'
    put "$app/app/style.scss" '@import "../frontend/markdown/node_modules/@scope/sheet/dist/index";'
    put "$app/lib/tasks/lint.rake" 'sh "node_modules/eslint/bin"'
}

new_app
"$build/prune-modules" "$app"
equal 'modules that Ruby or a stylesheet names stay, as files; all others go' \
    './frontend/discourse/node_modules/loader.js/dist/index.js ./frontend/markdown/node_modules/@scope/sheet/dist/index.js ./frontend/markdown/node_modules/markdown-it/dist/index.js ' \
    "$(modules)"
equal 'what is kept is whole' markdown-it "$(cat "$app/frontend/markdown/node_modules/markdown-it/dist/index.js")"

new_app
put "$app/lib/bundle.rb" 'GLOBS = %w[node_modules/.pnpm/lock.yaml]'
"$build/prune-modules" "$app"
equal "of pnpm's store, no more than its lock file stays" ./node_modules/.pnpm/lock.yaml "$(modules | tr ' ' '\n' | grep pnpm)"

new_app
put "$app/lib/node_modules/x/y.rb" '"node_modules/eslint/"'
"$build/prune-modules" "$app"
equal 'what a module says of other modules does not count' 0 "$(modules | grep -c eslint)"

new_app
rm "$app/lib/pretty_text.rb" "$app/app/style.scss"
code=0
"$build/prune-modules" "$app" 2>/dev/null || code=$?
equal 'where nothing names a module, nothing goes' '1 6' "$code $(find "$app" -path '*node_modules*' -type f | wc -l)"

new_image() {
    root=$work/root
    rm -rf "$root"
    put "$root/srv/discourse/VERSION" 2026.1.7
    put "$root/srv/discourse/app/lib/version.rb" code
    put "$root/srv/discourse/app/tmp/cache/a" cache
    put "$root/srv/discourse/app/plugins/poll/auto_generated/a.js" script
    put "$root/srv/scripts/launch" '#!/bin/sh'
}

identity() {
    "$build/finish" "$root"
    cat "$root/srv/discourse/REVISION"
}

owner() { stat -c %u:%g "$root/srv/discourse/$1"; }

new_image
first=$(identity)
equal 'the identity is the version and a digest, and one word' 1 "$(printf '%s\n' "$first" | grep -cE '^2026\.1\.7-[0-9a-f]{16}$')"
equal 'a second run gives the same identity' "$first" "$(identity)"

equal 'what Discourse writes belongs to its user' '584792:584792 584792:584792 584792:584792 584792:584792' \
    "$(owner app/log) $(owner app/tmp/cache/a) $(owner app/public/uploads) $(owner app/plugins/poll/auto_generated/a.js)"
equal 'all else belongs to root' '0:0 0:0 0:0' "$(owner app/lib/version.rb) $(owner app/plugins/poll) $(owner REVISION)"

new_image
touch -d 2020-01-01 "$root/srv/scripts/launch"
equal 'times do not change the identity' "$first" "$(identity)"
chmod 700 "$root/srv/scripts/launch"
equal 'a mode does' different "$([ "$(identity)" = "$first" ] || echo different)"
new_image
put "$root/etc/added" ''
equal 'a file anywhere in the image does' different "$([ "$(identity)" = "$first" ] || echo different)"

verdict=ok
[ "$failed" = 0 ] || verdict=FAILED
echo "test result: $verdict. $passed passed; $failed failed; 0 ignored"
[ "$failed" = 0 ]
