#!/bin/sh
# Tests the scripts in discourse_rock/build: on trees that look like Discourse's, with stand-ins for Bundler, npm and pnpm.
# Needs root, because files get another owner, and a mount namespace for a /srv of its own.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$here/../../discourse_rock/build
[ "${1:-}" = --inside ] || exec unshare --mount "$here/build_test.sh" --inside
mount -t tmpfs tmpfs /srv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/tally
. "$here/../tally"

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
equal 'everybody may still enter the application' 755 "$(stat -c %a "$app")"
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

program() { # file, text
    put "$1" "#!/bin/sh
$2"
    chmod +x "$1"
}

fact_files() { sed -n 's,^\([^#![:blank:]]*\)[[:blank:]].*,./app/\1,p' "$build/../patches/facts"; }

# The texts that build/app looks for, each in a file.
facts() {
    grep -v '^[#!]' "$build/../patches/facts" | while IFS='	' read -r files texts _; do
        mkdir -p "$(dirname "$app/${files%% *}")"
        printf '%s\n' "${texts%%|*}" >>"$app/${files%% *}"
    done
}

# shellcheck disable=SC2016 # the programs expand it
# Discourse in a repository, what was staged before it is built, and programs that note how they are called.
new_discourse() {
    app=$work/discourse staged=$work/staged notes=$work/notes
    rm -rf "$app" "$staged" "${work:?}/out" "${work:?}/bin" "$notes" /srv/discourse
    put "$app/lib/version.rb" 'module Discourse; module VERSION; STRING = "2026.1.7"; end; end'
    put "$app/lib/pretty_text.rb" 'load "#{Rails.root}/node_modules/xss/dist/xss.js"'
    put "$app/db/migrate/20240101000000_first.rb" first
    put "$app/plugins/discourse-ai/db/migrate/20240102000000_vectors.rb" second
    put "$app/spec/a_spec.rb" spec
    put "$app/log/build.log" noise
    put "$app/config/unicorn.conf.rb" port
    facts
    program "$app/bin/unicorn" ''
    program "$app/bin/rake" 'echo "rake $1 $SKIP_DB_AND_REDIS $DISCOURSE_DOWNLOAD_PRE_BUILT_ASSETS in $PWD: $(ls plugins | tr "\n" " ")" >>"$NOTES"
        mkdir -p public/assets && echo x >public/assets/app.js && echo x >tmp/asset-processor.js'
    git init -q "$app"
    git -C "$app" add -A
    git -C "$app" -c user.name=t -c user.email=t@example.com -c commit.gpgsign=false commit -qm first
    put "$staged/plugins/discourse-saml/plugin.rb" saml
    put "$staged/plugins/discourse-saml/db/migrate/20240103000000_saml.rb" saml
    put "$staged/plugins/discourse-saml/.git/HEAD" ref
    cp -R "$build" "$staged/build"
    cp -R "$build/../patches" "$staged/patches"
    cp "$build/../scripts/list-migrations" "$build/../scripts/list-plugins" "$staged/"
    program "$work/bin/bundle" 'echo "bundle $*" >>"$NOTES"'
    program "$work/bin/npm" 'echo "npm $1" >>"$NOTES"'
    program "$work/bin/pnpm" 'echo "pnpm $*: $(ls plugins)" >>"$NOTES"; mkdir -p node_modules/xss/dist node_modules/ember; echo x >node_modules/xss/dist/xss.js; echo x >node_modules/ember/a.js'
}

build_app() { # version
    code=0
    NOTES=$notes PATH=$work/bin:$PATH "$build/app" "$app" "$staged" "$work/out" "$1" >"$work/messages" 2>&1 || code=$?
}

# Without the files that are there for their texts alone.
in_image() { (cd "$work/out/srv/discourse" && find . -type f | sort | grep -vxF "$(fact_files)" | tr '\n' ' '); }

