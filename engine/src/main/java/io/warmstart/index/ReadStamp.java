package io.warmstart.index;

import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import java.util.concurrent.TimeUnit;

/** The state of a key's slot before its directory is read, handed back with what was read. */
public final class ReadStamp {
  private static final long MOST_PROVISIONAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  final Generation attached;
  final Digest256 key;
  final long changes;
  final long ctime;
  final long checkedAt;

  /** The directory's change time; -1 or less if it could not be had. */
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
   * The same for what is to be good until the next look, whatever that finds.
   *
   * @param asOf unix nanoseconds: what was read as of the same moment goes together. If it is long
   *     ago, only who is content with that may go by it: others must not take it for a look of now
   */
  public ReadStamp provisional(long asOf) {
    long at = checkedAt - asOf > MOST_PROVISIONAL_NANOS ? asOf : checkedAt;
    return new ReadStamp(attached, key, changes, -asOf, at, seenCtime, doubt);
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
