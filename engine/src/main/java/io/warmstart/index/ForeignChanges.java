package io.warmstart.index;

import io.warmstart.entry.KeyDirectory;
import io.warmstart.format.Digest256;
import io.warmstart.io.FileOps;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at directories for the changes of those who know no index: by their mtimes, each no more
 * often than the caller's interval demands. Safe for all threads.
 */
final class ForeignChanges {
  /** What no file's mtime is. */
  private static final long UNKNOWN_MTIME = -1;

  private static final long NO_DIRECTORY = -2;

  /** A clock that ticks may be so late on a busy machine without costing a look for nothing. */
  private static final long MOST_LAG_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private record RootLook(long atUnixNanos, long mtime) {}

  private final Path root;
  private final SharedPlace place;
  private final FileOps ops;
  private final LookRate rate = new LookRate();
  private volatile @Nullable RootLook lastRootLook;

  ForeignChanges(Path root, SharedPlace place, FileOps ops) {
    this.root = root;
    this.place = place;
    this.ops = ops;
  }

  /**
   * Whether a look of this age will do. The caller's clock may lag a little behind that of whoever
   * looked; a clock that was set back by more makes the age negative: then look. Where each lookup
   * is to look, none goes by its lagging clock.
   */
  static boolean isFresh(long age, long foreignCheckNanos) {
    return age < foreignCheckNanos && age > -Math.min(MOST_LAG_NANOS, foreignCheckNanos);
  }

  /**
   * Whether a key's winner may be returned without a look: the last is young enough, or there are
   * other keys to look at first. What other machines do shows in nothing but directories: there
   * none is left for later.
   */
  boolean mayGoWithout(long age, long nowUnixNanos, long foreignCheckNanos) {
    return isFresh(age, foreignCheckNanos)
        || (!place.nodeLocal() && rate.leaves(age, foreignCheckNanos, nowUnixNanos));
  }

  /** Whether a key's directory has the mtime that its winners were read under. */
  boolean isAsItWas(KeyDirectory directory, long expected) {
    return expected >= 0 && mtimeOf(directory) == expected;
  }

  /**
   * When a key that had no entries was last seen to have none.
   *
   * @param expected the mtime that it was read under: the root's, where it had no directory
   * @return when that was looked at; 0 if it is not so any more
   */
  long seenMissing(Digest256 key, long expected, long nowUnixNanos, long foreignCheckNanos) {
    if (expected >= 0 && (expected & IndexLayout.NO_DIRECTORY) != 0) {
      RootLook look = rootLook(nowUnixNanos, foreignCheckNanos);
      return (look.mtime() | IndexLayout.NO_DIRECTORY) == expected ? look.atUnixNanos() : 0;
    }
    return isAsItWas(KeyDirectory.of(root, key), expected) ? nowUnixNanos : 0;
  }

  /**
   * The mtime to store with what is about to be read of a key's directory: that of the directory,
   * or of the root with a mark if there is none. One that is as young as the clock is coarse would
   * not show the next change: then the moment of the look, negative, which no other look has.
   */
  long mtimeToStore(Digest256 key, long nowUnixNanos) {
    // The root's first: a directory that is made after the look at it will have moved it.
    long rootMtime = rootMtime();
    long mtime = mtimeOf(KeyDirectory.of(root, key));
    long telling = mtime == NO_DIRECTORY ? rootMtime : mtime;
    boolean racy = telling < 0 || nowUnixNanos - telling < place.racyNanos();
    if (racy) {
      return -nowUnixNanos;
    }
    return mtime == NO_DIRECTORY ? rootMtime | IndexLayout.NO_DIRECTORY : mtime;
  }

  /** A look at the root that is no older than the interval. */
  private RootLook rootLook(long nowUnixNanos, long foreignCheckNanos) {
    RootLook last = lastRootLook;
    long since = last == null ? -1 : nowUnixNanos - last.atUnixNanos();
    if (last != null && since >= 0 && since < foreignCheckNanos) {
      return last;
    }
    RootLook look = new RootLook(nowUnixNanos, rootMtime());
    lastRootLook = look;
    return look;
  }

  private long rootMtime() {
    try {
      return ops.stat(root).mtimeNanos();
    } catch (IOException e) {
      return UNKNOWN_MTIME;
    }
  }

  /** The directory's mtime; {@link #NO_DIRECTORY} if there is no directory. */
  private long mtimeOf(KeyDirectory directory) {
    try {
      return ops.stat(directory.path()).mtimeNanos();
    } catch (NoSuchFileException e) {
      return NO_DIRECTORY;
    } catch (IOException e) {
      return UNKNOWN_MTIME;
    }
  }
}