new_discourse
build_app 2026.1.7
equal 'what is built is at its place, without what only the build needed' \
    '0 ./MIGRATIONS ./PLUGINS ./VERSION ./app/bin/rake ./app/bin/unicorn ./app/config/git-utils-overrides.json ./app/config/initializers/999-charm.rb ./app/config/unicorn.conf.rb ./app/db/migrate/20240101000000_first.rb ./app/lib/pretty_text.rb ./app/lib/version.rb ./app/node_modules/xss/dist/xss.js ./app/plugins/discourse-saml/db/migrate/20240103000000_saml.rb ./app/plugins/discourse-saml/plugin.rb ./app/public/assets/app.js ./app/tmp/asset-processor.js ' \
    "$code $(in_image)"
equal 'version and migrations are named, those of plugins, too' '2026.1.7 pre 20240101000000 pre 20240103000000' \
    "$(cat "$work/out/srv/discourse/VERSION") $(tr '\n' ' ' <"$work/out/srv/discourse/MIGRATIONS" | sed 's/ $//')"
equal 'plugins are named, with a commit where a repository tells it' '{"folder":"discourse-saml","name":"discourse-saml","default":true}' \
    "$(cat "$work/out/srv/discourse/PLUGINS")"
equal 'the commit is named where there is no git to ask' "$(git -C "$app" rev-parse HEAD)" \
    "$(sed 's/.*"git_version":"\([0-9a-f]*\)".*/\1/' "$work/out/srv/discourse/app/config/git-utils-overrides.json")"
equal 'assets are compiled without servers, where they will be, with the plugins of the image' \
    'rake assets:precompile 1 0 in /srv/discourse/app: discourse-saml ' "$(grep '^rake' "$notes")"
equal "modules are installed as the lock file says, before a plugin that it does not know is there" \
    'npm ci pnpm install --frozen-lockfile: discourse-ai' "$(grep npm "$notes" | tr '\n' ' ' | sed 's/ $//')"
equal 'nothing stays where it was built' gone "$([ -e /srv/discourse ] || echo gone)"

new_discourse
build_app 2026.1.8
equal 'another version than rockcraft.yaml says ends the build' '1 build/app: this is Discourse 2026.1.7, and rockcraft.yaml says 2026.1.8' \
    "$code $(tail -n 1 "$work/messages")"

# What the last line of the build says when one line of Discourse is another one.
changed() { # sed command, file
    new_discourse
    sed -i "$1" "$app/$2"
    build_app 2026.1.7
    echo "$code $(tail -n 1 "$work/messages")"
}

equal 'a Discourse that the tasks and patches do not fit ends the build' \
    "1 build/app: look again at lib/db_helper.rb: no 'finish!', on which depends charm:remap" "$(changed 's/finish!/end!/' lib/db_helper.rb)"
# shellcheck disable=SC2016 # the dollar sign is that of sed
equal 'so does one whose dumps need another client' \
    "1 build/app: look again at lib/backup_restore: it has 'pg_restore', on which depends a dump that needs a client no newer than the server, which the image has not" \
    "$(changed '$a pg_restore' lib/backup_restore/creator.rb)"
equal 'so does one whose migrations wait for something that needs node' \
    '1 build/app: look again at lib/tasks/db.rake: db:migrate waits for assets:other, which may need node' \
    "$(changed 's/$/ %w[environment assets:precompile:asset_processor assets:other] do |_|/' lib/tasks/db.rake)"
changed '' bin/rake >/dev/null
equal 'Discourse is built with the patches of the image' "999-charm.rb" "$(ls "$work/out/srv/discourse/app/config/initializers")"

new_discourse
rm "$app/bin/unicorn"
build_app 2026.1.7
equal 'a Discourse without a file that the charm starts ends the build' '1 build/app: this Discourse has no bin/unicorn, which the ch' \
    "$code $(tail -n 1 "$work/messages" | cut -c 1-58)"

new_discourse
sed -i 's/ && echo x >tmp.*//' "$app/bin/rake"
build_app 2026.1.7
equal 'an asset processor that was not built ends the build' '1 build/app: the asset processor was not built' \
    "$code $(tail -n 1 "$work/messages" | cut -d: -f 1-2)"

tell_result
