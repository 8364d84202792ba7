package io.warmstart.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.io.FileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.pair.ChangeAges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The file of the policy: whatever fails or dies, it is the one before or the one after. */
class PolicyFileTest {
  private static final StoredPolicy BEFORE = StoredPolicy.NONE.with(new Budget(1000, Origin.NAMED));
  private static final StoredPolicy AFTER = StoredPolicy.NONE.with(new Budget(2000, Origin.NAMED));

  @TempDir Path root;

  /** Fails at one operation, half done, and if it is to play a death at all that follow too. */
  private static final class Failing extends ObservedFileOps {
    private final int at;
    private final boolean forGood;
    private int count;

    Failing(int at, boolean forGood) {
      super(new NioFileOps());
      this.at = at;
      this.forGood = forGood;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      int index = count++;
      if (index == at || (forGood && index > at)) {
        part.run();
        throw new IOException("made to fail: " + op);
      }
      return whole.run();
    }

    boolean reached() {
      return count > at;
    }
  }

  private PolicyFile file(FileOps ops) {
    return new PolicyFile(
        ops, root, new ChangeAges(ops, SystemEpochNanoClock.INSTANCE, System::nanoTime));
  }

  private PolicyFile.Found found() {
    return file(new NioFileOps()).read();
  }

  private long staged() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(".warmstart"))) {
      return files.filter(each -> !each.endsWith("policy")).count();
    }
  }

  @Test
  void aFailureOrADeathAtAnyOperationLeavesTheOneBeforeOrTheOneAfter() throws Exception {
    PolicyFile healthy = file(new NioFileOps());
    int published = 0;
    int failures = 0;
    for (boolean death : new boolean[] {false, true}) {
      boolean reached = true;
      for (int at = 0; reached; at++) {
        healthy.publish(BEFORE, true);
        assertEquals(0, staged(), "what an earlier death had staged goes with the next");
        Failing ops = new Failing(at, death);
        boolean failed = false;
        try {
          file(ops).publish(AFTER, true);
        } catch (IOException e) {
          failed = true;
          failures++;
        }
        reached = ops.reached();
        PolicyFile.Found found = found();
        assertNull(found.damage(), "operation " + at);
        assertTrue(
            found.policy().equals(AFTER) || (failed && found.policy().equals(BEFORE)),
            "operation " + at + ": " + found);
        published += found.policy().equals(AFTER) ? 1 : 0;
      }
    }
    assertTrue(published >= 2 && failures > 10, published + " published, " + failures + " failed");
  }

  private static FileOps before(Kind kind, OnceBefore.Step step) {
    OnceBefore ops = new OnceBefore();
    ops.arm(op -> op.kind() == kind, 1, step);
    return ops;
  }

  private void publish(StoredPolicy policy, boolean alone) {
    try {
      file(new NioFileOps()).publish(policy, alone);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The open that had asked for it failed. */
  @Test
  void whoLosesWhatItHasStagedStagesAgain() throws Exception {
    FileOps robbed = before(Kind.RENAME, () -> publish(AFTER, true));
    file(robbed).publish(BEFORE, false);
    assertEquals(BEFORE, found().policy());
    assertEquals(0, staged());
  }

  /** A longer one was cut off at the length of the one before: damage, and nothing was set. */
  @ParameterizedTest
  @EnumSource(names = {"OPEN_FOR_READING", "READ"})
  void replacedWhileItIsReadItIsTheOneAfterAndNoDamage(Kind at) {
    StoredPolicy longer = StoredPolicy.NONE.with(new Budget(1L << 40, Origin.NAMED));
    publish(BEFORE, true);
    PolicyFile.Found found = file(before(at, () -> publish(longer, true))).read();
    assertNull(found.damage());
    assertEquals(longer, found.policy());
    assertFalse(file(new NioFileOps()).changedSince(found));
  }

  @Test
  void itIsReadAgainWhenItWasReplacedAndOnlyThen() throws Exception {
    PolicyFile file = file(new NioFileOps());
    PolicyFile.Found none = file.read();
    assertFalse(file.changedSince(none));
    file.publish(BEFORE, true);
    assertTrue(file.changedSince(none));
    PolicyFile.Found before = file.read();
    assertFalse(file.changedSince(before));
    file.publish(BEFORE, true);
    assertTrue(file.changedSince(before), "another file, whatever it says");
    Files.delete(file.path());
    assertTrue(file.changedSince(before));
  }

  @Test
  void whatIsNoFileIsDamageAndIsNotFollowed() throws Exception {
    Files.createDirectory(root.resolve(".warmstart"));
    Path elsewhere = Files.writeString(root.resolve("elsewhere"), "{\"size_budget_bytes\": 1}");
    Files.createSymbolicLink(root.resolve(".warmstart/policy"), elsewhere);
    assertTrue(String.valueOf(found().damage()).contains("not a regular file"));
    Files.delete(root.resolve(".warmstart/policy"));
    Files.createDirectory(root.resolve(".warmstart/policy"));
    assertTrue(found().damaged());
  }

  /**
   * A policy grows when it is written with the fields of others, each item on a line. Past the
   * limit the root was left with a policy that nobody reads.
   */
  @Test
  void aPolicyThatWouldBeTooLongToReadIsNotPutInPlace() throws IOException {
    PolicyFile file = file(new NioFileOps());
    Files.createDirectory(root.resolve(".warmstart"));
    String before = "{\"size_budget_bytes\":1000,\"later\":[" + "0,".repeat(30_000) + "0]}";
    Files.writeString(file.path(), before);
    StoredPolicy read = file.read().policy();

    assertThrows(
        IOException.class, () -> file.publish(read.with(new Budget(2000, Origin.NAMED)), true));

    assertEquals(before, Files.readString(file.path()));
    assertEquals(read, file.read().policy());
  }
}
