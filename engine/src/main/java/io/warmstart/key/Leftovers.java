package io.warmstart.key;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.KeyDirectory;
import io.warmstart.pair.KeyListing;
import io.warmstart.pair.StagedOwners;
import io.warmstart.process.ProcessTable.Liveness;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Which staged files nobody will come back for. Ages are by ctime, as all ages are here: what a
 * backup has brought back has the mtime that it had once. Safe for all threads.
 */
public final class Leftovers implements StagedOwners {
  /** How old a file must be whose owner's life cannot be proven either way. */
  private static final long OUT_OF_REACH_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** How old, if there is a process with the number that the file names. */
  private static final long ABANDONED_NANOS = TimeUnit.DAYS.toNanos(1);

  private final Function<Owner, Liveness> liveness;
  private final ChangeAges ages;

  public Leftovers(Function<Owner, Liveness> liveness, ChangeAges ages) {
    this.liveness = liveness;
    this.ages = ages;
  }

  @Override
  public boolean areGone(KeyDirectory directory, StagedName staged) throws IOException {
    return switch (liveness.apply(staged.owner())) {
      case DEAD -> true;
      case ALIVE -> false;
      // Before the last reboot, or on another machine that shares the file system.
      case OUT_OF_REACH -> ages.isOlder(directory.staged(staged), OUT_OF_REACH_NANOS);
    };
  }

  /**
   * The original store names its temporaries by process id alone, which may be that of another
   * namespace or of a later process: so they must be old, and their process not to be seen.
   */
  public boolean isDeadForeign(KeyDirectory directory, KeyListing.Leftover leftover)
      throws IOException {
    OptionalLong pid = DirectoryNames.foreignTemporaryPid(leftover.name());
    if (pid.isEmpty()) {
      return false;
    }
    return isOlder(directory, leftover, ABANDONED_NANOS)
        || (isOlder(directory, leftover, OUT_OF_REACH_NANOS)
            && ProcessHandle.of(pid.getAsLong()).isEmpty());
  }

  private boolean isOlder(KeyDirectory directory, KeyListing.Leftover leftover, long nanos)
      throws IOException {
    return ages.isOlder(directory.path().resolve(leftover.name()), nanos);
  }
}
