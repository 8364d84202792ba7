package io.warmstart.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.table.Census;
import io.warmstart.index.table.EntryFacts;
import io.warmstart.index.table.RecordedEntry;
import io.warmstart.index.table.SlotCounts;
import io.warmstart.index.table.SlotCursor;
import io.warmstart.mapped.Checksums;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Digest256;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.StripeLocks;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The files of a root as maps, beside the index that should know of them. */
public final class IndexModel {

  public final MemoryIndex memory;
  final Map<Digest256, Map<String, EntryFacts>> keys = new TreeMap<>();

  /** Which state of its files a key is in. */
  private final Map<Digest256, Long> versions = new TreeMap<>();

  public IndexModel(MemoryIndex memory) {
    this.memory = memory;
  }

  IndexModel copy() {
    IndexModel copy = new IndexModel(memory.copy());
    keys.forEach((key, entries) -> copy.keys.put(key, new TreeMap<>(entries)));
    copy.versions.putAll(versions);
    copy.ctimes.putAll(ctimes);
    copy.changedByOthers.addAll(changedByOthers);
    return copy;
  }

  /** A process with the index mapped. */
  public static final class Member {
    final DyingProcess life = new DyingProcess();
    final Index index;
    final Readings readings;
    final SpaceLedger ledger;
    final KeyCensus census;
    final StripeLocks stripes;

    Member(IndexRoot root, MemoryIndex memory) {
      PayloadCache cache = new PayloadCache(1 << 20);
      index = memory.attach(root, life::over, cache);
      readings = new Readings(index, cache);
      ledger = new SpaceLedger(index);
      census = new KeyCensus(index);
      stripes = root.stripes;
      attached();
    }

    Generation attached() {
      return Objects.requireNonNull(index.generations().current());
    }

    StripeLocks.Hold hold(Digest256 key) {
      return stripes.acquireForScan(StripeLocks.stripeOf(key));
    }
  }

  /** What others have changed: each time the directory's change time moves on. */
  private final Map<Digest256, Long> ctimes = new TreeMap<>();

  /** Keys that others have changed since a scan. */
  private final Set<Digest256> changedByOthers = new TreeSet<>();

  private KeyCensus.Look look(Digest256 key) {
    return new KeyCensus.Look(ctimes.getOrDefault(key, 5_000L), 8_000);
  }

  /** A program that knows no index saves. */
  void publishByOthers(Digest256 key, EntryFacts facts) {
    keys.computeIfAbsent(key, each -> new TreeMap<>()).put(facts.runId(), facts);
    ctimes.merge(key, 6_000L, (old, first) -> old + 1_000);
    changedByOthers.add(key);
  }

  /** The same that removes. */
  void removeByOthers(Digest256 key, String runId) {
    keys.computeIfAbsent(key, each -> new TreeMap<>()).remove(runId);
    ctimes.merge(key, 6_000L, (old, first) -> old + 1_000);
    changedByOthers.add(key);
  }

  /** Keys of two stripes. */
  public static Digest256 key(int n) {
    return Digest256.ofWords(n + 1, 7 + n % 2 + 512L * (n % 3), 31L * n, n);
  }

  long version(Digest256 key) {
    return versions.getOrDefault(key, 1L);
  }

  long bytes(Digest256 key) {
    return entries(key).values().stream().mapToLong(EntryFacts::bytes).sum();
  }

  private Map<String, EntryFacts> entries(Digest256 key) {
    return keys.getOrDefault(key, new TreeMap<>());
  }

  /** As a save does: the files change between the two tellings. */
  public void publish(Member process, Digest256 key, EntryFacts facts) {
    try (StripeLocks.Hold hold = process.hold(key)) {
      process.index.changing(key);
      KeyCensus.Suspended suspended = process.census.suspend(key, facts.runId(), look(key));
      EntryFacts before =
          keys.computeIfAbsent(key, each -> new TreeMap<>()).put(facts.runId(), facts);
      versions.merge(key, 2L, (old, two) -> old + 1);
      process.index.changed(key);
      process.ledger.published(hold, key, facts, before == null ? 0 : before.bytes());
      renew(process, suspended);
    }
  }

  /** Files that are no entry change: nothing but winners depends on them. */
  void change(Member process, Digest256 key) {
    process.index.changing(key);
    versions.merge(key, 2L, (old, two) -> old + 1);
    process.index.changed(key);
  }

  /** As a sweep does. */
  void remove(Member process, Digest256 key, String runId) {
    try (StripeLocks.Hold hold = process.hold(key)) {
      process.index.changing(key);
      KeyCensus.Suspended suspended = process.census.suspend(key, runId, look(key));
      EntryFacts gone = entries(key).remove(runId);
      versions.merge(key, 2L, (old, two) -> old + 1);
      process.index.changed(key);
      if (gone != null) {
        process.ledger.removed(hold, key, runId, gone.bytes());
        renew(process, suspended);
      }
      if (entries(key).isEmpty()) {
        keys.remove(key);
        process.ledger.vanished(hold, key);
      }
    }
  }

  /** As a scan does, or a process that meets a dead holder's intent: see {@code Engine.repair}. */
  void count(Member process, Digest256 key, boolean afterDeath) {
    try (StripeLocks.Hold hold = process.hold(key)) {
      if (afterDeath) {
        process.ledger.recount(hold);
        process.index.changing(key);
        process.index.changed(key);
      }
      long doubt = process.census.doubt();
      process.ledger.scanned(hold, key, 0, bytes(key), entries(key).values());
      process.census.taken(key, doubt, look(key).ctime(), 9_000);
      changedByOthers.remove(key);
    }
  }

