package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.PolicyCodec;
import io.warmstart.format.PolicyFormatException;
import io.warmstart.format.StoredPolicy;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.io.Uninterrupted;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.StoreFailures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The file of a root's policy, {@code .warmstart/policy}. It lies in the root wherever locks and
 * index lie: other machines go by it too.
 *
 * <p>It is replaced by a rename and never written in place: a reader finds the policy before or the
 * one after, whatever dies in between. Safe for all threads.
 */
public final class PolicyFile {
  static final String NAME = "policy";

  /** Neither end nor middle are names that the original store would delete. */
  private static final String STAGED_PREFIX = NAME + ".new-";

  /**
   * From when on a staged file may be taken for that of a dead writer. One that lives may lose its
   * own all the same, where clocks differ by so much: it stages again.
   */
  private static final long ABANDONED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final int MOST_PUBLISH_ATTEMPTS = 4;

  private static final int MOST_READ_ATTEMPTS = 8;

  private final FileOps ops;
  private final ChangeAges ages;
  private final Path root;
  private final Path directory;
  private final Path path;

  public PolicyFile(FileOps ops, Path root, ChangeAges ages) {
    this.ops = ops;
    this.ages = ages;
    this.root = root;
    this.directory = root.resolve(DirectoryNames.ENGINE_DIRECTORY);
    this.path = directory.resolve(NAME);
  }

  /**
   * What was found.
   *
   * @param policy what it says; nothing if there is none or it is damaged
   * @param facts the file; null if there is none or it cannot be looked at
   * @param damage why it cannot be used, in one line; null if it can, or there is none
   */
  record Found(StoredPolicy policy, @Nullable FileFacts facts, @Nullable String damage) {
    static final Found NONE = new Found(StoredPolicy.NONE, null, null);

    boolean damaged() {
      return damage != null;
    }
  }

  public Path path() {
    return path;
  }

  /** Whether the file is another than the one that was found; true if that cannot be said. */
  boolean changedSince(Found found) {
    try {
      FileFacts facts = ops.stat(path);
      return found.facts() == null || !facts.sameContentAs(found.facts());
    } catch (NoSuchFileException e) {
      return found.facts() != null || found.damaged();
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Reads it. What cannot be read is damage and no error: then nothing is deleted.
   *
   * <p>Looking and opening both go by the name, which another process may lead to another file in
   * between. So it is looked at again, and read again if it is not what was looked at before.
   */
  Found read() {
    Found found = readOnce();
    for (int attempt = 1; attempt < MOST_READ_ATTEMPTS && changedSince(found); attempt++) {
      found = readOnce();
    }
    return found;
  }

  private Found readOnce() {
    FileFacts facts = null;
    try {
      facts = ops.stat(path);
      if (!facts.regular()) {
        return damaged(facts, "policy is not a regular file");
      }
      if (facts.size() > PolicyCodec.MAX_BYTES) {
        return damaged(
            facts,
            "policy is too long: expected<=" + PolicyCodec.MAX_BYTES + " actual=" + facts.size());
      }
      byte[] bytes = Uninterrupted.call(() -> ops.rereads().call(this::readToEnd));
      if (bytes.length > PolicyCodec.MAX_BYTES) {
        return damaged(facts, "policy is too long: expected<=" + PolicyCodec.MAX_BYTES);
      }
      return new Found(PolicyCodec.decode(bytes), facts, null);
    } catch (NoSuchFileException e) {
      return Found.NONE;
    } catch (PolicyFormatException e) {
      return damaged(facts, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return damaged(null, "policy cannot be read: " + StoreFailures.describe(e));
    }
  }

  private Found damaged(@Nullable FileFacts facts, String damage) {
    return new Found(StoredPolicy.NONE, facts, damage + " file=" + path);
  }

  /** To the end of the file that is opened, or a byte more than a policy may have. */
  private byte[] readToEnd() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PolicyCodec.MAX_BYTES + 1);
    try (FileOps.FileHandle file = ops.openForReading(path)) {
      while (bytes.hasRemaining() && file.read(bytes, bytes.position()) > 0) {
        // The rest comes with the next.
      }
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /**
   * Puts a policy in place, durably. A death or a failure before the rename leaves the policy that
   * was there.
   *
   * @param alone whether no other process can be publishing: then all that dead ones have staged
   *     goes, and else what is old
   */
  public void publish(StoredPolicy policy, boolean alone) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        makeDirectory();
        removeStaged(alone);
        putInPlace(policy);
        break;
      } catch (NoSuchFileException e) {
        // Somebody has taken what was staged for abandoned, or has removed the directory.
        if (attempt == MOST_PUBLISH_ATTEMPTS) {
          throw e;
        }
      }
    }
    for (Path each : List.of(directory, root)) {
      Uninterrupted.call(
          () -> {
            try (FileOps.DirectoryHandle handle = ops.openDirectory(each)) {
              handle.sync();
            }
            return 0;
          });
    }
  }

  private void putInPlace(StoredPolicy policy) throws IOException {
    Path staged =
        directory.resolve(
            STAGED_PREFIX
                + Long.toHexString(ProcessHandle.current().pid())
                + '-'
                + Long.toHexString(System.nanoTime()));
    try {
      byte[] bytes = PolicyCodec.encode(policy);
      Uninterrupted.call(
          () -> {
            unlinkIfThere(staged);
            try (FileOps.FileHandle file = ops.createExclusive(staged)) {
              file.write(ByteBuffer.wrap(bytes));
              // An unsynced file may be empty after a power cut, and an empty policy is damage.
              file.sync();
            }
            return 0;
          });
      ops.rename(staged, path);
    } catch (IOException | RuntimeException | Error e) {
      try {
        unlinkIfThere(staged);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  private void makeDirectory() throws IOException {
    try {
      ops.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      if (!ops.stat(directory).directory()) {
        throw new FileSystemException(directory.toString(), null, "not a directory");
      }
    }
  }

  private void removeStaged(boolean all) throws IOException {
    for (String name : ops.list(directory)) {
      Path staged = directory.resolve(name);
      if (name.startsWith(STAGED_PREFIX) && (all || ages.isOlder(staged, ABANDONED_NANOS))) {
        unlinkIfThere(staged);
      }
    }
  }

  private void unlinkIfThere(Path file) throws IOException {
    try {
      ops.unlink(file);
    } catch (NoSuchFileException e) {
      // The usual case.
    }
  }
}
