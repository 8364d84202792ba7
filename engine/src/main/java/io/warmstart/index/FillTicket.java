package io.warmstart.index;

import io.warmstart.format.Digest256;

/** The state of a key's slot before its directory is read, handed back with what was read. */
public final class FillTicket {
  final IndexAttachment attached;
  final Digest256 key;
  final long changes;
  final long mtime;
  final long checkedAt;

  FillTicket(IndexAttachment attached, Digest256 key, long changes, long mtime, long checkedAt) {
    this.attached = attached;
    this.key = key;
    this.changes = changes;
    this.mtime = mtime;
    this.checkedAt = checkedAt;
  }
}