  private static void renew(Member process, KeyCensus.@Nullable Suspended suspended) {
    if (suspended != null) {
      process.census.renew(suspended);
    }
  }

  void touch(Member process, Digest256 key, String runId, long lastUse) {
    EntryFacts old = entries(key).get(runId);
    if (old != null && old.lastUseNanos() < lastUse) {
      entries(key)
          .put(
              runId,
              new EntryFacts(
                  runId,
                  old.writtenNanos(),
                  lastUse,
                  true,
                  old.bytes(),
                  old.objective(),
                  old.finalResult()));
      process.ledger.touched(key, runId, lastUse);
    }
  }

  /** Remembers who wins, as of a state that was read when {@code changes} stood there. */
  static void fill(Member process, Digest256 key, int ranking, long changes, long version) {
    try (StripeLocks.Hold hold = process.hold(key)) {
      KeyTable table = process.attached().keys();
      SlotCursor at = new SlotCursor();
      if (hold.heldAcrossProcesses() && table.find(key, at) && table.changes(at) == changes) {
        IndexedWinner winner = new IndexedWinner();
        winner.set(version, 1000);
        winner.setManifestCtime(Checksums.mix(version) ^ key.word(0));
        winner.under(changes, 5_000);
        table.fill(at, key, ranking, 9_000, winner, Checksums.mix(changes));
      }
    }
  }

  /** What stands in a key's {@code changes}; null if it has no slot. */
  static @Nullable Long changes(Member process, Digest256 key) {
    SlotCursor at = new SlotCursor();
    KeyTable table = process.attached().keys();
    return table.find(key, at) ? table.changes(at) : null;
  }

  /** No reader is told of anything but the present state. */
  void assertWinners(Member process, String where) {
    assertCensuses(process, where);
    KeyTable table = process.attached().keys();
    IndexedWinner winner = new IndexedWinner();
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < 64; n++) {
      Digest256 key = key(n);
      for (int ranking = 0; ranking < IndexLayout.WINNERS && table.find(key, at); ranking++) {
        if (table.read(at, key, ranking, winner)) {
          assertEquals(version(key), winner.version(), where + ": version of " + n);
          long manifestCtime = Checksums.mix(winner.version()) ^ key.word(0);
          assertEquals(manifestCtime, winner.manifestCtime(), where);
        }
      }
    }
  }

  private boolean isBelieved(Digest256 key, Census census) {
    return census.ctime() == 0
        ? !changedByOthers.contains(key)
        : census.ctime() == look(key).ctime();
  }

  /** Who asks the index which entries a key has is told of all, or that it does not know. */
  int assertCensuses(Member process, String where) {
    int known = 0;
    Generation attached = process.attached();
    SlotCursor at = new SlotCursor();
    for (int n = 0; n < 64; n++) {
      Digest256 key = key(n);
      Census census =
          attached.keys().find(key, at)
              ? SlotCounts.census(at, key, attached.totals().doubt())
              : null;
      if (census != null
          && isBelieved(key, census)
          && census.sum() == attached.entries().rankedSum(key)) {
        Map<Long, Long> recorded = new TreeMap<>();
        attached
            .entries()
            .forEachRanked(
                key,
                (segment, offset, runHash, written, objective, last) ->
                    recorded.put(runHash, Checksums.ofRanked(runHash, written, objective, last)));
        Map<Long, Long> expected = new TreeMap<>();
        for (EntryFacts facts : entries(key).values()) {
          long runHash = Checksums.ofRunId(facts.runId());
          expected.put(
              runHash,
              Checksums.ofRanked(
                  runHash, facts.writtenNanos(), facts.objective(), facts.finalResult()));
        }
        assertEquals(expected, recorded, where + ": entries of " + n);
        known++;
      }
    }
    return known;
  }

  /** Bytes, sums, entries and order are those of the files. */
  void assertCounted(Member process, String where) {
    Generation attached = process.attached();
    long[] sums = new long[IndexLayout.STRIPES];
    List<RecordedEntry> expected = new ArrayList<>();
    keys.forEach(
        (key, entries) -> {
          SlotCursor at = new SlotCursor();
          assertTrue(attached.keys().find(key, at), where + ": slot");
          assertEquals(bytes(key), SlotCounts.bytes(at, key), where + ": bytes");
          sums[StripeLocks.stripeOf(key)] += bytes(key);
          entries
              .values()
              .forEach(
                  facts ->
                      expected.add(
                          new RecordedEntry(
                              key,
                              Checksums.ofRunId(facts.runId()),
                              facts.runId(),
                              facts.writtenNanos(),
                              facts.lastUseNanos(),
                              facts.accessed(),
                              facts.objective(),
                              facts.finalResult())));
        });
    List<RecordedEntry> recorded = new ArrayList<>();
    for (int stripe = 0; stripe < IndexLayout.STRIPES; stripe++) {
      if (stripe == 7 || stripe == 8) {
        assertEquals(sums[stripe], attached.totals().bytes(stripe), where + ": sum");
        Set<Digest256> seen = new HashSet<>();
        attached.keys().forEachKey(stripe, key -> assertTrue(seen.add(key), where + ": twice"));
      }
      recorded.addAll(attached.entries().entries(stripe));
    }
    recorded.sort(null);
    expected.sort(null);
    assertEquals(expected, recorded, where);
    assertEquals(expected.isEmpty() ? null : expected.get(0), attached.order().next(), where);
  }
}
