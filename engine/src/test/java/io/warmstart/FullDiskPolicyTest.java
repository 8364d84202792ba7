package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FileOps;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.io.WatchedFileOps;
import io.warmstart.model.EvictionReport;
import io.warmstart.model.PolicyConflictException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.Retention;
import io.warmstart.model.RootPolicy.Origin;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A policy that the disk has no room for. A store that was the first to name a budget could not be
 * opened on a full disk, not even for lookups, and the error named the root.
 */
@Tag("slow")
@Timeout(60)
class FullDiskPolicyTest extends PolicyRoot {
  private volatile @Nullable String failure;

  /** Fails to write the policy, as the kernel says it: without the name of a file. */
  private final FileOps ops =
      new WatchedFileOps(
          new UnsyncedFileOps(),
          op -> {
            boolean policy = op.path().getFileName().toString().startsWith("policy.new-");
            if (policy && op.kind() == Kind.WRITE && failure != null) {
              throw new IOException(failure);
            }
          });

  private final List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();
  private final StoreOptions options =
      unnamed
          .withFileOps(ops)
          .withListener(
              new StoreListener() {
                @Override
                public void trouble(StoreTrouble trouble) {
                  troubles.add(trouble);
                }
              });

  private void saveThree() {
    try (WarmStartStore store =
        WarmStartStore.open(root, options.withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      for (String each : List.of("a", "b", "c")) {
        save(store, each, 3000);
      }
    }
  }

  @Test
  void whereThereIsNoRoomAStoreGoesByWhatItNamesAndWritesItLater() {
    saveThree();
    failure = "No space left on device";
    try (WarmStartStore store = WarmStartStore.open(root, options.withSizeBudgetBytes(8_000))) {
      store.lookup(Payloads.key("a")).orElseThrow().close();
      assertEquals(8_000, store.inspect().sizeBudgetBytes());
      assertEquals(OptionalLong.empty(), store.policy().sizeBudgetBytes(), "not written");
      Await.until("it is told", () -> !troubles.isEmpty());
      assertEquals(1, store.evictOverflow().evicted(), "by it room is made");

      failure = null;

      Await.until("it is written", () -> store.policy().sizeBudgetBytes().isPresent());
    }
    assertEquals(1, troubles.size(), troubles::toString);
    assertEquals(StoreTrouble.Kind.DISK_FULL, troubles.get(0).kind());
    String text = troubles.get(0).text();
    assertTrue(
        text.contains("policy cannot be written yet")
            && text.endsWith(": No space left on device file=" + policyFile()),
        text);
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      assertEquals(OptionalLong.of(8_000), other.policy().sizeBudgetBytes());
      assertEquals(Origin.NAMED, other.policy().sizeBudgetOrigin());
    }
  }

