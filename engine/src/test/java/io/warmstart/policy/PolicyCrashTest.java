package io.warmstart.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Payloads;
import io.warmstart.format.StoredPolicy;
import io.warmstart.format.StoredPolicy.Budget;
import io.warmstart.io.CrashImage;
import io.warmstart.io.CrashingFileOps;
import io.warmstart.io.FileOps;
import io.warmstart.io.JournalledFileOps;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.RacyWindow;
import io.warmstart.io.Trees;
import io.warmstart.model.Digest256;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.pair.ChangeAges;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A death or a power cut at any file operation leaves of policy, pins and labels what there was or
 * what was to be, and what has returned stays.
 */
class PolicyCrashTest {
  private static final Digest256 KEY = Payloads.key("k").digest();

  @TempDir Path parent;
  private Path root;

  private interface Change {
    void on(FileOps ops) throws IOException;
  }

  private interface State {
    Object of(FileOps ops, Path root) throws IOException;
  }

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectories(parent.resolve("root"));
  }

  private static ChangeAges ages(FileOps ops) {
    return new ChangeAges(ops, SystemEpochNanoClock.INSTANCE, System::nanoTime);
  }

  /** Makes both changes, and looks at each image of the second what is there. */
  private void crash(Change first, Object before, Change second, Object after, State state)
      throws IOException {
    first.on(new NioFileOps());
    CrashingFileOps ops = new CrashingFileOps(new JournalledFileOps(root), root, true);
    ops.arm();
    second.on(ops);
    Map<CrashImage, String> during = ops.images();
    ops.arrive();

    assertTrue(during.size() > 1, "images: " + during.size());
    for (Map.Entry<CrashImage, String> each : during.entrySet()) {
      Object found = found(each.getKey(), state);
      assertTrue(Set.of(before, after).contains(found), () -> each.getValue() + ": " + found);
    }
    for (Map.Entry<CrashImage, String> each : ops.images().entrySet()) {
      assertEquals(after, found(each.getKey(), state), each.getValue());
    }
  }

  private Object found(CrashImage image, State state) throws IOException {
    Path left = parent.resolve("left");
    image.writeTo(left);
    try {
      return state.of(new NioFileOps(), left);
    } finally {
      Trees.delete(left);
    }
  }

  private static Object pinned(FileOps ops, Path root) throws IOException {
    return new Pins(ops, root, RacyWindow.SAME_CLOCK).look();
  }

  private Change pinning(String runId) {
    return ops -> new Pins(ops, root, RacyWindow.SAME_CLOCK).add(KEY, runId);
  }

  private static Pins.Known runs(String... runIds) {
    return new Pins.Known(Set.of(), Map.of(KEY, Set.of(runIds)));
  }

  @Test
  void theFirstPin() throws Exception {
    Pins.Known none = new Pins.Known(Set.of(), Map.of());
    crash(ops -> {}, none, pinning("a"), runs("a"), PolicyCrashTest::pinned);
  }

  @Test
  void oneMore() throws Exception {
    crash(pinning("a"), runs("a"), pinning("b"), runs("a", "b"), PolicyCrashTest::pinned);
  }

  @Test
  void aPinThatIsTakenAway() throws Exception {
    Change first =
        ops -> {
          pinning("a").on(ops);
          pinning("b").on(ops);
        };
    Change second = ops -> new Pins(ops, root, RacyWindow.SAME_CLOCK).remove(KEY, "b");
    crash(first, runs("a", "b"), second, runs("a"), PolicyCrashTest::pinned);
  }

  private Change labelling(String value) {
    return ops ->
        new Labels(ops, root, ages(ops)).replace(KEY, new TreeMap<>(Map.of("name", value)));
  }

  private static Object labels(FileOps ops, Path root) throws IOException {
    return new Labels(ops, root, ages(ops)).of(KEY);
  }

  @Test
  void labels() throws Exception {
    crash(ops -> {}, Map.of(), labelling("old"), Map.of("name", "old"), PolicyCrashTest::labels);
    crash(
        ops -> {},
        Map.of("name", "old"),
        labelling("new"),
        Map.of("name", "new"),
        PolicyCrashTest::labels);
    crash(
        ops -> {},
        Map.of("name", "new"),
        ops -> new Labels(ops, root, ages(ops)).replace(KEY, new TreeMap<>()),
        Map.of(),
        PolicyCrashTest::labels);
  }

  @Test
  void thePolicy() throws Exception {
    StoredPolicy before = StoredPolicy.NONE.with(new Budget(1000, Origin.NAMED));
    StoredPolicy after = StoredPolicy.NONE.with(new Budget(2000, Origin.NAMED));
    crash(
        ops -> new PolicyFile(ops, root, ages(ops)).publish(before, true),
        before,
        ops -> new PolicyFile(ops, root, ages(ops)).publish(after, true),
        after,
        (ops, left) -> {
          PolicyFile.Found found = new PolicyFile(ops, left, ages(ops)).read();
          assertEquals(null, found.damage());
          return found.policy();
        });
  }
}
