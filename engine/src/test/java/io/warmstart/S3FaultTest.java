package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Relay.Fault;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import io.warmstart.model.SyncDirection;
import io.warmstart.remote.store.ObjectStore;
import io.warmstart.remote.store.ObjectStores;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real server, behind a network that loses requests and answers. */
@Timeout(300)
@EnabledIfEnvironmentVariable(
    named = BucketPlace.SERVER,
    matches = ".+",
    disabledReason = BucketPlace.MISSING)
class S3FaultTest extends RemoteFixture {
  private static final int RACERS = 8;
  private static final int NAMES = 50;

  private int roots;

  @Override
  RemotePlace makePlace() throws Exception {
    return new BucketPlace();
  }

  private Relay relay() {
    return ((BucketPlace) place).relay();
  }

  private WarmStartStore freshRoot() {
    return WarmStartStore.open(work.resolve("root" + roots++));
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

  /** What another machine finds there. */
  private Map<String, String> found() {
    try (WarmStartStore other = freshRoot()) {
      assertEquals(List.of(), other.sync(remote, SyncDirection.PULL, List.of(), false).problems());
      return entries(other);
    }
  }

  private void syncWithAFault(WarmStartStore store, SyncDirection direction) {
    try {
      store.sync(remote, direction, List.of(), false);
    } catch (StoreException e) {
      assertTrue(e.toString().contains("cannot be compared"), e.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"REQUEST", "ANSWER"})
  void aPushThatIsCutOffAnywhereLeavesWholeVersionsAndIsDoneByTheNext(Fault fault)
      throws Exception {
    int faults = 0;
    for (boolean reached = true; reached; faults++) {
      try (WarmStartStore store = freshRoot()) {
        save(store, "both", "old");
        store.sync(remote, SyncDirection.PUSH, List.of(), false);
        save(store, "both", "new");
        save(store, "fresh", "only");

        relay().failAfter(faults, fault);
        syncWithAFault(store, SyncDirection.PUSH);
        reached = relay().reached();
        relay().failAfter(Integer.MAX_VALUE, fault);

        Map<String, String> between = found();
        assertTrue(Set.of("old", "new").contains(between.get("both")), between + " at " + faults);
        assertTrue(
            !between.containsKey("fresh") || between.get("fresh").equals("only"),
            between + " at " + faults);

        assertEquals(
            List.of(), store.sync(remote, SyncDirection.PUSH, List.of(), false).problems());
        assertEquals(Map.of("both", "new", "fresh", "only"), found(), "at " + faults);
      }
      for (String each : objects()) {
        place.objects().delete(each);
      }
    }
    // List, two puts for each of two entries, two removals: else nothing was tried.
    assertTrue(faults > 7, "faults: " + faults);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aPullThatIsCutOffAnywhereLeavesWholeEntriesAndIsDoneByTheNext(Fault fault) {
    try (WarmStartStore store = freshRoot()) {
      save(store, "one", "first payload");
      save(store, "two", "second payload");
      store.sync(remote, SyncDirection.PUSH, List.of(), false);
    }
    Map<String, String> all = Map.of("one", "first payload", "two", "second payload");
    int faults = 0;
    for (boolean reached = true; reached; faults++) {
      try (WarmStartStore other = freshRoot()) {
        relay().failAfter(faults, fault);
        syncWithAFault(other, SyncDirection.PULL);
        reached = relay().reached();
        relay().failAfter(Integer.MAX_VALUE, fault);
        entries(other).forEach((run, version) -> assertEquals(all.get(run), version, run));

        other.sync(remote, SyncDirection.PULL, List.of(), false);
        assertEquals(all, entries(other), "at " + fault + " " + faults);
        assertTrue(other.verify().clean());
      }
    }
    assertTrue(faults > 5, "faults: " + faults);
  }

  /** A server that takes the condition and ignores it would have eight winners. */
  @Test
  void ofManyWhoMakeOneObjectExactlyOneDoes() throws Exception {
    AtomicInteger[] winners = new AtomicInteger[NAMES];
    for (int name = 0; name < NAMES; name++) {
      winners[name] = new AtomicInteger();
    }
    CyclicBarrier together = new CyclicBarrier(RACERS);
    List<FutureTask<Boolean>> racers = new ArrayList<>();
    for (int racer = 0; racer < RACERS; racer++) {
      byte[] bytes = new byte[4096];
      bytes[0] = (byte) racer;
      racers.add(
          new FutureTask<>(
              () -> {
                try (ObjectStore store = ObjectStores.open(place.url())) {
                  for (int name = 0; name < NAMES; name++) {
                    together.await();
                    if (store.putIfAbsent(KEY.toHex() + "/n" + name, Payload.of(bytes))) {
                      winners[name].updateAndGet(before -> before * 100 + bytes[0] + 1);
                    }
                  }
                }
                return true;
              }));
    }
    racers.forEach(each -> new Thread(each).start());
    for (FutureTask<Boolean> each : racers) {
      assertTrue(each.get());
    }
    for (int name = 0; name < NAMES; name++) {
      int winner = winners[name].get();
      assertTrue(winner >= 1 && winner <= RACERS, "winners of " + name + ": " + winner);
      assertEquals(winner - 1, object(KEY.toHex() + "/n" + name)[0]);
    }
  }

  @Test
  void whatAServerThatStoppedHasNotGotItGetsWhenItIsBack() throws Exception {
    int fits = 60;
    try (WarmStartStore one = machine("one")) {
      for (int fit = 0; fit < fits; fit++) {
        one.save(Payloads.key("k" + fit), new byte[] {(byte) fit}, objective(fit));
      }
      relay().downAfter(45);
      assertFalse(one.flushRemote(LONG));
      int before = objects().size();
      assertTrue(before > 10 && before < 2 * fits, "objects: " + before);
      assertTrue(one.remote().orElseThrow().failures() > 0);
    }
    place.bringBack();
    // Another process of the machine.
    try (WarmStartStore one = machine("one");
        WarmStartStore other = machine("other")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(2 * fits, objects().size());
      for (int fit = 0; fit < fits; fit++) {
        assertEquals(fit, valueOf(other.lookup(Payloads.key("k" + fit))));
      }
    }
  }

  @Test
  void aCatchUpAsksTwiceForAnEntryAndOnceForAThousandNames() throws Exception {
    int fits = 60;
    try (WarmStartStore one = WarmStartStore.open(work.resolve("one"))) {
      for (int fit = 0; fit < fits; fit++) {
        one.save(Payloads.key("k" + fit), new byte[4096], objective(fit));
      }
    }
    try (WarmStartStore one = machine("one")) {
      assertTrue(one.flushRemote(LONG));
      assertEquals(fits, one.remote().orElseThrow().pushed());
    }
    assertEquals(2 * fits + 1, relay().requests());
  }

  /** One that is half there would be a key that every machine misses. */
  @Test
  void aLargePayloadGoesAndComesWholeOrNotAtAll() throws Exception {
    Fingerprint key = Payloads.key("large");
    byte[] payload = new byte[20 << 20];
    for (int at = 0; at < payload.length; at += 4096) {
      payload[at] = (byte) (at >> 12);
    }
    try (WarmStartStore one = freshRoot();
        WarmStartStore other = freshRoot()) {
      one.save(key, payload, objective(1));
      assertEquals(List.of(), one.sync(remote, SyncDirection.PUSH, List.of(), false).problems());
      // After the listing and the manifest.
      relay().failAfter(2, Fault.CUT);
      assertEquals(1, other.sync(remote, SyncDirection.PULL, List.of(), false).problems().size());
      assertFalse(other.lookup(key).isPresent());
      assertEquals(List.of(), other.sync(remote, SyncDirection.PULL, List.of(), false).problems());
      try (Entry entry = other.lookup(key).orElseThrow()) {
        assertEquals(payload.length, entry.payloadLength());
        assertEquals(payload[5000 * 4096], entry.payload().getByte(5000 * 4096));
      }
    }
  }
}
