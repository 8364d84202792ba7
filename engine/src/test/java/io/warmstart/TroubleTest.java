package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.engine.Engine;
import io.warmstart.engine.EngineRegistry;
import io.warmstart.index.ForkedJvm;
import io.warmstart.index.IndexPatch;
import io.warmstart.index.OtherBuild;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.UnsyncedFileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StorageFullException;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import io.warmstart.model.StoreListener;
import io.warmstart.model.StoreTrouble;
import io.warmstart.model.StoreTrouble.Kind;
import io.warmstart.process.ControlFile;
import io.warmstart.testing.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was counted, thrown or logged, and no listener was told of. */
@Tag("slow")
@Timeout(120)
@Tag("once")
class TroubleTest {
  private static final Fingerprint KEY = Payloads.key("k");

  @TempDir Path root;
  private final Told told = new Told();
  private final NarrowFileOps ops = new NarrowFileOps();

  private static final class Told implements StoreListener {
    private final List<StoreTrouble> troubles = new CopyOnWriteArrayList<>();

    @Override
    public void trouble(StoreTrouble trouble) {
      troubles.add(trouble);
    }

    List<String> of(Kind kind) {
      return troubles.stream()
          .filter(each -> each.kind() == kind)
          .map(StoreTrouble::toString)
          .toList();
    }

    /** Whatever is told after this was told later. */
    void awaitOne(Kind kind, String text) {
      Await.until("it is told", () -> !of(kind).isEmpty());
      assertOne(kind, text);
    }

    void assertOne(Kind kind, String text) {
      assertEquals(1, of(kind).size(), troubles::toString);
      assertTrue(of(kind).get(0).contains(text), troubles::toString);
    }
  }

  /** A disk that is full, for files of its own; or nearly so, as it says. */
  private static final class NarrowFileOps extends ObservedFileOps {
    volatile boolean full;
    volatile boolean nearlyFull;

    NarrowFileOps() {
      super(new UnsyncedFileOps());
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      if (full && op.kind() == Kind.CREATE) {
        throw new FileSystemException(op.path().toString(), null, "No space left on device");
      }
      return whole.run();
    }

    @Override
    public long usableBytes(Path directory) {
      return nearlyFull ? 1 : super.usableBytes(directory);
    }
  }

  private StoreOptions options() {
    return StoreOptions.defaults()
        .withDurability(Durability.IN_FILES)
        .withFileOps(ops)
        .withListener(told);
  }

  private static void save(WarmStartStore store, int bytes) {
    store.saveOverwrite(KEY, "r", new byte[bytes], EntryAttributes.checkpoint());
  }

  private static void lookUp(WarmStartStore store) {
    store.lookup(KEY).orElseThrow().close();
  }

  private Path file(String name) {
    return root.resolve(".warmstart").resolve(name);
  }

