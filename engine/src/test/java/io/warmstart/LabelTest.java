package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keys are called: whole, durable, and without an effect on anything else. */
class LabelTest {
  @TempDir Path root;
  private final Fingerprint key = Payloads.key("k");

  private Path file() {
    return root.resolve(".warmstart/labels").resolve(key.toHex());
  }

  private static Map<String, String> labels(WarmStartStore store, Fingerprint of) {
    return store.contents(of).labels();
  }

  @Test
  void theyAreThereUntilTheyAreTakenAway() {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(Map.of(), labels(store, key));
      assertTrue(store.label(key, "solver", "fista"));
      assertFalse(store.label(key, "solver", "fista"));
      assertTrue(store.label(key, "data", "digits, 1797 rows \u00fc"));
      assertTrue(store.label(key, "solver", "saga"));
      store.save(key, new byte[10], EntryAttributes.checkpoint());
    }
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withReadOnly(true))) {
      assertEquals("{data=digits, 1797 rows \u00fc, solver=saga}", labels(store, key).toString());
      assertThrows(ReadOnlyStoreException.class, () -> store.label(key, "a", "b"));
      assertThrows(ReadOnlyStoreException.class, () -> store.unlabel(key, "solver"));
    }
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(1, store.remove(key));
      assertTrue(store.unlabel(key, "solver"));
      assertFalse(store.unlabel(key, "solver"));
      assertEquals(Map.of("data", "digits, 1797 rows \u00fc"), labels(store, key));
      assertTrue(store.unlabel(key, "data"));
      assertFalse(Files.exists(file()));
      assertTrue(store.verify().clean());
    }
  }

  /** A value with a line separator of Unicode was taken, and made two lines of a listing. */
  @Test
  void aValueOfMoreThanOneLineIsRefusedWhateverSeparatesThem() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (String separator : List.of("\n", "\r", "\u0085", "\u2028", "\u2029", "\u000b")) {
        String value = "two" + separator + "lines";
        assertThrows(IllegalArgumentException.class, () -> store.label(key, "a", value));
        assertThrows(IllegalArgumentException.class, () -> WarmStartStore.requireLabel("a", value));
      }
      store.label(key, "a", "one line");
      // What an earlier version has taken stays readable, and so do the others beside it.
      Files.writeString(file(), Files.readString(file()).replace("one line", "one\u2028line"));
      assertEquals(Map.of("a", "one\u2028line"), labels(store, key));
    }
  }

  /** What a sweep has done is told, whatever lies where labels should. */
  @Test
  void labelsThatCannotBeListedTakeNothingFromASweep() throws Exception {
    SteppedClock clock = new SteppedClock();
    StoreOptions options = StoreOptions.defaults().withClock(clock).withTtl(Duration.ofHours(1));
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.saveOverwrite(key, "r", new byte[1], EntryAttributes.checkpoint());
      store.flush();
      Files.writeString(root.resolve(".warmstart/labels"), "no directory");
      clock.advance(Duration.ofHours(2));
      EvictionReport report = store.evictOverflow();
      assertEquals(1, report.expired());
      assertEquals(1, report.failures());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", ".a", "a=", "\u00fc", "a/b"})
  void aNameThatIsNoneIsRefused(String name) {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertThrows(IllegalArgumentException.class, () -> store.label(key, name, "v"));
    }
    assertThrows(IllegalArgumentException.class, () -> WarmStartStore.requireLabel(name, "v"));
  }

  @Test
  void soIsAValueThatIsNotOneLine() {
    for (String value : List.of("", "a\nb", "a\u0007", "\ud800", "x".repeat(1025))) {
      assertThrows(IllegalArgumentException.class, () -> WarmStartStore.requireLabel("n", value));
    }
    WarmStartStore.requireLabel("n", "x".repeat(1024));
  }

  @Test
  void aKeyHasThirtyTwoAtTheMost() {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      for (int n = 0; n < 32; n++) {
        store.label(key, "n" + n, "x".repeat(1024));
      }
      assertThrows(StoreException.class, () -> store.label(key, "more", "v"));
      assertTrue(store.label(key, "n7", "other"));
      assertEquals(32, labels(store, key).size());
    }
  }

  @Test
  void severalAreGivenAllOrNone() {
    Map<String, String> tooMany = new HashMap<>();
    for (int n = 0; n < 40; n++) {
      tooMany.put("n" + n, "v");
    }
    try (WarmStartStore store = WarmStartStore.open(root)) {
      assertEquals(2, store.label(key, Map.of("a", "v", "n0", "old")));
      StoreException refused = assertThrows(StoreException.class, () -> store.label(key, tooMany));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("<=32 actual=41"), refused::toString);
      assertThrows(
          IllegalArgumentException.class, () -> store.label(key, Map.of("b", "v", "a b", "v")));
      assertEquals(Map.of("a", "v", "n0", "old"), labels(store, key));
      assertEquals(1, store.label(key, Map.of("a", "v", "n0", "new")));
      assertEquals(0, store.label(key, Map.of()));
    }
  }

  /** The file would have been longer than any that is read: all were gone. */
  @Test
  void oneThatMakesAllTooLongIsRefused() {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      String wide = "\u6f22".repeat(1024);
      int given = 0;
      while (given < 32) {
        int next = given;
        try {
          store.label(key, "n" + next, wide);
        } catch (StoreException e) {
          break;
        }
        given++;
      }
      assertTrue(given > 10 && given < 32, "labels: " + given);
      assertEquals(given, labels(store, key).size());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"schema_version\": 2, \"labels\": {}}",
        "{\"schema_version\": 1}",
        "{\"schema_version\": 1, \"labels\": []}",
        "{\"schema_version\": 1, \"labels\": {\"a\": 1}}",
        "{\"schema_version\": 1, \"labels\": {\"a b\": \"v\"}}",
        "{\"schema_version\": 1, \"labels\": {\"a\": \"\\u001b[2J\"}}"
      })
  void aDamagedFileCountsAsNoneAndIsNotReplaced(String bytes) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.label(key, "a", "v");
      Files.writeString(file(), bytes);

      assertEquals(Map.of(), labels(store, key));
      // It may be that of a later version.
      assertThrows(StoreException.class, () -> store.label(key, "b", "w"));
      assertThrows(StoreException.class, () -> store.unlabel(key, "a"));
      assertEquals(bytes, Files.readString(file()));
      Files.delete(file());
      store.label(key, "b", "w");
      assertEquals(Map.of("b", "w"), labels(store, key));
    }
  }

  /** They were there for ever: under names that change each day, a file for each of them. */
  @Test
  void thoseOfAKeyThatIsGoneGoWhenNobodyHasGivenThemForTheTtl() throws Exception {
    SteppedClock clock = new SteppedClock();
    StoreOptions options = StoreOptions.defaults().withClock(clock).withTtl(Duration.ofDays(10));
    Fingerprint later = Payloads.key("later version");
    Fingerprint saved = Payloads.key("saved");
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.save(key, new byte[10], EntryAttributes.checkpoint());
      for (Fingerprint each : List.of(key, later, saved)) {
        store.label(each, "a", "v");
      }
      Files.writeString(root.resolve(".warmstart/labels").resolve(later.toHex()), "{}");
      store.remove(key);
      store.evictOverflow();
      assertEquals(Map.of("a", "v"), labels(store, key), "a later save would want it back");

      clock.advance(Duration.ofDays(11));
      store.save(saved, new byte[10], EntryAttributes.checkpoint());
      store.flush();
      store.evictOverflow();

      assertEquals(Map.of(), labels(store, key));
      assertFalse(Files.exists(file()));
      assertEquals(Map.of("a", "v"), labels(store, saved));
      assertTrue(Files.exists(root.resolve(".warmstart/labels").resolve(later.toHex())));
    }
  }

  /** By the time of the file, which is the kernel's: a later one keeps it for another TTL. */
  @Test
  void whoGivesOneAgainADayLaterHasItWrittenAnew() throws Exception {
    SteppedClock clock = new SteppedClock();
    try (WarmStartStore store =
        WarmStartStore.open(root, StoreOptions.defaults().withClock(clock))) {
      store.label(key, "a", "v");
      Object first = Files.getAttribute(file(), "unix:ctime");
      assertFalse(store.label(key, "a", "v"));
      assertEquals(first, Files.getAttribute(file(), "unix:ctime"));
      clock.advance(Duration.ofHours(25));
      assertFalse(store.label(key, "a", "v"));
      assertNotEquals(first, Files.getAttribute(file(), "unix:ctime"));
    }
  }

  @Test
  void withoutATtlTheyStay() {
    SteppedClock clock = new SteppedClock();
    StoreOptions options = StoreOptions.defaults().withClock(clock).withTtl(Duration.ZERO);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      store.label(key, "a", "v");
      clock.advance(Duration.ofDays(1000));
      store.evictOverflow();
      assertEquals(Map.of("a", "v"), labels(store, key));
    }
  }

  @Test
  void afterAnyFailureTheOldOnesOrTheNewOnesAreThere() throws Exception {
    int failures = 0;
    for (int index = 0; ; index++) {
      FaultyFileOps ops = new FaultyFileOps();
      Fingerprint each = Payloads.key("key " + index);
      try (WarmStartStore store =
          WarmStartStore.open(root, StoreOptions.defaults().withFileOps(ops))) {
        store.label(each, "a", "old");
        ops.onlyAt(op -> op.path().toString().contains("/labels"));
        ops.arm(Fault.EIO, false, index, root);
        boolean failed = false;
        try {
          store.label(each, "a", "new");
        } catch (StoreException e) {
          failed = true;
        }
        boolean hit = ops.failed() != null;
        ops.disarm();
        String now = labels(store, each).get("a");
        assertTrue(failed ? List.of("old", "new").contains(now) : "new".equals(now), now);
        if (!hit) {
          break;
        }
        failures += failed ? 1 : 0;
        store.label(each, "a", "newest");
        assertEquals("newest", labels(store, each).get("a"));
      }
    }
    assertTrue(failures > 4, "failures: " + failures);
    try (Stream<Path> left = Files.list(root.resolve(".warmstart"))) {
      assertEquals(List.of(), left.filter(file -> file.toString().contains("new-")).toList());
    }
  }
}
