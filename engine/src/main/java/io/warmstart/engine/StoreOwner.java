package io.warmstart.engine;

import io.warmstart.format.DirectoryNames;
import io.warmstart.io.FileOps;
import io.warmstart.io.GivingFileOps;
import io.warmstart.io.ProcessUser;
import io.warmstart.model.ReadOnlyStoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Whose a store is, and what this process does about it.
 *
 * <p>A store is its engine directory's owner's; while there is none, the root's owner's if this
 * process may give files away, and this process's if not. All that is made in it is closed to
 * others. So a process of another user, root as a rule, gives what it makes to that user and
 * rewrites no manifest only to tell of a hit; one that may not give files away may only look.
 *
 * <p>Numbers are compared only where they differ at first sight, by a file that is made for it: on
 * a file system that gives all files one owner (FUSE, SMB, NFS with squashed users) everybody's are
 * alike.
 *
 * @param user the owner's number
 * @param ops the file operations of a process of its kind
 * @param other whether this process is another user's
 */
record StoreOwner(int user, FileOps ops, boolean other) {
  /** What an owner looks like that the user namespace of this process has no number for. */
  private static final int NOBODY = 65534;

  /** In the namespace that all others lie in, every user has a number. */
  private static final String ALL_USERS = " 4294967295";

  private static final Path USER_MAP = Path.of("/proc/self/uid_map");

  private static final String PROBE_PREFIX = "owner.new-";

  /** No process needs its probe for so long. */
  private static final long ABANDONED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final int MOST_ATTEMPTS = 1000;

  /** For a store that is opened for lookups only, where nothing is made. */
  static StoreOwner ofReader(FileOps ops) {
    return new StoreOwner(NOBODY, ops, false);
  }

  /**
   * Finds out, and makes the engine directory if there is none.
   *
   * @param root by its real path; this process may write to it
   * @throws ReadOnlyStoreException if it is another user's to whom this process may not give files
   * @throws IOException if that cannot be found out
   */
  static StoreOwner of(Path root, FileOps ops) throws IOException {
    int user = ProcessUser.id();
    Path engine = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    for (int attempt = 1; ; attempt++) {
      try {
        StoreOwner owner = ofOneLook(root, engine, user, ops);
        if (owner != null) {
          return owner;
        }
      } catch (NoSuchFileException e) {
        // The original store removes any directory of a root that it finds empty.
        if (attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Null if a sibling has given the engine directory away meanwhile. */
  private static @Nullable StoreOwner ofOneLook(Path root, Path engine, int user, FileOps ops)
      throws IOException {
    StoreOwner own = new StoreOwner(user, ops, false);
    if (!Files.exists(engine)) {
      if (ProcessUser.ownerOf(root) == user) {
        return own;
      }
      try {
        ops.createDirectory(engine);
      } catch (FileAlreadyExistsException e) {
        // A sibling's, since.
      }
    }
    int owner = ProcessUser.ownerOf(engine);
    if (owner != user) {
      return ofProbe(root, engine, user, owner, ops);
    }
    int rootOwner = ProcessUser.ownerOf(root);
    if (rootOwner == user || !isKnown(rootOwner)) {
      return own;
    }
    // Made a moment ago, by us or a sibling, or by one that died before it could give it away:
    // nothing is put in it before that. So the owner of one that holds something is final, if it
    // is asked for after the names.
    if (!ops.list(engine).isEmpty()) {
      return ProcessUser.ownerOf(engine) == user ? own : null;
    }
    GivingFileOps giving = new GivingFileOps(ops, root);
    try {
      giving.give(engine);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      // The first on a root that others may write to, and no superuser.
      return own;
    }
    return new StoreOwner(rootOwner, giving, true);
  }

  private static StoreOwner ofProbe(Path root, Path engine, int user, int owner, FileOps ops)
      throws IOException {
    Path probe =
        engine.resolve(PROBE_PREFIX + ProcessHandle.current().pid() + "-" + System.nanoTime());
    try {
      ops.createExclusive(probe).close();
      if (ProcessUser.ownerOf(probe) == owner) {
        removeLeftovers(engine, probe, ops);
        return new StoreOwner(user, ops, false);
      }
      if (!isKnown(owner)) {
        throw refused(
            root, user, owner, new IOException("the owner is unknown in this user namespace"));
      }
      GivingFileOps giving = new GivingFileOps(ops, engine);
      try {
        giving.give(probe);
      } catch (IOException e) {
        throw refused(root, user, owner, e);
      }
      removeLeftovers(engine, probe, ops);
      return new StoreOwner(owner, giving, true);
    } finally {
      removeProbe(probe, ops);
    }
  }

  /** Those of processes that died. By change times alone, which one clock has given to all. */
  private static void removeLeftovers(Path engine, Path probe, FileOps ops) {
    try {
      long now = ops.changedNanos(probe);
      for (String name : ops.list(engine)) {
        Path each = engine.resolve(name);
        if (name.startsWith(PROBE_PREFIX) && now - ops.changedNanos(each) > ABANDONED_NANOS) {
          ops.unlink(each);
        }
      }
    } catch (IOException e) {
      // A sibling's went meanwhile, or it cannot be done: they are in nobody's way.
      return;
    }
  }

  private static void removeProbe(Path probe, FileOps ops) {
    try {
      ops.unlink(probe);
    } catch (IOException e) {
      // Never made, or gone; one that stays, a later process removes.
      return;
    }
  }

  /** Whether a number is the owner's own, and not what the kernel shows for one that has none. */
  private static boolean isKnown(int owner) {
    if (owner != NOBODY) {
      return true;
    }
    try {
      String map = Files.readString(USER_MAP, StandardCharsets.US_ASCII);
      return map.strip().endsWith(ALL_USERS);
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private static ReadOnlyStoreException refused(
      Path root, int user, int owner, IOException because) {
    return new ReadOnlyStoreException(
        "the store is another user's, who could not open what is saved here; it can be opened"
            + " read-only: expected user="
            + Integer.toUnsignedString(owner)
            + " actual="
            + Integer.toUnsignedString(user)
            + " root="
            + root,
        because);
  }
}