  @Test
  void saversThatAreRefusedAreToldOfOnce() {
    StoreOptions small = options().withSizeBudgetBytes(5_000).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      assertThrows(PayloadTooLargeException.class, () -> save(store, 6_000));
      told.awaitOne(Kind.REFUSED, "larger than the root's budget");
      assertThrows(PayloadTooLargeException.class, () -> save(store, 6_000));
      assertThrows(
          PayloadTooLargeException.class,
          () -> store.reserve(KEY, 6_000, EntryAttributes.checkpoint()));
    }
    told.assertOne(Kind.REFUSED, "actual=6000");
  }

  @Test
  void whatDoesNotFitBesideWhatIsPinnedIsRefusedAndTold() {
    StoreOptions small = options().withSizeBudgetBytes(5_000).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root, small)) {
      save(store, 3_000);
      store.pin(KEY, "r");
      assertThrows(
          PayloadTooLargeException.class,
          () -> store.save(KEY, new byte[3_000], EntryAttributes.checkpoint()));
      told.awaitOne(Kind.REFUSED, "beside what is pinned");
    }
  }

  @Test
  void aFullDiskIsToldOnce() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      ops.full = true;
      assertThrows(StorageFullException.class, () -> save(store, 2));
      told.awaitOne(Kind.DISK_FULL, "No space left on device");
      assertThrows(StorageFullException.class, () -> save(store, 2));
      ops.full = false;
    }
    told.assertOne(Kind.DISK_FULL, KEY.toHex());
  }

  /** The background writes them too, once a minute. */
  @Test
  void aFullDiskIsToldThatTakesNoAccesses() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      lookUp(store);
      ops.full = true;
      assertThrows(StoreException.class, store::flush);
      told.awaitOne(Kind.DISK_FULL, "an access is not written down");
      ops.full = false;
    }
  }

  @Test
  void pairsOfTheJournalThatADiskHasNoRoomForAreToldOf() {
    StoreOptions journalled = options().withDurability(Durability.PROCESS_SAFE);
    try (WarmStartStore store = WarmStartStore.open(root, journalled)) {
      Await.until(
          "the journal takes it",
          () -> {
            save(store, 1);
            return store.stats().count(StoreCounter.JOURNALLED) > 0;
          });
      ops.full = true;
      Await.until(
          "a pair is tried",
          () -> {
            try {
              save(store, 1);
            } catch (StorageFullException e) {
              // The journal had no room for it.
              return false;
            }
            return !told.of(Kind.JOURNALLED_SAVES).isEmpty();
          });
      told.awaitOne(Kind.DISK_FULL, "No space left on device");
      ops.full = false;
    }
  }

  @Test
  void anIndexThatIsDeletedIsToldWhenItIsMadeAgain() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      assertEquals(List.of(), told.of(Kind.INDEX), "the first is no trouble");
      for (int each = 1; each <= 2; each++) {
        int made = 1 + each;
        Files.delete(file("index"));
        Await.until(
            "it is made again",
            () -> {
              lookUp(store);
              return store.stats().count(StoreCounter.REBUILDS) == made;
            });
      }
      told.awaitOne(Kind.INDEX, "the index was lost and was made again");
    }
    told.assertOne(Kind.INDEX, root.toString());
  }

  /** It happens while the root is opened, before there is a store. */
  @Test
  void anIndexThatWasScribbledOverIsToldWhenTheRootIsOpened() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
    }
    scribble(IndexLayout.VERSION_OFFSET);
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      lookUp(store);
      told.awaitOne(Kind.INDEX, "could not be used and was made again");
    }
  }

  @Test
  void anIndexOfAnotherBootIsNoTrouble() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
    }
    scribble(IndexLayout.BOOT_OFFSET);
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      lookUp(store);
      // Those who came before are counted on: the file that they are counted in is of this boot.
      assertEquals(2, store.stats().count(StoreCounter.REBUILDS));
      // What is told after it comes after it.
      Files.delete(file("index"));
      Await.until(
          "it is made again",
          () -> {
            lookUp(store);
            return store.stats().count(StoreCounter.REBUILDS) == 3;
          });
      told.awaitOne(Kind.INDEX, "the index was lost");
    }
  }

  private void scribble(int offset) throws IOException {
    try (FileChannel index = FileChannel.open(file("index"), StandardOpenOption.WRITE)) {
      index.write(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}), offset);
    }
  }

  @Test
  void anIndexThatThereIsNoRoomForIsToldOnce() {
    ops.nearlyFull = true;
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      Await.until(
          "it is told",
          () -> {
            lookUp(store);
            return !told.of(Kind.INDEX).isEmpty();
          });
      long failed = store.stats().count(StoreCounter.FILES_ONLY);
      Await.until(
          "it is tried again and again",
          () -> {
            lookUp(store);
            return store.stats().count(StoreCounter.FILES_ONLY) > failed + 3;
          });
    }
    told.assertOne(Kind.INDEX, "no room for an index file");
  }

  @Test
  void anIndexThatCannotGrowIsToldOnce() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      IndexPatch.of(file("")).useAllPagesBut(0);
      ops.nearlyFull = true;
      for (int each = 0; each < 5; each++) {
        store.save(Payloads.key("more " + each), new byte[1], EntryAttributes.checkpoint());
      }
      told.awaitOne(Kind.INDEX, "the index has no room for more");
    }
    told.assertOne(Kind.INDEX, "no room for an index file");
  }

  @Test
  void processesOfAnotherVersionAreToldOf() throws Exception {
    try (ForkedJvm other = ForkedJvm.start(OtherBuild.class, root.toString())) {
      assertEquals("true", other.awaitLine("holds"));
      try (WarmStartStore store = WarmStartStore.open(root, options())) {
        save(store, 1);
        told.awaitOne(Kind.INDEX, "goes on without index");
      }
    }
    told.assertOne(Kind.INDEX, "another warmstart version");
  }

  /** Saves went into files, a hundred times slower, and nothing said so. */
  @Test
  void aJournalThatThereIsNoRoomForIsTold() {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
    }
    ops.nearlyFull = true;
    try (WarmStartStore store =
        WarmStartStore.open(root, options().withDurability(Durability.PROCESS_SAFE))) {
      save(store, 2);
      told.awaitOne(Kind.JOURNAL, "no room for a segment");
    }
    told.assertOne(Kind.JOURNAL, "saves go into files");
  }

  @Test
  void locksThatTheKernelHasDroppedAreToldOnce() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      Engine engine = EngineRegistry.acquire(store.root(), store.options().engineOptions());
      try {
        for (int each = 1; each <= 2; each++) {
          int lost = each;
          ControlFile before = engine.siblings().controlFile().orElseThrow();
          FileChannel.open(file("locks")).close();
          Await.until(
              "it is noticed, and attached again",
              () ->
                  store.stats().count(StoreCounter.LOCKS_LOST) == lost
                      && engine.siblings().controlFile().orElse(before) != before);
        }
      } finally {
        EngineRegistry.release(engine);
      }
      told.awaitOne(Kind.LOCKS, "the kernel has dropped all locks of the process");
    }
    told.assertOne(Kind.LOCKS, root.toString());
  }

  @Test
  void locksThatCannotBeHadAreTold() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      Files.move(file(""), root.resolve("elsewhere"));
      Files.write(root.resolve(".warmstart"), new byte[1]);
      told.awaitOne(Kind.LOCKS, "shares no locks with others for now");
      assertEquals(0, store.stats().liveProcesses());
      Files.delete(root.resolve(".warmstart"));
      Await.until("they are had again", () -> store.stats().liveProcesses() == 1);
    }
  }

  /** It is alive, and may go on at any moment. */
  @Test
  void aLockWhoseHolderIsStoppedIsToldOnce() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
      Fingerprint stopped = Payloads.key("r");
      try (ForkedJvm writer =
          ForkedJvm.start(SavingProcess.class, "stop-at", root.toString(), "r", "0")) {
        writer.awaitLine("stopped");
        for (int each = 0; each < 2; each++) {
          store.saveOverwrite(stopped, "r", new byte[1], EntryAttributes.checkpoint());
        }
        told.awaitOne(Kind.LOCKS, "a lock was not to be got in time");
        assertTrue(store.stats().count(StoreCounter.LOCK_TIMEOUTS) >= 2);
        writer.kill();
      }
    }
    told.assertOne(Kind.LOCKS, root.toString());
  }

  @Test
  void aSweepThatCanDoNothingIsToldOnce() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      save(store, 1);
    }
    Files.writeString(file("policy"), "{");
    try (WarmStartStore store = WarmStartStore.open(root, options())) {
      for (int each = 0; each < 2; each++) {
        assertTrue(store.evictOverflow().failures() > 0);
      }
      told.awaitOne(Kind.SWEEP, "the root's policy is damaged");
    }
    told.assertOne(Kind.SWEEP, "nothing is evicted");
  }
}
