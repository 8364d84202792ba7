package io.warmstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.warmstart.access.AccessStamps;
import io.warmstart.format.Manifest;
import io.warmstart.format.Stamp;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.model.Digest256;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.ranking.Candidate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hit is an access and no write: it reaches the manifest later, and moves only its stamp. */
class TouchTest {
  private static final Duration TTL = Duration.ofHours(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path root;
  private final Fingerprint key = Payloads.key("touch");
  private final SteppedClock clock = new SteppedClock();
  private final RecordedOps ops = new RecordedOps();
  private final StoreOptions options =
      StoreOptions.defaults()
          .withDurability(Durability.IN_FILES)
          .withClock(clock)
          .withTtl(TTL)
          .withFileOps(ops);
  private WarmStartStore store;
  private KeyFiles files;

  /** Which kinds of operations one thread has caused. */
  private static final class RecordedOps extends ObservedFileOps {
    private final Set<Kind> seen = EnumSet.noneOf(Kind.class);
    private @Nullable Thread watched;

    RecordedOps() {
      super(new NioFileOps());
    }

    synchronized void watch(Thread thread) {
      seen.clear();
      watched = thread;
    }

    synchronized Set<Kind> seen() {
      return EnumSet.copyOf(seen);
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      synchronized (this) {
        if (Thread.currentThread() == watched) {
          seen.add(op.kind());
        }
      }
      return whole.run();
    }
  }

  @BeforeEach
  void saveOne() {
    store = WarmStartStore.open(root, options);
    files = KeyFiles.of(root, key);
    store.saveOverwrite(key, "run", new byte[] {1}, EntryAttributes.checkpoint().withObjective(1));
    clock.advance(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void hit(WarmStartStore from) {
    from.lookup(key).orElseThrow().close();
  }

  private JsonNode manifest() throws IOException {
    return JSON.readTree(Files.readAllBytes(files.manifest("run")));
  }

  private long nowUnixSecs() {
    return TimeUnit.NANOSECONDS.toSeconds(clock.nanoTime());
  }

  @Test
  void aHitWritesSyncsAndRenamesNothing() {
    ops.watch(Thread.currentThread());
    hit(store);
    Set<ObservedFileOps.Kind> seen = ops.seen();
    seen.removeAll(
        Set.of(
            ObservedFileOps.Kind.STAT,
            ObservedFileOps.Kind.CHANGED,
            ObservedFileOps.Kind.LIST,
            ObservedFileOps.Kind.OPEN_FOR_READING,
            ObservedFileOps.Kind.READ,
            ObservedFileOps.Kind.FACTS,
            ObservedFileOps.Kind.CLOSE));
    assertEquals(Set.of(), seen);
  }

  @Test
  void aFlushWritesTheAccessAndLeavesEverythingElse() throws Exception {
    JsonNode before = manifest();
    hit(store);
    long hitAt = clock.nanoTime();
    clock.advance(Duration.ofSeconds(30));
    store.flush();
    JsonNode after = manifest();
    assertTrue(after.get("accessed").booleanValue());
    assertEquals(
        hitAt,
        TimeUnit.SECONDS.toNanos(after.get("accessed_unix_secs").longValue())
            + after.get("accessed_nanos").longValue(),
        "when it was hit, not when it was written down");
    for (String field : new String[] {"written_unix_secs", "written_nanos", "objective", "kind"}) {
      assertEquals(before.get(field), after.get(field), field);
    }
    assertEquals(List.of("run.bin", "run.json"), files.names());
  }

  @Test
  void closingTheLastStoreWritesIt() throws Exception {
    hit(store);
    store.close();
    assertEquals(nowUnixSecs(), manifest().get("accessed_unix_secs").longValue());
  }

  @Test
  void whoReadsOnlyTheFilesSeesTheAccessAfterAFlush() {
    clock.advance(TTL.minusMinutes(10));
    hit(store);
    store.flush();
    clock.advance(Duration.ofMinutes(20));
    StoreOptions lookupsOnly = options.withReadOnly(true);
    try (WarmStartStore other = WarmStartStore.open(root, lookupsOnly)) {
      assertTrue(other.lookup(key).isPresent(), "its write is older than the ttl");
      clock.advance(TTL.minusMinutes(20));
      assertTrue(other.lookup(key).isEmpty(), "and a read-only store's hit does not count");
    }
  }

  @Test
  void withinATickAHitChangesNothingMore() throws Exception {
    hit(store);
    store.flush();
    byte[] before = Files.readAllBytes(files.manifest("run"));
    clock.advance(Duration.ofMillis(900));
    hit(store);
    store.flush();
    assertEquals(new String(before, UTF_8), Files.readString(files.manifest("run")));
    // A second after both: the second may have been answered from the files, and counts then.
    clock.advance(Duration.ofSeconds(1));
    hit(store);
    store.flush();
    assertEquals(nowUnixSecs(), manifest().get("accessed_unix_secs").longValue());
  }

  @Test
  void anOverwriteAfterTheHitIsNotTouched() throws Exception {
    hit(store);
    store.saveOverwrite(key, "run", new byte[] {2}, EntryAttributes.checkpoint());
    store.flush();
    assertFalse(manifest().get("accessed").booleanValue());
  }

  @Test
  void anEntryThatIsGoneAfterTheHitStaysGone() throws Exception {
    hit(store);
    Files.delete(files.manifest("run"));
    Files.delete(files.payload("run"));
    store.flush();
    assertEquals(List.of(), files.names());
    Files.delete(files.directory());
    store.flush();
    assertFalse(Files.exists(files.directory()));
  }

  @Test
  void aClockThatIsSetBackDoesNotMoveTheAccessBack() throws Exception {
    hit(store);
    store.flush();
    long before = manifest().get("accessed_unix_secs").longValue();
    clock.advance(Duration.ofDays(-1));
    hit(store);
    store.flush();
    assertEquals(before, manifest().get("accessed_unix_secs").longValue());
  }

  @Test
  void aReadOnlyStoreTouchesNothing() throws Exception {
    store.close();
    byte[] before = Files.readAllBytes(files.manifest("run"));
    try (WarmStartStore other = WarmStartStore.open(root, options.withReadOnly(true))) {
      hit(other);
      other.flush();
    }
    assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(files.manifest("run"))));
  }

  /**
   * Each hot key's manifest was rewritten ten seconds after the last time, with a sync, and its
   * directory read again by all: a thousand hot keys kept disk and lookups busy with their touches.
   */
  @Test
  void aHitWaitsAMinuteForOthersAndIsThenDue() {
    AccessStamps accessStamps = new AccessStamps();
    Candidate candidate = new Candidate("run", manifestOf(store));
    long first = clock.nanoTime();
    long minute = Duration.ofMinutes(1).toNanos();
    for (int second = 0; second < 60; second++) {
      assertEquals(0, accessStamps.due(minute, clock.nanoTime()).size(), "after " + second + " s");
      accessStamps.note(candidateKey(), candidate, clock.nanoTime());
      clock.advance(Duration.ofSeconds(1));
    }
    List<Map.Entry<io.warmstart.format.Run, AccessStamps.Touch>> due =
        accessStamps.due(minute, clock.nanoTime());
    assertEquals(1, due.size());
    AccessStamps.Touch touch = due.get(0).getValue();
    assertEquals(first, touch.notedAtNanos());
    assertEquals(
        clock.nanoTime() - Duration.ofSeconds(1).toNanos(), touch.stamp().toUnixNanosSaturated());
    accessStamps.persisted(due.get(0).getKey(), touch);
    assertEquals(0, accessStamps.due(0, clock.nanoTime()).size());
    accessStamps.note(candidateKey(), candidate, clock.nanoTime());
    assertEquals(0, accessStamps.due(minute, clock.nanoTime()).size(), "a minute from now");
    assertEquals(1, accessStamps.due(0, clock.nanoTime()).size(), "at a flush");
  }

  private Digest256 candidateKey() {
    return key.digest();
  }

  private Manifest manifestOf(WarmStartStore from) {
    try (Entry entry = from.lookup(key).orElseThrow()) {
      return Manifest.ofNewEntry(
          "test",
          new Stamp(entry.writtenUnixSecs(), entry.writtenNanos()),
          entry.objective(),
          entry.iteration(),
          false,
          candidateKey(),
          entry.payloadLength());
    }
  }

  /**
   * Another program wrote a manifest without line breaks, as long as one may be. Laid out it would
   * be too long; each second the attempt ended the writing of all other touches, and closing threw.
   */
  @Test
  void aManifestThatCannotBeRewrittenKeepsTheOthersFromNothing() throws Exception {
    // given
    Fingerprint other = Payloads.key("touch of another program");
    String runId = store.save(other, new byte[] {1}, EntryAttributes.checkpoint());
    Path manifest = KeyFiles.of(root, other).manifest(runId);
    String longer = "{\"x\":[0" + ",0".repeat(30_000) + "],";
    Files.writeString(manifest, Files.readString(manifest).replaceFirst("\\{", longer));
    String before = Files.readString(manifest);

    // when
    store.lookup(other).orElseThrow().close();
    hit(store);
    store.flush();

    // then
    assertEquals(before, Files.readString(manifest));
    assertTrue(Files.readString(files.manifest("run")).contains("\"accessed\": true"));
  }
}