  @Test
  void aProcessThatLivesAMomentWritesItWhenItCloses() {
    saveThree();
    failure = "Disk quota exceeded";
    try (WarmStartStore store = WarmStartStore.open(root, options.withTtl(Duration.ofHours(1)))) {
      assertEquals(Origin.DEFAULT, store.policy().ttlOrigin());
      failure = null;
    }
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      assertEquals(Duration.ofHours(1), other.policy().ttl().orElseThrow());
    }
  }

  @Test
  void whatIsNotWrittenBindsTheStoresOfTheProcessAndWhatAnotherWritesGoesBeforeIt()
      throws IOException {
    saveThree();
    failure = "No space left on device";
    StoreOptions named = options.withSizeBudgetBytes(8_000);
    try (WarmStartStore store = WarmStartStore.open(root, named)) {
      WarmStartStore.open(root, named).close();
      assertThrows(
          PolicyConflictException.class,
          () -> WarmStartStore.open(root, options.withSizeBudgetBytes(9_000)));

      Files.writeString(
          policyFile(),
          """
          {"schema_version": 1, "size_budget_bytes": 20000, "size_budget_origin": "named"}
          """);

      Await.until("it is noticed", () -> store.inspect().sizeBudgetBytes() == 20_000);
      failure = null;
    }
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      assertEquals(OptionalLong.of(20_000), other.policy().sizeBudgetBytes());
    }
  }

  @Test
  void aChangeThatIsTakenBackBeforeItIsWrittenIsGone() {
    WarmStartStore.open(root, options.withSizeBudgetBytes(8_000)).close();
    StoreOptions change = options.withPolicy(PolicyUse.CHANGE);
    failure = "No space left on device";
    try (WarmStartStore store =
        WarmStartStore.open(
            root,
            change.withSizeBudgetBytes(5_000).withRetention(Retention.KEEP_BEST_AND_LATEST))) {
      assertEquals(5_000, store.inspect().sizeBudgetBytes());
      WarmStartStore.open(root, change.withSizeBudgetBytes(8_000)).close();
      assertEquals(8_000, store.inspect().sizeBudgetBytes());
      failure = null;
    }
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      assertEquals(OptionalLong.of(8_000), other.policy().sizeBudgetBytes());
      assertEquals(Retention.KEEP_BEST_AND_LATEST, other.policy().retention());
    }
  }

  /** The store was told that it goes by what it names, and nothing went, so that no room came. */
  @Test
  void inPlaceOfADamagedPolicyAStoreThatMayChangeItGoesByWhatItNamesToo() throws IOException {
    saveThree();
    Files.writeString(policyFile(), "{ half of");
    failure = "No space left on device";
    StoreOptions named = options.withSizeBudgetBytes(8_000);
    try (WarmStartStore store = WarmStartStore.open(root, named)) {
      assertEquals(0, store.evictOverflow().evicted(), "this one may not change it");
    }
    try (WarmStartStore store = WarmStartStore.open(root, named.withPolicy(PolicyUse.CHANGE))) {
      assertTrue(store.policy().damage().isPresent(), "not written");
      assertEquals(8_000, store.inspect().sizeBudgetBytes());
      assertEquals(1, store.evictOverflow(true).evicted());
      EvictionReport report = store.evictOverflow();
      assertEquals(1, report.evicted(), "by it room is made");
      assertEquals(0, report.failures());
      WarmStartStore.open(root, options.withRetention(Retention.KEEP_BEST_AND_LATEST)).close();
      assertThrows(
          PolicyConflictException.class,
          () -> WarmStartStore.open(root, options.withSizeBudgetBytes(9_000)));
      failure = null;
      Await.until("it is written", () -> store.policy().sizeBudgetBytes().isPresent());
      Await.until("so is the default", () -> store.policy().ttl().isPresent());
    }
    try (WarmStartStore other = WarmStartStore.open(root, unnamed)) {
      assertEquals(OptionalLong.of(8_000), other.policy().sizeBudgetBytes());
      assertEquals(Retention.KEEP_BEST_AND_LATEST, other.policy().retention());
      assertEquals(Optional.empty(), other.policy().damage());
    }
  }

  /**
   * What it said beside that nobody knows: the housekeeper replaced all of it with the little
   * named.
   */
  @Test
  void whatIsDamagedLaterIsNotReplacedByWhatWasNamedBefore() throws IOException {
    WarmStartStore.open(root, options.withSizeBudgetBytes(20_000).withTtl(Duration.ZERO)).close();
    String whole = Files.readString(policyFile());
    saveThree();
    failure = "No space left on device";
    StoreOptions change = options.withPolicy(PolicyUse.CHANGE);
    try (WarmStartStore store = WarmStartStore.open(root, change.withSizeBudgetBytes(8_000))) {
      Files.writeString(policyFile(), "{ half of");
      assertEquals(0, store.evictOverflow().evicted());
      failure = null;
    }
    assertEquals("{ half of", Files.readString(policyFile()));

    failure = "No space left on device";
    try (WarmStartStore store =
        WarmStartStore.open(root, change.withRetention(Retention.KEEP_BEST_AND_LATEST))) {
      Files.writeString(policyFile(), whole);
      assertEquals(OptionalLong.of(20_000), store.policy().sizeBudgetBytes());
      Files.writeString(policyFile(), "{ half of it");
      assertTrue(store.policy().damage().isPresent());
      failure = null;
    }
    assertEquals("{ half of it", Files.readString(policyFile()));
  }

  /** A default evicts nothing before it is written down; what has expired by what is named goes. */
  @Test
  void inPlaceOfADamagedPolicyADefaultBudgetEvictsNothingBeforeItIsWritten() throws IOException {
    saveThree();
    try (WarmStartStore store =
        WarmStartStore.open(root, options.withPolicy(PolicyUse.THIS_STORE_ONLY))) {
      saveHuge(store, "huge", GIB + 1);
    }
    Files.writeString(policyFile(), "{ half of");
    failure = "No space left on device";
    try (WarmStartStore store =
        WarmStartStore.open(
            root, options.withPolicy(PolicyUse.CHANGE).withTtl(Duration.ofHours(1)))) {
      assertEquals(0, store.evictOverflow().evicted());
      clock.advance(Duration.ofHours(2));
      EvictionReport report = store.evictOverflow();
      assertEquals(4, report.expired());
      assertEquals(0, report.evicted());
    }
  }

  @Test
  void anyOtherFailureNamesThePolicyAndItsFile() {
    failure = "Input/output error";
    String said =
        assertThrows(
                StoreException.class,
                () -> WarmStartStore.open(root, options.withSizeBudgetBytes(8_000)))
            .toString();
    assertTrue(
        said.contains(
            "the root's policy cannot be written: Input/output error file=" + policyFile()),
        said);
    assertFalse(Files.exists(policyFile()));
  }
}
