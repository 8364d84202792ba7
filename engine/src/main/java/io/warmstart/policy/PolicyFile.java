package io.warmstart.policy;

import io.warmstart.format.DirectoryNames;
import io.warmstart.format.PolicyCodec;
import io.warmstart.format.PolicyFormatException;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.format.StoredPolicy.Ttl;
import io.warmstart.io.FileFacts;
import io.warmstart.io.FileOps;
import io.warmstart.model.RootPolicy;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.pair.ChangeAges;
import io.warmstart.pair.RenamedFile;
import io.warmstart.pair.StoreFailures;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The file of a root's policy, {@code .warmstart/policy}. It lies in the root wherever locks and
 * index lie: other machines go by it too.
 *
 * <p>A reader finds the policy before or the one after ({@link RenamedFile}). Safe for all threads.
 */
public final class PolicyFile {
  static final String NAME = "policy";

  private static final int MOST_READ_ATTEMPTS = 8;

  private final FileOps ops;
  private final RenamedFile file;

  public PolicyFile(FileOps ops, Path root, ChangeAges ages) {
    this.ops = ops;
    this.file =
        new RenamedFile(
            ops, ages, List.of(root, root.resolve(DirectoryNames.ENGINE_DIRECTORY)), NAME, NAME);
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

    RootPolicy describe() {
      Budget budget = policy.budget();
      Ttl ttl = policy.ttl();
      return new RootPolicy(
          budget == null ? OptionalLong.empty() : OptionalLong.of(budget.bytes()),
          budget == null ? Origin.DEFAULT : budget.origin(),
          Optional.ofNullable(ttl).map(Ttl::duration),
          ttl == null ? Origin.DEFAULT : ttl.origin(),
          Optional.ofNullable(ttl)
              .map(each -> Instant.ofEpochSecond(each.since().unixSecs(), each.since().nanos())),
          Limits.retentionOf(policy),
          Optional.ofNullable(damage));
    }
  }

  public Path path() {
    return file.path();
  }

  /** Whether the file is another than the one that was found; true if that cannot be said. */
  boolean changedSince(Found found) {
    try {
      FileFacts facts = ops.stat(path());
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
      facts = ops.stat(path());
      if (!facts.regular()) {
        return damaged(facts, "policy is not a regular file");
      }
      if (facts.size() > PolicyCodec.MAX_BYTES) {
        return damaged(
            facts,
            "policy is too long: expected<=" + PolicyCodec.MAX_BYTES + " actual=" + facts.size());
      }
      byte[] bytes = file.read(PolicyCodec.MAX_BYTES);
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
    return new Found(StoredPolicy.NONE, facts, damage + " file=" + path());
  }

  /**
   * Puts a policy in place, durably. A death or a failure before the rename leaves the policy that
   * was there.
   *
   * @param alone whether no other process can be publishing: then all that dead ones have staged
   *     goes, and else what is old
   * @throws IOException also if it is longer than what is read, with the fields of others that it
   *     keeps: the root would be without a policy
   */
  public void publish(StoredPolicy policy, boolean alone) throws IOException {
    byte[] bytes = PolicyCodec.encode(policy);
    if (bytes.length > PolicyCodec.MAX_BYTES) {
      throw new IOException(
          "policy would be too long: expected<="
              + PolicyCodec.MAX_BYTES
              + " actual="
              + bytes.length);
    }
    file.publish(bytes, alone);
  }
}
