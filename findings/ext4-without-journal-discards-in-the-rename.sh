#!/bin/bash
# ext4 (Linux 6.18) without a journal, mounted with discard: a rename over a file waits for the device to discard the
# old file's blocks.
#
# With a journal, freed blocks are discarded after the commit that frees them, by a worker. Without one nothing commits,
# so the call that removes the last name and the last descriptor of a file (rename, unlink, close) sends the discard
# itself and waits for it. A protocol that publishes by renames pays for that in each overwrite, on such a file system
# alone; an open descriptor of the old file moves the wait to whoever closes it. xfs discards later, too.
#
# Seen here (6.18.44, e2fsprogs 1.47.0, xfsprogs 6.1.0), discards that the device had done when each of 200 renames
# returned, over a file of 64 KiB that was synced:
#   ext4 without a journal, discard: 1.000   the same, held open: 0.000   ext4 without a journal, nodiscard: 0.000
#   ext4 with a journal, discard: 0.035      xfs, discard: 0.005
# 0: it is so; 1: it has changed; 2: it cannot be tried (not root, no mkfs, no loop device that discards).
set -u
command -v mkfs.ext4 >/dev/null && command -v mkfs.xfs >/dev/null && command -v python3 >/dev/null || exit 2
W=$(mktemp -d) || exit 2
trap 'cd /; umount "$W/m" 2>/dev/null; rm -rf "$W"' EXIT
cd "$W" && mkdir m || exit 2
cat > rename.py <<'P'
import os, sys
device, held = sys.argv[1], sys.argv[2] == "held"
def discards():
    return int(open(f"/sys/block/{device}/stat").read().split()[11])
def write(name):
    file = os.open(name, os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(file, b"x" * 65536)
    os.fsync(file)
    os.close(file)
write("m/file")
done = 0
for i in range(200):
    write("m/staged")
    old = os.open("m/file", os.O_RDONLY) if held else -1
    before = discards()
    os.rename("m/staged", "m/file")
    done += discards() - before
    if held:
        os.close(old)
print(f"{done / 200:.3f}")
P
try() { # what, type, mount option, held or not, options of mkfs...
  local what=$1 type=$2 option=$3 held=$4 device
  shift 4
  truncate -s 1G image && "mkfs.$type" -q "$@" image && mount -o "loop,$option" image m 2>/dev/null || exit 2
  device=$(lsblk -ndo KNAME "$(findmnt -n -o SOURCE m)") || exit 2
  result=$(python3 rename.py "$device" "$held") || exit 2
  echo "$what: $result"
  umount m && rm image || exit 2
}
changed=0
try "ext4 without a journal, discard" ext4 discard freed -O ^has_journal
awk "BEGIN { exit !($result >= 0.9) }" || changed=1
try "the same, held open" ext4 discard held -O ^has_journal
awk "BEGIN { exit !($result <= 0.2) }" || changed=1
try "ext4 without a journal, nodiscard" ext4 nodiscard freed -O ^has_journal
awk "BEGIN { exit !($result <= 0.2) }" || changed=1
try "ext4 with a journal, discard" ext4 discard freed
awk "BEGIN { exit !($result <= 0.2) }" || changed=1
try "xfs, discard" xfs discard freed
awk "BEGIN { exit !($result <= 0.2) }" || changed=1
exit "$changed"
