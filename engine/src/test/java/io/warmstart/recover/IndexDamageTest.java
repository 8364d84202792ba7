package io.warmstart.recover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.Entry;
import io.warmstart.RootFiles;
import io.warmstart.WarmStartStore;
import io.warmstart.index.IndexPatch;
import io.warmstart.model.Digest256;
import io.warmstart.model.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A verification finds what is wrong in the index, and a repair mends it. */
class IndexDamageTest extends CheckedIndex {
  /** Changes something in the index, or in the files beside it. */
  interface Damage {
    void strike(IndexPatch index, Path root) throws IOException;
  }

  /** One kind of damage, and what a verification says of it. */
  record Case(String name, Damage damage, String told) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> damages() {
    Digest256 key = KEY.digest();
    Digest256 nowhere = NOWHERE.digest();
    Map<String, Case> all = new TreeMap<>();
    List.of(
            new Case(
                "entry of another size",
                (index, root) -> index.entryBytes(key, "r1", 7),
                "entry r1 bytes: expected="),
            new Case(
                "entry missing",
                (index, root) -> index.entryGone(key, "r2"),
                "entry r2: expected=recorded actual=none"),
            new Case(
                "entry of nobody",
                (index, root) -> index.entryOfNobody(key, "r3"),
                "entry r3: expected=none actual=recorded"),
            new Case(
                "entry of nobody, with a long name",
                (index, root) -> index.entryOfNobody(key, "r".repeat(100)),
                "entry of an unknown run: expected=none actual=recorded"),
            new Case(
                "entry of a key without files",
                (index, root) -> index.entryOfNobody(nowhere, "r1"),
                "key=" + nowhere.toHex() + " entry r1: expected=none actual=recorded"),
            new Case(
                "entry used too early",
                (index, root) -> index.entryLastUse(key, "r1", 5),
                "entry r1 last use: expected>="),
            new Case(
                "entry never accessed",
                (index, root) -> index.entryAccessed(key, "r1", false),
                "entry r1 accessed: expected=true actual=false"),
            new Case(
                "key of another size",
                (index, root) -> index.keyBytes(key, 10),
                "key=" + key.toHex() + " bytes: expected="),
            new Case(
                "key without files",
                (index, root) -> index.keyBytes(nowhere, 10),
                "key=" + nowhere.toHex() + " bytes: expected=0 actual=10"),
            new Case(
                "key without its check",
                (index, root) -> index.keyBytesWithoutCheck(key),
                "key=" + key.toHex() + " bytes: expected=a number with its check"),
            new Case("sum", (index, root) -> index.stripeBytes(key, -1), "stripe="),
            new Case(
                "sum without its check",
                (index, root) -> index.stripeBytesWithoutCheck(key),
                "actual=a number without its check"),
            new Case(
                "quarantine",
                (index, root) -> index.quarantineBytes(99),
                "quarantine bytes: expected=0 actual=99"),
            new Case(
                "winner",
                (index, root) -> index.winner(key, 1, 77),
                "winner by latest: expected=r2 actual=another version"),
            new Case(
                "winner that is none",
                (index, root) -> index.winner(key, 0, 0),
                "winner by lowest_objective: expected=r1 actual=none"),
            new Case(
                "winner of a key without files",
                (index, root) -> index.winner(nowhere, 0, 77),
                "winner by lowest_objective: expected=none actual=another version"),
            new Case(
                "manifest that was changed in place",
                (index, root) -> {
                  Path manifest = root.resolve(KEY.toHex()).resolve("r2.json");
                  String text = Files.readString(manifest);
                  Files.writeString(manifest, text.replace("\"objective\": 2", "\"objective\": 0"));
                },
                "winner by lowest_objective: expected=r2 actual=another version"))
        .forEach(each -> all.put(each.name(), each));
    return all.values().stream();
  }

  @ParameterizedTest
  @MethodSource("damages")
  void whatIsWrongIsFoundAndRepaired(Case each) throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
      VerifyReport found = null;
      // What the housekeeper comes across first it counts again, and there is nothing to find.
      for (int attempt = 0;
          attempt < MOST_ATTEMPTS && (found == null || found.clean());
          attempt++) {
        awaitWinners(store);
        each.damage().strike(index(), root);
        found = verify(store, false);
      }
      assertTrue(found != null && !found.clean(), "not found");
      for (VerifyReport.Problem problem : found.problems()) {
        assertEquals("index", problem.kind(), problem::toString);
        assertEquals(root.resolve(".warmstart/index").toString(), problem.path());
        assertTrue(!problem.repaired(), problem::toString);
      }
      String details = found.problems().toString();
      assertTrue(details.contains(each.told()), details);

      VerifyReport repaired = verify(store, true);

      assertTrue(
          repaired.problems().stream().allMatch(VerifyReport.Problem::repaired),
          () -> repaired.problems().toString());
      assertEquals(List.of(), verify(store, false).problems());
      store.evictOverflow();
      assertEquals(List.of(), verify(store, false).problems());
      assertEquals(RootFiles.read(root).bytes, index().total());
      assertEquals(4, store.inspect().entries());
    }
  }

  /** What this process has in memory does not go by the record; after the repair neither lies. */
  @Test
  void aWinnerThatWasRepairedIsFound() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, ALONE)) {
      populate(store);
      index().winner(KEY.digest(), 1, 0);

      assertTrue(!verify(store, true).clean());

      try (Entry entry = store.lookupLatest(KEY).orElseThrow()) {
        assertEquals("r2", entry.runId());
      }
      assertTrue(verify(store, false).clean());
    }
  }
}
