package io.warmstart.pair;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.DirectoryNames.Kind;
import io.warmstart.format.StagedName;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * The names in a key directory, from as many listings as it takes.
 *
 * <p>One listing may leave out a name that is there all the time. To replace a file by a rename is
 * to a file system to remove a name and to add another, and a listing that is under way may find
 * the one gone and not come to the other: on btrfs a directory's only file is missed, on tmpfs some
 * of many. So a listing proves that it lacks nothing only if nothing was renamed during it, which
 * the directory's change time tells once it is no longer racy. Until then the names of several are
 * put together: until one is proven, or has brought nothing new, or {@link #MOST_LISTINGS} were
 * made.
 *
 * <p>A listing that finds no half of any pair while the directory changes tells nothing: the lister
 * may be stopped for so long that all names are replaced meanwhile. So then it goes on until the
 * directory has stood still for two.
 *
 * @param exists whether there is such a directory; a symbolic link is none
 * @param names those of all listings, each once; some may be gone by now
 * @param proven whether no name that was there can be missing
 */
public record SettledListing(boolean exists, List<String> names, boolean proven) {
  /** Where something was found. */
  static final int MOST_LISTINGS = 4;

  /** Where nothing was: of a thousand listings beside a busy writer one is empty, or many. */
  static final int MOST_EMPTY_LISTINGS = 64;

  /** Lists a key directory. */
  public static SettledListing of(FileOps ops, KeyDirectory directory) throws IOException {
    Path path = directory.path();
    Set<String> names = new LinkedHashSet<>();
    boolean proven = false;
    boolean found = false;
    boolean stoodStill = false;
    boolean more = true;
    try {
      for (int listing = 1; more; listing++) {
        long changedBefore = ops.changedNanos(path);
        long beganAt = SystemEpochNanoClock.INSTANCE.nanoTime();
        boolean foundMore = addAll(ops.list(path), names);
        found |= foundMore;
        boolean standsStill = ops.changedNanos(path) == changedBefore;
        proven = standsStill && !RacyWindow.SAME_CLOCK.isRacy(changedBefore, beganAt);
        boolean enough =
            found
                ? !foundMore || listing == MOST_LISTINGS
                : (standsStill && stoodStill) || listing == MOST_EMPTY_LISTINGS;
        more = !proven && !enough;
        stoodStill = standsStill;
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return new SettledListing(false, List.of(), true);
    }
    return new SettledListing(true, new ArrayList<>(names), proven);
  }

  /** Returns the staged files of a run. */
  List<StagedName> staged(String runId) {
    List<StagedName> staged = new ArrayList<>();
    for (String name : names) {
      StagedName each = StagedName.parse(name);
      if (each != null && each.runId().equals(runId)) {
        staged.add(each);
      }
    }
    return staged;
  }

  /** Adds the names of a listing; returns whether a half of a pair was among the new ones. */
  private static boolean addAll(List<String> listed, Set<String> names) {
    boolean halves = false;
    for (String name : listed) {
      if (names.add(name)) {
        Kind kind = DirectoryNames.classify(name).kind();
        halves |= kind == Kind.MANIFEST || kind == Kind.PAYLOAD;
      }
    }
    return halves;
  }
}
