package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.RunIds;
import io.warmstart.io.Directories;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.model.Digest256;
import io.warmstart.runtime.EngineLog;
import io.warmstart.runtime.Uninterrupted;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which entries no sweep may remove, and none expires: {@code .warmstart/pins}, in which each pin
 * is an empty file. Its name says of what: {@code KEY+pin} of a key, whatever lies under it now or
 * later; {@code KEY+RUN ID+pin} of one run. So a pin is set and taken away by one operation of the
 * file system, by every machine that shares the root, and nothing that dies in between leaves half
 * of one.
 *
 * <p>What the files say is asked under the key's lock before an entry goes; what was remembered of
 * them ({@link #known}) is for choosing, and for what the pinned entries take up.
 *
 * <p>Safe for all threads.
 */
public final class Pins {
  static final String NAME = "pins";

  /** Neither of these names could end as those that the original store deletes. */
  private static final String SUFFIX = "+pin";

  private static final char SEPARATOR = '+';

  private final FileOps ops;
  private final Path root;
  private final Path directory;
  private final RacyWindow racyWindow;
  private volatile Listed listed = Listed.NONE;
  private volatile boolean deniedTold;

  public Pins(FileOps ops, Path root, RacyWindow racyWindow) {
    this.ops = ops;
    this.root = root;
    this.racyWindow = racyWindow;
    this.directory = root.resolve(DirectoryNames.ENGINE_DIRECTORY).resolve(NAME);
  }

  /**
   * The pins as they were found.
   *
   * @param keys that are pinned as a whole
   * @param runs that are pinned, by their keys
   */
  public record Known(Set<Digest256> keys, Map<Digest256, Set<String>> runs) {
    private static final Known NONE = new Known(Set.of(), Map.of());

    public boolean isEmpty() {
      return keys.isEmpty() && runs.isEmpty();
    }

    /** Whether an entry is pinned. */
    public boolean covers(Digest256 key, String runId) {
      return keys.contains(key) || runs.getOrDefault(key, Set.of()).contains(runId);
    }

    /**
     * The same of an entry whose run id is not at hand.
     *
     * @param isRun whether that is its run
     */
    public boolean covers(Digest256 key, Predicate<String> isRun) {
      return keys.contains(key) || runs.getOrDefault(key, Set.of()).stream().anyMatch(isRun);
    }
  }

  /** A look at the directory: when it had last changed, and whether later changes will show. */
  private record Listed(
      Known known, @Nullable FileFacts facts, long changedNanos, boolean changesShow) {
    static final Listed NONE = new Listed(Known.NONE, null, 0, true);
  }

  /** As of the last look. No system call. */
  public Known known() {
    return listed.known();
  }

  /**
   * Looks at the directory, and lists it if it may have changed.
   *
   * @return the pins as they are
   * @throws IOException if that cannot be said: then nothing may go
   */
  public Known look() throws IOException {
    Listed last = listed;
    try {
      FileFacts facts = ops.stat(directory);
      long changed = ops.changedNanos(directory);
      if (last.changesShow() && facts.equals(last.facts()) && changed == last.changedNanos()) {
        return last.known();
      }
      long now = RacyWindow.systemNanos();
      Known known = of(ops.list(directory));
      boolean same = known.equals(last.known());
      listed =
          new Listed(same ? last.known() : known, facts, changed, !racyWindow.isRacy(changed, now));
    } catch (NoSuchFileException e) {
      listed = Listed.NONE;
    }
    return listed.known();
  }

  /** The same for a reader that removes nothing: none where its user may not see them. */
  public Known lookOrNone() throws IOException {
    try {
      return look();
    } catch (AccessDeniedException e) {
      if (!deniedTold) {
        deniedTold = true;
        EngineLog.warning(
            "what is pinned cannot be seen, permission denied: directory=" + directory);
      }
      return Known.NONE;
    }
  }

  private static Known of(List<String> names) {
    Set<Digest256> keys = new HashSet<>();
    Map<Digest256, Set<String>> runs = new HashMap<>();
    for (String name : names) {
      int keyLength = Digest256.HEX_DIGITS;
      if (name.length() < keyLength + SUFFIX.length()
          || !name.endsWith(SUFFIX)
          || !DirectoryNames.isKeyDirectory(name.substring(0, keyLength))) {
        continue;
      }
      Digest256 key = Digest256.fromHex(name.substring(0, keyLength));
      String run = name.substring(keyLength, name.length() - SUFFIX.length());
      if (run.isEmpty()) {
        keys.add(key);
      } else if (run.charAt(0) == SEPARATOR && RunIds.isValid(run.substring(1))) {
        runs.computeIfAbsent(key, each -> new HashSet<>()).add(run.substring(1));
      }
    }
    return new Known(Set.copyOf(keys), Map.copyOf(runs));
  }

  /**
   * Whether an entry is pinned, by what the files say now.
   *
   * @throws IOException if that cannot be said
   */
  public boolean holds(Digest256 key, String runId) throws IOException {
    return isThere(path(key, null)) || isThere(path(key, runId));
  }

  /**
   * Pins a run, or a key. When it returns, the pin survives a power cut. The caller holds the key's
   * lock, so that nobody who has seen no pin is about to remove an entry.
   *
   * @param runId null for the key as a whole
   */
  public void add(Digest256 key, @Nullable String runId) throws IOException {
    Path engine = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    Directories.make(ops, engine);
    Directories.make(ops, directory);
    Uninterrupted.call(
        () -> {
          try {
            ops.createExclusive(path(key, runId)).close();
          } catch (FileAlreadyExistsException e) {
            // It is pinned; whether durably, the one who did it may not know yet.
          }
          return 0;
        });
    for (Path each : List.of(directory, engine, root)) {
      Directories.sync(ops, each);
    }
    look();
  }

  /**
   * Takes a pin away. When it returns, that survives a power cut.
   *
   * @param runId null for the key as a whole
   * @return false if there was none
   */
  public boolean remove(Digest256 key, @Nullable String runId) throws IOException {
    try {
      ops.unlink(path(key, runId));
    } catch (NoSuchFileException e) {
      return false;
    }
    Directories.sync(ops, directory);
    look();
    return true;
  }

  private Path path(Digest256 key, @Nullable String runId) {
    String name = key.toHex();
    return directory.resolve((runId == null ? name : name + SEPARATOR + runId) + SUFFIX);
  }

  private boolean isThere(Path path) throws IOException {
    try {
      ops.stat(path);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
