package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.index.ForkedJvm;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Somebody unpacked a backup into a root that a job was working on. The programs that do so write
 * one half of a pair after the other, and give files and directories the times that they had once.
 * What had come so far went to quarantine for being old, and with it the entry.
 */
@Tag("slow")
@Tag("once")
@Timeout(180)
class RestoredBackupTest {
  private static final byte[] PAYLOAD =
      "a warm start that was backed up".repeat(1000).getBytes(StandardCharsets.UTF_8);

  @TempDir Path parent;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO).withClock(clock);
  private final Fingerprint key = Payloads.key("restored");
  private Path backup;
  private Path root;
  private KeyFiles from;
  private KeyFiles to;

  @BeforeEach
  void makeBackup() throws IOException {
    backup = parent.resolve("backup");
    root = parent.resolve("root");
    from = KeyFiles.of(backup, key);
    to = KeyFiles.of(root, key);
    try (WarmStartStore store = WarmStartStore.open(backup, options)) {
      store.saveOverwrite(
          key, "r1", PAYLOAD, EntryAttributes.checkpoint().withObjective(1).withIteration(7));
    }
    for (Path each : List.of(from.payload("r1"), from.manifest("r1"), from.directory())) {
      Files.setLastModifiedTime(each, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    }
  }

  private WarmStartStore openWithDirectory() throws IOException {
    WarmStartStore store = WarmStartStore.open(root, options);
    Files.createDirectories(to.directory());
    return store;
  }

  private static void copy(Path from, Path to) {
    BackupTools.run("cp", "-p", from.toString(), to.toString());
  }

  private void assertFound(WarmStartStore store) throws IOException {
    Optional<Entry> found = store.lookup(key);
    assertTrue(found.isPresent());
    try (Entry entry = found.get()) {
      assertEquals("r1", entry.runId());
      assertEquals(PAYLOAD.length, entry.payloadLength());
    }
    assertEquals(List.of(), KeyFiles.quarantined(root));
  }

  /** What readers, sweepers and repairers may do to half of a pair. */
  private void everybodyComesBy(WarmStartStore store) {
    assertTrue(store.lookup(key).isEmpty());
    assertEquals(0, store.evictOverflow().quarantined());
    VerifyReport report = store.repair();
    assertEquals(
        List.of("incomplete"), report.problems().stream().map(VerifyReport.Problem::kind).toList());
    assertFalse(report.problems().get(0).repaired());
    assertTrue(report.problems().get(0).detail().contains("too young to judge"), report::toString);
    assertTrue(store.lookup(key).isEmpty());
  }

  @Test
  void manifestWithoutPayloadStaysUntilThePayloadComes() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.manifest("r1"), to.manifest("r1"));
      everybodyComesBy(store);
      copy(from.payload("r1"), to.payload("r1"));
      assertFound(store);
    }
  }

  @Test
  void payloadWithoutManifestStaysUntilTheManifestComes() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.payload("r1"), to.payload("r1"));
      everybodyComesBy(store);
      copy(from.manifest("r1"), to.manifest("r1"));
      assertFound(store);
    }
  }

  /** As a copy over a network leaves it that waits for the next packet. */
  @Test
  void payloadThatIsHalfWrittenStaysUntilItIsWhole() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.manifest("r1"), to.manifest("r1"));
      Files.write(to.payload("r1"), Arrays.copyOf(PAYLOAD, 1000));
      everybodyComesBy(store);
      Files.write(
          to.payload("r1"),
          Arrays.copyOfRange(PAYLOAD, 1000, PAYLOAD.length),
          StandardOpenOption.APPEND);
      assertFound(store);
    }
  }

  /** Of the right length from the beginning, as after a preallocation. */
  @Test
  void payloadThatIsWrittenInPlaceStaysUntilItFits() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.manifest("r1"), to.manifest("r1"));
      Files.write(to.payload("r1"), new byte[PAYLOAD.length]);
      everybodyComesBy(store);
      Files.write(to.payload("r1"), PAYLOAD);
      assertFound(store);
    }
  }

  /**
   * A file that is written in place shows in no directory: the runner-up must not be remembered as
   * the winner meanwhile.
   */
  @Test
  void manifestThatIsHalfWrittenWinsOnceItIsWhole() throws IOException {
    byte[] manifest = Files.readAllBytes(from.manifest("r1"));
    try (WarmStartStore store = openWithDirectory()) {
      store.saveOverwrite(key, "r0", PAYLOAD, EntryAttributes.checkpoint().withObjective(2));
      copy(from.payload("r1"), to.payload("r1"));
      Files.write(to.manifest("r1"), Arrays.copyOf(manifest, 40));
      OldEnough.await(to.directory());
      for (int times = 0; times < 3; times++) {
        try (Entry runnerUp = store.lookup(key).orElseThrow()) {
          assertEquals("r0", runnerUp.runId());
        }
      }
      Files.write(
          to.manifest("r1"),
          Arrays.copyOfRange(manifest, 40, manifest.length),
          StandardOpenOption.APPEND);
      assertFound(store);
    }
  }

  /** Each look found the file changed, started over, and the lookup failed after the 64th. */
  @Test
  void lookupBesideACopyThatGoesOnAnswers() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch growing = new CountDownLatch(1);
    try (WarmStartStore store = openWithDirectory()) {
      store.saveOverwrite(key, "r0", PAYLOAD, EntryAttributes.checkpoint().withObjective(2));
      copy(from.manifest("r1"), to.manifest("r1"));
      Thread copier =
          new Thread(
              () -> {
                try (var file = Files.newOutputStream(to.payload("r1"))) {
                  for (int size = 1; size < PAYLOAD.length && !done.get(); size++) {
                    file.write(PAYLOAD, size - 1, 1);
                    growing.countDown();
                    LockSupport.parkNanos(1_000_000);
                  }
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      copier.start();
      growing.await();
      for (int times = 0; times < 5; times++) {
        try (Entry runnerUp = store.lookup(key).orElseThrow()) {
          assertEquals("r0", runnerUp.runId());
        }
      }
      done.set(true);
      copier.join();
      Files.write(to.payload("r1"), PAYLOAD);
      assertFound(store);
    } finally {
      done.set(true);
    }
  }

  @Test
  void halfThatNothingHappensToIsPassedOverByLookupsAndJudgedByASweepAMinuteLater()
      throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.manifest("r1"), to.manifest("r1"));
      clock.advance(Duration.ofSeconds(59));
      assertEquals(0, store.evictOverflow().quarantined());
      clock.advance(Duration.ofMinutes(3));
      assertTrue(store.lookup(key).isEmpty());
      assertTrue(Files.exists(to.manifest("r1")));
      assertEquals(1, store.evictOverflow().quarantined());
      assertFalse(Files.exists(to.manifest("r1")));
    }
  }

  /** A process that only reads makes no sweep, and would read such a half at each lookup. */
  @Test
  void halfThatALookupPassedOverIsJudgedWithoutASweep() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.manifest("r1"), to.manifest("r1"));
      assertTrue(store.lookup(key).isEmpty());
      clock.advance(Duration.ofMinutes(3));
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try {
        long now = System.nanoTime();
        assertEquals(List.of(), engine.unsettled().due(now));
        assertEquals(
            List.of(key.digest()), engine.unsettled().due(now + Duration.ofMinutes(3).toNanos()));
        engine.recoverFlow().run(key.digest());
      } finally {
        EngineRegistry.release(engine);
      }
      assertFalse(Files.exists(to.manifest("r1")));
    }
  }

  /** A clock that was set back makes everything younger than nothing. */
  @Test
  void halfIsTooYoungToJudgeWhereTheClockWasSetBack() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      copy(from.payload("r1"), to.payload("r1"));
      clock.advance(Duration.ofDays(-1));
      everybodyComesBy(store);
      copy(from.manifest("r1"), to.manifest("r1"));
      assertFound(store);
    }
  }

  /** rsync made the directory, a sweep removed it for its old mtime, and rsync failed. */
  @Test
  void directoryThatABackupProgramHasMadeStays() {
    BackupTools.assume("rsync");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      BackupTools.rsync(backup, root, "--exclude=.warmstart", "--include=*/", "--exclude=*");
      store.evictOverflow();
      assertTrue(Files.exists(to.directory()));
      clock.advance(Duration.ofMinutes(3));
      store.evictOverflow();
      assertFalse(Files.exists(to.directory()));
    }
  }

  /**
   * rsync makes a directory, gives it the mtime that it had, puts the files in, and gives it that
   * mtime again. A reader that had found it empty compared mtimes, and answered that miss for good.
   */
  @Test
  void entryThatCameWithoutMovingTheDirectorysMtimeIsFound() throws IOException {
    BackupTools.assume("rsync");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      BackupTools.rsync(backup, root, "--exclude=.warmstart", "--include=*/", "--exclude=*");
      assertTrue(store.lookup(key).isEmpty());
      assertTrue(store.lookup(key).isEmpty());
      BackupTools.rsync(backup, root, "--exclude=.warmstart");
      assertFound(store);
    }
  }

  /** What rsync is writing has a name of its own, which is no stray one for a person to remove. */
  @Test
  void verifyTellsWhatRsyncIsWritingFromAStrayName() throws IOException {
    try (WarmStartStore store = openWithDirectory()) {
      Files.write(to.file(".r1.bin.UyAnAL"), new byte[10]);
      assertEquals(List.of("incomplete"), kinds(store));
      clock.advance(Duration.ofMinutes(3));
      assertEquals(List.of("stray name"), kinds(store));
    }
  }

  private static List<String> kinds(WarmStartStore store) {
    return store.verify().problems().stream().map(VerifyReport.Problem::kind).toList();
  }

  /** With the real programs, beside a process that looks up, sweeps and repairs without a pause. */
  @ParameterizedTest
  @ValueSource(strings = {"rsync", "tar", "cp"})
  void allIsFoundAfterARestoreBesideAReaderAndASweeper(String program) throws Exception {
    BackupTools.assume(program);
    int keys = 40;
    try (WarmStartStore store = WarmStartStore.open(backup, options)) {
      for (int i = 0; i < keys; i++) {
        store.saveOverwrite(
            Payloads.key("restored " + i), "r1", PAYLOAD, EntryAttributes.checkpoint());
      }
    }
    for (Path directory : RootFiles.list(backup)) {
      Files.setLastModifiedTime(directory, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    }
    Path archive = parent.resolve("backup.tar");
    BackupTools.run(
        "tar", "-cf", archive.toString(), "-C", backup.toString(), "--exclude=.warmstart", ".");
    StoreOptions real = StoreOptions.defaults();
    try (WarmStartStore store = WarmStartStore.open(root, real);
        ForkedJvm other = ForkedJvm.start(Meddler.class, root.toString(), Integer.toString(keys))) {
      other.awaitLine("meddling");
      for (int i = 0; i < keys; i++) {
        assertTrue(store.lookup(Payloads.key("restored " + i)).isEmpty());
      }

      switch (program) {
        case "rsync" -> BackupTools.rsync(backup, root, "--exclude=.warmstart");
        case "tar" -> BackupTools.run("tar", "-xpf", archive.toString(), "-C", root.toString());
        default -> {
          for (Path directory : RootFiles.list(backup)) {
            if (!directory.endsWith(".warmstart")) {
              BackupTools.run("cp", "-pR", directory.toString(), root.toString());
            }
          }
        }
      }

      other.tell();
      assertEquals("0", other.awaitLine("quarantined"));
      for (int i = 0; i < keys; i++) {
        Fingerprint each = Payloads.key("restored " + i);
        assertTrue(store.lookup(each).isPresent(), "missed: " + i);
      }
      assertFound(store);
    }
  }

  /** Looks up, sweeps and repairs until it is told that it is enough. */
  static final class Meddler {
    private Meddler() {}

    public static void main(String[] args) throws Exception {
      AtomicBoolean done = new AtomicBoolean();
      Thread listener =
          new Thread(
              () -> {
                try {
                  ForkedJvm.awaitParent();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                } finally {
                  done.set(true);
                }
              });
      listener.setDaemon(true);
      listener.start();
      long quarantined = 0;
      try (WarmStartStore store = WarmStartStore.open(Path.of(args[0]))) {
        System.out.println("meddling");
        while (!done.get()) {
          for (int i = 0; i < Integer.parseInt(args[1]); i++) {
            store.lookup(Payloads.key("restored " + i)).ifPresent(Entry::close);
          }
          quarantined += store.evictOverflow().quarantined();
          store.repair();
        }
      }
      System.out.println("quarantined " + quarantined);
      ForkedJvm.untilKilled();
    }
  }
}
