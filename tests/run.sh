#!/bin/sh
# Installs what the tests need (Debian packages, when root and missing) and runs them.
set -eu
cd "$(dirname "$0")/.."

missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need rsync rsync
need sshd openssh-server
need ssh openssh-client
need strace strace
need mkfs.ext4 e2fsprogs
need mkfs.xfs xfsprogs
need mkfs.btrfs btrfs-progs
need rdiff rdiff
need setfacl acl
need setfattr attr
need setpriv util-linux
need cron cron

if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing:$missing; install them, or run this as root" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # shellcheck disable=SC2086 # a list of package names
    apt-get install -y -q --no-install-recommends $missing
fi

command -v systemd-analyze >/dev/null 2>&1 ||
    echo "note: systemd-analyze is not here: the units of jobs are not verified" >&2

# The same drawn cases at every run of this script; `cargo nextest run` by itself draws others each time.
: "${PROPTEST_RNG_SEED:=42}"
export PROPTEST_RNG_SEED

if cargo nextest --version >/dev/null 2>&1; then
    if [ $# -eq 0 ]; then
        # Each case of the oracle must fail when the option that it is about is taken away.
        RESILVER_ORACLE_DROP=1 cargo nextest run --test oracle -E 'test(/^cases::/)'
    fi
    exec cargo nextest run "$@"
fi
# In one process, tests disturb each other: the umask and forked children are shared.
exec cargo test "$@" -- --test-threads=1
