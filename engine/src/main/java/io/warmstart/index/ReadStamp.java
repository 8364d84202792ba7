package io.warmstart.index;

import io.warmstart.model.Digest256;

/** The state of a key's slot before its directory is read, handed back with what was read. */
public final class ReadStamp {
  final Generation attached;
  final Digest256 key;
  final long changes;
  final long ctime;
  final long checkedAt;

  ReadStamp(Generation attached, Digest256 key, long changes, long ctime, long checkedAt) {
    this.attached = attached;
    this.key = key;
    this.changes = changes;
    this.ctime = ctime;
    this.checkedAt = checkedAt;
  }
}
