package io.warmstart.index;

import io.warmstart.mapped.IndexLayout;
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

  /**
   * When the key's directory last changed, if a later change is sure to show another time.
   *
   * @return -1 if it is not, or there is no directory
   */
  public long directoryCtime() {
    return ctime > 0 && (ctime & IndexLayout.NO_DIRECTORY) == 0 ? ctime : -1;
  }
}
