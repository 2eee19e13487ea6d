#!/usr/bin/env bash
# Builds the image and checks that it does what docs/container.md says: a line for each check that
# holds, and the first that does not ends it.
#
#   tests/container/check.sh [BUILD_ARG=VALUE ...]
#
# It takes docker, podman or buildah, the first that works, or the one that $ENGINE names. buildah only builds,
# so there bubblewrap (bwrap) runs the image; both need root. $BUILD_OPTIONS go to the build.
# In every run the root file system is read-only and there is no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
image=localhost/jaxneuron-check:latest
scratch=$(mktemp -d)
log=$scratch/log
container=

clean_up() {
    [ -z "$container" ] || buildah rm "$container" >/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT

ok() { echo "ok: $*"; }
fail() {
    echo "FAIL: $*" >&2
    [ ! -f "$log" ] || tail -n 20 "$log" >&2
    exit 1
}

for engine in ${ENGINE:-docker podman buildah}; do
    "$engine" info >/dev/null 2>&1 && break
done
"$engine" info >/dev/null 2>&1 || fail "none of docker, podman and buildah works here"

read -ra build_options <<<"${BUILD_OPTIONS:-}"
for pair in "$@"; do build_options+=(--build-arg "$pair"); done
build=("$engine" build)
[ "$engine" != buildah ] || build+=(--layers --isolation chroot)
"${build[@]}" "${build_options[@]}" -t "$image" . >"$log" 2>&1 || fail "the build"
if [ "$engine" = buildah ]; then
    container=$(buildah from --pull-never "$image")
    root=$(buildah mount "$container")
    config() { buildah inspect --type image --format "$1" "$image" | sed '/^$/d'; }
    own=$(config '{{.OCIv1.Config.User}}')
    mapfile -t entrypoint < <(config '{{range .OCIv1.Config.Entrypoint}}{{println .}}{{end}}')
    mapfile -t environment < <(config '{{range .OCIv1.Config.Env}}{{println .}}{{end}}')
else
    own=$("$engine" image inspect --format '{{.Config.User}}' "$image")
fi
ok "$engine builds the image"
case "$own" in "" | 0 | 0:* | root | root:*) fail "the image runs as root" ;; esac
ok "its user is $own, not root"

# Sets `line` to what runs the image: prepare USER FOLDER [ARGUMENT ...]; the folder is /results.
# With no_tmp=1 there is not even a /tmp that one may write to.
prepare() {
    local user=$1 folder=$2 tmp=(--tmpfs /tmp)
    [ -z "${no_tmp:-}" ] || tmp=()
    shift 2
    if [ "$engine" = buildah ]; then
        line=(bwrap --unshare-pid --unshare-net --as-pid-1 --die-with-parent
            --ro-bind "$root" / --proc /proc --dev /dev ${tmp[0]:+--perms 1777} "${tmp[@]}"
            --bind "$folder" /results --chdir /results
            setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups
            env -i "${environment[@]}" "${entrypoint[@]}" "$@")
    else
        line=("$engine" run --rm --network none --read-only "${tmp[@]}" --user "$user"
            --volume "$folder:/results" "$image" "$@")
    fi
}

run() {
    prepare "$@"
    "${line[@]}" >"$log" 2>&1
}

# A folder with the study, which anyone may write to.
new_folder() {
    mkdir -m 777 "$scratch/$1"
    install -m 644 experiments/engel/engel.csv tests/container/study.toml "$scratch/$1"
}

# The checksums of all arrays of a run; `work` is about how it was trained and when.
arrays() (
    cd "$scratch/$1/run.zarr"
    find . -type f -path '*/c/*' -not -path './work/*' -print0 | sort -z | xargs -0 sha256sum
)
same_as_whole() { [ -n "$(arrays whole)" ] && [ "$(arrays whole)" = "$(arrays "$1")" ]; }

sweep=(sweep study.toml --out run.zarr)
new_folder whole
run "$own" "$scratch/whole" "${sweep[@]}" || fail "a sweep as the image's user"
ok "a sweep as the image's user, with a read-only root"
for words in "status run.zarr --verify" "report run.zarr" "plot run.zarr map.pdf" "doctor"; do
    # shellcheck disable=SC2086
    run "$own" "$scratch/whole" $words || fail "$words"
    ok "$words"
done

new_folder other
run 12345:54321 "$scratch/other" "${sweep[@]}" || fail "a sweep as 12345:54321"
same_as_whole other || fail "as another user the bytes are others"
[ "$(stat -c %u:%g "$scratch/other/run.zarr")" = 12345:54321 ] || fail "the run does not belong to its user"
ok "a sweep as a user that the image does not know: the same bytes, and they are its own"

new_folder bare
no_tmp=1 run 12345:54321 "$scratch/bare" "${sweep[@]}" || fail "a sweep without /tmp"
same_as_whole bare || fail "without /tmp the bytes are others"
ok "a sweep that may write to /results and nowhere else"

mkdir -m 755 "$scratch/closed"
install -m 644 experiments/engel/engel.csv tests/container/study.toml "$scratch/closed"
run 12345:54321 "$scratch/closed" "${sweep[@]}" && fail "a sweep into a folder that is closed"
[ "$(wc -l <"$log")" = 1 ] || fail "it does not say in one line that the folder is closed"
ok "a folder that one may not write to: $(cat "$log")"

# What stops a container sends SIGTERM to its first process, here the one below the engine's own.
stop_when() { # NAME CONDITION ...
    local name=$1 pid
    shift
    new_folder "$name"
    prepare 12345:54321 "$scratch/$name" "${sweep[@]}"
    "${line[@]}" >"$log" 2>&1 &
    pid=$!
    until "$@"; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    began=$SECONDS
    if [ "$engine" = buildah ]; then
        pkill -TERM -P "$pid" || true
    else
        kill -TERM "$pid" 2>/dev/null || true
    fi
    code=0
    wait "$pid" || code=$?
    [ "$code" = 130 ] || fail "$name: stopped, it ended with $code"
    [ $((SECONDS - began)) -le 5 ] || fail "$name: stopped, it took $((SECONDS - began)) s to end"
    told=$(tail -n 1 "$log")
    case "$told" in interrupted:*) ;; *) fail "$name: it does not say how to resume" ;; esac
    run 12345:54321 "$scratch/$name" "${sweep[@]}" || fail "$name: it is not resumed"
    same_as_whole "$name" || fail "$name: resumed, it has other bytes than a sweep that ran through"
    ok "$name, it ends with 130, and is resumed to the same bytes: $told"
}
some_are_kept() { grep -qE '^[1-9][0-9,]* of [0-9,]+ neurons' "$log"; }
stop_when "stopped amid its chunks" some_are_kept
for delay in 1 1.5 2; do stop_when "stopped after $delay s" sleep "$delay"; done
