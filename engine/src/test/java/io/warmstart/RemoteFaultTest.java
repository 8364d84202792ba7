package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.FaultyObjectStore.Fault;
import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.model.SyncReport;
import io.warmstart.policy.NamedLimits;
import io.warmstart.policy.StoreLimits;
import io.warmstart.remote.SyncFlow;
import io.warmstart.remote.copy.LocalEntries;
import io.warmstart.remote.store.FileObjectStore;
import io.warmstart.remote.store.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each request of a push and of a pull fails once, before its effect and after it, and the one who
 * has made it begins again. No machine may find a mixture of two versions or lose both meanwhile,
 * and the next attempt must end as if nothing had happened.
 */
@Tag("once")
class RemoteFaultTest {
  private static final Fingerprint KEY = Payloads.key("fit");

  @TempDir Path work;
  private Path remote;
  private int roots;

  @BeforeEach
  void makeRemote() throws Exception {
    remote = Files.createDirectory(work.resolve("remote"));
  }

  private static void save(WarmStartStore store, String runId, String version) {
    store.saveOverwrite(
        KEY, runId, version.getBytes(StandardCharsets.UTF_8), EntryAttributes.checkpoint());
  }

  private static Map<String, String> entries(WarmStartStore store) {
    Map<String, String> entries = new TreeMap<>();
    store
        .contents(KEY)
        .entries()
        .forEach(
            each -> {
              try (Entry entry = store.lookup(KEY, each.runId()).orElseThrow()) {
                entries.put(
                    each.runId(), new String(Payloads.bytes(entry), StandardCharsets.UTF_8));
              }
            });
    return entries;
  }

  /** A process of its own would do it so: nothing is remembered from the attempt before. */
  private static SyncReport sync(WarmStartStore store, ObjectStore remote, SyncDirection direction)
      throws Exception {
    Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
    try (remote;
        LocalEntries local =
            engine.localEntries(new StoreLimits(engine.policy(), NamedLimits.NONE), 0)) {
      return new SyncFlow(remote, local).run(List.of(), direction, false);
    } finally {
      EngineRegistry.release(engine);
    }
  }

  private WarmStartStore freshRoot() {
    return WarmStartStore.open(work.resolve("root" + roots++));
  }

  private List<String> objects() throws Exception {
    return new FileObjectStore(remote)
        .list("").stream()
            .map(name -> name.replaceAll(".*/|\\.[0-9a-f]{16}", ""))
            .sorted()
            .toList();
  }

  /** What another machine finds there. */
  private Map<String, String> found() throws Exception {
    try (WarmStartStore other = freshRoot()) {
      SyncReport report = sync(other, new FileObjectStore(remote), SyncDirection.PULL);
      assertEquals(List.of(), report.problems());
      return entries(other);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"BEFORE", "AFTER"})
  void aPushThatIsCutOffAnywhereLeavesWholeVersionsAndIsDoneByTheNext(Fault fault)
      throws Exception {
    int faults = 0;
    for (boolean reached = true; reached; faults++) {
      try (WarmStartStore store = freshRoot()) {
        save(store, "both", "old");
        sync(store, new FileObjectStore(remote), SyncDirection.PUSH);
        save(store, "both", "new");
        save(store, "fresh", "only");

        FaultyObjectStore faulty =
            new FaultyObjectStore(new FileObjectStore(remote), fault, faults);
        pushed(store, faulty);
        reached = faulty.reached();

        Map<String, String> between = found();
        assertTrue(Set.of("old", "new").contains(between.get("both")), between + " at " + faults);
        assertTrue(
            !between.containsKey("fresh") || between.get("fresh").equals("only"),
            between + " at " + faults);

        SyncReport again = sync(store, new FileObjectStore(remote), SyncDirection.PUSH);
        assertEquals(List.of(), again.problems());
        assertEquals(Map.of("both", "new", "fresh", "only"), found(), "at " + faults);
      }
      deleteRemote();
    }
    // List, two puts for each of two entries, two removals: else nothing was tried.
    assertTrue(faults > 7, "faults: " + faults);
  }

  private static void pushed(WarmStartStore store, ObjectStore faulty) throws Exception {
    try {
      sync(store, faulty, SyncDirection.PUSH);
    } catch (StoreException e) {
      assertTrue(e.toString().contains("reset"), e.toString());
    }
  }

  private void deleteRemote() throws Exception {
    FileObjectStore store = new FileObjectStore(remote);
    for (String name : store.list("")) {
      store.delete(name);
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aPullThatIsCutOffAnywhereLeavesWholeEntriesAndIsDoneByTheNext(Fault fault) throws Exception {
    try (WarmStartStore store = freshRoot()) {
      save(store, "one", "first payload");
      save(store, "two", "second payload");
      sync(store, new FileObjectStore(remote), SyncDirection.PUSH);
    }
    Map<String, String> all = Map.of("one", "first payload", "two", "second payload");
    int faults = 0;
    for (boolean reached = true; reached; faults++) {
      try (WarmStartStore other = freshRoot()) {
        FaultyObjectStore faulty =
            new FaultyObjectStore(new FileObjectStore(remote), fault, faults);
        try {
          sync(other, faulty, SyncDirection.PULL);
        } catch (StoreException e) {
          assertTrue(e.toString().contains("reset"), e.toString());
        }
        reached = faulty.reached();
        entries(other).forEach((run, version) -> assertEquals(all.get(run), version, run));

        sync(other, new FileObjectStore(remote), SyncDirection.PULL);
        assertEquals(all, entries(other), "at " + fault + " " + faults);
        assertTrue(other.verify().clean());
      }
    }
    assertTrue(faults > 5, "faults: " + faults);
    assertEquals(List.of("one.bin", "one.json", "two.bin", "two.json"), objects());
  }
}
