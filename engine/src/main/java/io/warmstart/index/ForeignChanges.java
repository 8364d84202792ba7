package io.warmstart.index;

import io.warmstart.io.FileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.process.Placement;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Looks at directories for the changes of those who know no index: by their change times, each no
 * more often than the caller's interval demands.
 *
 * <p>By those and not by their modification times, which the caller may set: a program that unpacks
 * a backup puts a directory's modification time back when he has changed what is in it.
 *
 * <p>Safe for all threads.
 */
final class ForeignChanges {
  /** What no file's change time is. */
  private static final long UNKNOWN_CTIME = -1;

  private static final long NO_DIRECTORY = -2;

  /**
   * A look at a key's directory.
   *
   * @param toStore the change time to store with what is read of it
   * @param directory the directory's own, young or not; negative if there is none
   */
  record Look(long toStore, long directory) {}

  private record RootLook(long atUnixNanos, long ctime) {}

  private final Path root;
  private final Placement place;
  private final FileOps ops;
  private volatile @Nullable RootLook lastRootLook;

  ForeignChanges(Path root, Placement place, FileOps ops) {
    this.root = root;
    this.place = place;
    this.ops = ops;
  }

  /**
   * Whether a winner's directory and manifest have the change times that they were read under. A
   * manifest that is written to in place, by {@code cp} or an editor, leaves its directory's alone.
   */
  boolean isAsItWas(HotEntry winner, long expected) {
    return isAsItWas(winner.directory(), expected)
        && winner.manifestCtime() != 0
        && ctimeOf(winner.directory().manifest(winner.candidate().runId()))
            == winner.manifestCtime();
  }

  private boolean isAsItWas(KeyDirectory directory, long expected) {
    return expected >= 0 && ctimeOf(directory.path()) == expected;
  }

  /**
   * The change time to store with a winner: that of its manifest, or 0 if another change might be
   * given the same one.
   *
   * @param readAfterUnixNanos a moment before the manifest was read
   */
  long manifestCtimeToStore(KeyDirectory directory, String runId, long readAfterUnixNanos) {
    long ctime = ctimeOf(directory.manifest(runId));
    return ctime < 0 || place.racyWindow().isRacy(ctime, readAfterUnixNanos) ? 0 : ctime;
  }

  /**
   * When a key that had no entries was last seen to have none.
   *
   * @param expected the change time that it was read under: the root's, where it had no directory
   * @return when that was looked at; 0 if it is not so any more
   */
  long seenMissing(Digest256 key, long expected, long nowUnixNanos, long foreignCheckNanos) {
    if (expected >= 0 && (expected & IndexLayout.NO_DIRECTORY) != 0) {
      RootLook look = rootLook(nowUnixNanos, foreignCheckNanos);
      return (look.ctime() | IndexLayout.NO_DIRECTORY) == expected ? look.atUnixNanos() : 0;
    }
    return isAsItWas(new KeyDirectory(root, key), expected) ? nowUnixNanos : 0;
  }

  /**
   * The change time to store with what is about to be read of a key's directory: that of the
   * directory, or of the root with a mark if there is none. One that is as young as the clock is
   * coarse would not show the next change: then the moment of the look, negative, which no other
   * look has.
   */
  Look look(Digest256 key, long nowUnixNanos) {
    // The root's first: a directory that is made after the look at it will have moved it.
    long rootCtime = rootCtime();
    long ctime = ctimeOf(new KeyDirectory(root, key).path());
    long telling = ctime == NO_DIRECTORY ? rootCtime : ctime;
    if (telling < 0 || place.racyWindow().isRacy(telling, nowUnixNanos)) {
      return new Look(-nowUnixNanos, ctime);
    }
    return new Look(ctime == NO_DIRECTORY ? rootCtime | IndexLayout.NO_DIRECTORY : ctime, ctime);
  }

  /**
   * The root's change time as of a look that is no older than the interval; negative if it cannot
   * be told.
   */
  long rootCtime(long nowUnixNanos, long foreignCheckNanos) {
    return rootLook(nowUnixNanos, foreignCheckNanos).ctime();
  }

  /**
   * The root's change time now; negative if it cannot be told, or would not show another change.
   */
  long settledRootCtime(long nowUnixNanos) {
    RootLook look = lookAtRoot(nowUnixNanos);
    return place.racyWindow().isRacy(look.ctime(), nowUnixNanos) ? UNKNOWN_CTIME : look.ctime();
  }

  /** A look at the root that is no older than the interval. */
  private RootLook rootLook(long nowUnixNanos, long foreignCheckNanos) {
    RootLook last = lastRootLook;
    long since = last == null ? -1 : nowUnixNanos - last.atUnixNanos();
    if (last != null && since >= 0 && since < foreignCheckNanos) {
      return last;
    }
    return lookAtRoot(nowUnixNanos);
  }

  private RootLook lookAtRoot(long nowUnixNanos) {
    RootLook look = new RootLook(nowUnixNanos, rootCtime());
    lastRootLook = look;
    return look;
  }

  private long rootCtime() {
    try {
      return ops.changedNanos(root);
    } catch (IOException e) {
      return UNKNOWN_CTIME;
    }
  }

  /** When a file last changed; {@link #NO_DIRECTORY} if there is none. */
  private long ctimeOf(Path file) {
    try {
      return ops.changedNanos(file);
    } catch (NoSuchFileException e) {
      return NO_DIRECTORY;
    } catch (IOException e) {
      return UNKNOWN_CTIME;
    }
  }
}
