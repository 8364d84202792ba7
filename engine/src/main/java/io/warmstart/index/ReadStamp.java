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

  /** The directory's change time; -1 or less if it could not be read. */
  final long seenCtime;

  /** What could not be told to the index, before the directory is read. */
  final long doubt;

  ReadStamp(
      Generation attached,
      Digest256 key,
      long changes,
      long ctime,
      long checkedAt,
      long seenCtime,
      long doubt) {
    this.attached = attached;
    this.key = key;
    this.changes = changes;
    this.ctime = ctime;
    this.checkedAt = checkedAt;
    this.seenCtime = seenCtime;
    this.doubt = doubt;
  }

  /**
   * The same for what is to be good for a while, whatever a look would find.
   *
   * @param asOf unix nanoseconds: what was read as of the same moment goes together
   * @param lookedAt for how late a look it may pass, at most
   */
  public ReadStamp provisional(long asOf, long lookedAt) {
    return new ReadStamp(
        attached, key, changes, -asOf, Math.min(checkedAt, lookedAt), seenCtime, doubt);
  }

  /** When the state was taken; unix nanoseconds. */
  public long atUnixNanos() {
    return checkedAt;
  }

  /** The directory's change time, whether or not it would show a later change. */
  public long seenCtime() {
    return seenCtime;
  }

  /** What could not be told to the index by then. */
  public long doubt() {
    return doubt;
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
