package io.warmstart;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.RestoreReport.Item;
import io.warmstart.RestoreReport.Outcome;
import io.warmstart.entry.ManifestFile;
import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.ManifestFormatException;
import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.format.Stamp;
import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.NioFileOps;
import io.warmstart.io.ObservedFileOps;
import io.warmstart.io.ObservedFileOps.FileOp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What went to quarantine was there for good: halves of pairs whose other half came later, put
 * aside with a reason and with no way back.
 */
class RestoreTest {
  private static final byte[] PAYLOAD = "worth keeping".getBytes(StandardCharsets.UTF_8);
  private static final byte[] OTHER = "another".getBytes(StandardCharsets.UTF_8);

  @TempDir Path root;
  private final SteppedClock clock = new SteppedClock();
  private final StoreOptions options =
      StoreOptions.defaults().withForeignCheckInterval(Duration.ZERO).withClock(clock);
  private final Fingerprint key = Payloads.key("quarantined");
  private byte[] manifest = new byte[0];

  private KeyFiles files() {
    return KeyFiles.of(root, key);
  }

  /** A saved entry, and its manifest's bytes. */
  private void save(WarmStartStore store, String runId, byte[] payload) throws IOException {
    store.saveOverwrite(key, runId, payload, EntryAttributes.checkpoint().withObjective(1));
    manifest = Files.readAllBytes(files().manifest(runId));
  }

  private void sweepLater(WarmStartStore store) {
    clock.advance(Duration.ofMinutes(3));
    assertEquals(1, store.evictOverflow().quarantined());
  }

  /** Both halves of a whole entry lie in quarantine, put there one after the other. */
  private void quarantineHalves(WarmStartStore store, String runId) throws IOException {
    Path aside = Files.move(files().payload(runId), root.resolve(".warmstart").resolve("aside"));
    sweepLater(store);
    Files.createDirectories(files().directory());
    Files.move(aside, files().payload(runId));
    sweepLater(store);
    assertEquals(List.of(), RootFiles.read(root).whole.keySet().stream().toList());
  }

  private static List<Outcome> outcomes(RestoreReport report) {
    return report.items().stream().map(Item::outcome).toList();
  }

  private void assertHas(WarmStartStore store, String runId, byte[] payload) {
    try (Entry entry = store.lookup(key).orElseThrow()) {
      assertEquals(runId, entry.runId());
      assertArrayEquals(payload, Payloads.bytes(entry));
    }
  }

  private Manifest inPlace(String runId) throws IOException, ManifestFormatException {
    return ManifestFile.read(new NioFileOps(), files().manifest(runId)).manifest();
  }

  @Test
  void halvesThatCameOneAfterTheOtherComeBackAsTheEntryThatTheyWere() throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r.1", PAYLOAD);
      quarantineHalves(store, "r.1");
      assertTrue(store.lookup(key).isEmpty());

      RestoreReport listed = store.quarantined(List.of());
      assertEquals(List.of(Outcome.RESTORABLE), outcomes(listed));
      assertEquals(key.toHex(), listed.items().get(0).key().orElseThrow().toHex());
      assertEquals("r.1", listed.items().get(0).runId());
      assertTrue(listed.items().get(0).reason().contains("payload is missing"), listed::toString);
      assertTrue(listed.items().get(0).reason().contains("manifest is missing"), listed::toString);
      assertTrue(store.lookup(key).isEmpty());

      assertEquals(List.of(Outcome.RESTORED), outcomes(store.restore(List.of())));

      assertHas(store, "r.1", PAYLOAD);
      Manifest before = ManifestCodec.decode(manifest, manifest.length);
      assertEquals(before.withAccess(Stamp.ofUnixNanos(clock.nanoTime())), inPlace("r.1"));
      assertEquals(List.of("r.1.bin", "r.1.json"), files().names());
      assertEquals(List.of(), KeyFiles.quarantined(root));
      assertTrue(store.verify(false, (done, total) -> {}).clean());
    }
  }

  @Test
  void halfWhoseOtherHalfHasComeSinceIsPutBesideIt() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      Path aside = Files.move(files().payload("r1"), root.resolve(".warmstart").resolve("aside"));
      sweepLater(store);
      Files.createDirectories(files().directory());
      Files.move(aside, files().payload("r1"));

      assertEquals(List.of(Outcome.RESTORED), outcomes(store.restore(List.of(key))));

      assertHas(store, "r1", PAYLOAD);
      assertEquals(List.of(), KeyFiles.quarantined(root));
    }
  }

  @Test
  void wholeEntryInPlaceIsNeverReplaced() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      store.saveOverwrite(key, "r1", OTHER, EntryAttributes.checkpoint());

      RestoreReport report = store.restore(List.of());

      assertEquals(List.of(Outcome.IN_PLACE), outcomes(report));
      assertFalse(report.complete());
      assertHas(store, "r1", OTHER);
      assertEquals(4, KeyFiles.quarantined(root).size());
    }
  }

  @Test
  void whatIsNotWholeStaysWithTheReason() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      Files.write(files().payload("r1"), OTHER);
      sweepLater(store);
      List<String> before = KeyFiles.quarantined(root);

      RestoreReport report = store.restore(List.of());

      assertEquals(List.of(Outcome.NOT_WHOLE), outcomes(report));
      assertTrue(report.items().get(0).detail().contains("no payload fits"), report::toString);
      assertTrue(report.items().get(0).reason().contains("does not fit"), report::toString);
      assertEquals(before, KeyFiles.quarantined(root));
      assertEquals(List.of(), files().names());
    }
  }

  @Test
  void whatIsInTheWayIsPutAsideIfItIsOldAndLeftAloneIfSomebodyMayBeWritingIt() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      Files.createDirectories(files().directory());
      // As young as the clock can make it: it was ahead of the file system's.
      clock.set(System.currentTimeMillis() * 1_000_000);
      Files.write(files().payload("r1"), OTHER);

      assertEquals(List.of(Outcome.BEING_WRITTEN), outcomes(store.restore(List.of())));
      assertArrayEquals(OTHER, Files.readAllBytes(files().payload("r1")));

      clock.advance(Duration.ofMinutes(3));
      assertEquals(List.of(Outcome.RESTORED), outcomes(store.restore(List.of())));
      assertHas(store, "r1", PAYLOAD);
      // And what was in the way.
      assertEquals(List.of(Outcome.IN_PLACE), outcomes(store.quarantined(List.of())));
    }
  }

  @Test
  void onlyTheKeysThatAreNamedComeBack() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      assertEquals(List.of(), store.restore(List.of(Payloads.key("other"))).items());
      assertEquals(1, store.restore(List.of(key, Payloads.key("other"))).restored());
    }
  }

  /** Being brought back is a use: else the next sweep would have removed it for its age. */
  @Test
  void whatHasLainThereForLongerThanTheTtlLivesAgain() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options.withTtl(Duration.ofDays(1)))) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      clock.advance(Duration.ofDays(3));
      assertEquals(1, store.restore(List.of()).restored());
      assertEquals(0, store.evictOverflow().expired());
      assertHas(store, "r1", PAYLOAD);
      long written;
      try (Entry entry = store.lookup(key).orElseThrow()) {
        written = entry.writtenUnixSecs();
      }
      store.flush();
      clock.advance(Duration.ofHours(23));
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals(written, entry.writtenUnixSecs());
      }
    }
  }

  /**
   * The use was noted in the memory of whoever restored, and the names in quarantine were gone: a
   * sweep that did not know of it removed the entry for good.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theManifestThatComesBackTellsOfTheUse(boolean manifestInPlace) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options.withTtl(Duration.ofDays(1)))) {
      save(store, "r1", PAYLOAD);
      if (manifestInPlace) {
        byte[] kept = Files.readAllBytes(files().manifest("r1"));
        Files.delete(files().manifest("r1"));
        sweepLater(store);
        Files.createDirectories(files().directory());
        Files.write(files().manifest("r1"), kept);
      } else {
        quarantineHalves(store, "r1");
      }
      clock.advance(Duration.ofDays(3));

      assertEquals(1, store.restore(List.of()).restored());

      Stamp now = Stamp.ofUnixNanos(clock.nanoTime());
      assertEquals(now, inPlace("r1").lastUse());
      assertEquals(List.of("r1.bin", "r1.json"), files().names());
    }
  }

  /** Does something once, before a file of a restore is given a name. */
  private static final class BeforeName extends ObservedFileOps {
    private final String name;
    private volatile @Nullable Runnable before;

    BeforeName(String name) {
      super(new NioFileOps());
      this.name = name;
    }

    void arm(Runnable act) {
      before = act;
    }

    @Override
    protected <T extends @Nullable Object> T observe(FileOp op, Call<T> whole, Call<?> part)
        throws IOException {
      Runnable act = before;
      Path target = op.target();
      boolean names = op.kind() == Kind.RENAME || op.kind() == Kind.LINK;
      if (act != null
          && names
          && (op.path().endsWith(name) || (target != null && target.endsWith(name)))) {
        before = null;
        act.run();
      }
      return whole.run();
    }
  }

  /** A rename replaced what the original, or another machine, had published since the last look. */
  @ParameterizedTest
  @ValueSource(strings = {"r1.bin", "r1.json"})
  void whatOthersPublishMeanwhileStays(String before, @TempDir Path elsewhere) throws Exception {
    BeforeName ops = new BeforeName(before);
    try (WarmStartStore store = WarmStartStore.open(root, options.withFileOps(ops));
        WarmStartStore other = WarmStartStore.open(elsewhere, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      List<String> quarantined = KeyFiles.quarantined(root);
      other.saveOverwrite(key, "r1", OTHER, EntryAttributes.checkpoint());
      KeyFiles others = KeyFiles.of(elsewhere, key);
      ops.arm(
          () -> {
            try {
              Files.move(others.payload("r1"), files().payload("r1"), REPLACE_EXISTING);
              Files.move(others.manifest("r1"), files().manifest("r1"), REPLACE_EXISTING);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });

      assertEquals(List.of(Outcome.IN_PLACE), outcomes(store.restore(List.of())));

      assertHas(store, "r1", OTHER);
      assertEquals(List.of("r1.bin", "r1.json"), files().names());
      assertEquals(quarantined, KeyFiles.quarantined(root));
    }
  }

  /** The key's lock is of this machine alone. */
  @Test
  void whatAnotherMachineHasStagedIsWaitedFor(@TempDir Path local) throws Exception {
    try (WarmStartStore store = WarmStartStore.open(root, options.withLocalDirectory(local))) {
      save(store, "r1", PAYLOAD);
      Path quarantine = Files.createDirectories(root.resolve(".warmstart/quarantine"));
      String prefix = "0000000000000001-000001";
      Files.move(files().manifest("r1"), quarantine.resolve(prefix + "-0-r1_json"));
      Files.move(files().payload("r1"), quarantine.resolve(prefix + "-1-r1_bin"));
      Files.writeString(
          quarantine.resolve(prefix + "-reason"),
          "key: "
              + key.toHex()
              + "\nreason: rotten\n"
              + prefix
              + "-0-r1_json was r1.json\n"
              + prefix
              + "-1-r1_bin was r1.bin\n");
      Files.createDirectories(files().directory());
      StagedName name = new StagedName("r1", StagedName.Role.PAYLOAD, new Owner(1, 2, 3), 4);
      Files.write(files().directory().resolve(name.toText()), OTHER);

      assertEquals(List.of(Outcome.BEING_WRITTEN), outcomes(store.restore(List.of())));
      clock.advance(Duration.ofMinutes(11));
      assertEquals(List.of(Outcome.RESTORED), outcomes(store.restore(List.of())));
      assertHas(store, "r1", PAYLOAD);
    }
  }

  /** Names of before told the original name in the text beside them only. */
  @Test
  void whatWasQuarantinedUnderTheNamesOfBeforeComesBack() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r.1", PAYLOAD);
      KeyFiles quarantine = KeyFiles.of(root.resolve(".warmstart"), key);
      Path old = Files.createDirectories(root.resolve(".warmstart/quarantine"));
      String prefix = "0000000000000001-000001";
      Files.move(files().manifest("r.1"), old.resolve(prefix + "-0-r_1_json"));
      Files.move(files().payload("r.1"), old.resolve(prefix + "-1-r_1_bin"));
      Files.writeString(
          old.resolve(prefix + "-reason"),
          "key: "
              + key.toHex()
              + "\nreason: rotten\n"
              + prefix
              + "-0-r_1_json was r.1.json\n"
              + prefix
              + "-1-r_1_bin was r.1.bin\n");
      Files.writeString(old.resolve("0000000000000002-000001-0-r_2_bin"), "whose?");
      assertFalse(Files.exists(quarantine.directory()));

      RestoreReport report = store.restore(List.of());

      assertEquals(List.of(Outcome.RESTORED, Outcome.UNKNOWN), outcomes(report));
      assertEquals("rotten", report.items().get(0).reason());
      assertHas(store, "r.1", PAYLOAD);
      assertEquals(List.of("0000000000000002-000001-0-r_2_bin"), KeyFiles.quarantined(root));
    }
  }

  @Test
  void longestRunIdComesBack() throws IOException {
    String longest = "r".repeat(128);
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, longest, PAYLOAD);
      quarantineHalves(store, longest);
      assertEquals(1, store.restore(List.of()).restored());
      assertHas(store, longest, PAYLOAD);
    }
  }

  @Test
  void storeForLookupsOnlyListsAndRefusesToRestore() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      try (WarmStartStore looking = WarmStartStore.open(root, options.withReadOnly(true))) {
        assertEquals(List.of(Outcome.RESTORABLE), outcomes(looking.quarantined(List.of())));
        assertThrows(ReadOnlyStoreException.class, () -> looking.restore(List.of()));
      }
    }
  }

  /** Whole or not at all: at each operation that fails, once or from there on. */
  @ParameterizedTest
  @EnumSource(names = {"EIO", "ENOSPC", "EACCES"})
  void errorAtAnyOperationLosesNothing(Fault fault) throws IOException {
    for (boolean persistent : List.of(false, true)) {
      List<String> tried = new ArrayList<>();
      for (int at = 0; ; at++) {
        Path each = root.resolve(fault + "-" + persistent + "-" + at);
        FaultyFileOps ops = new FaultyFileOps();
        @Nullable String operation = restoreWithFault(each, ops, fault, persistent, at);
        if (operation == null) {
          break;
        }
        tried.add(operation);
      }
      assertTrue(tried.size() > 25, tried::toString);
    }
  }

  private @Nullable String restoreWithFault(
      Path each, FaultyFileOps ops, Fault fault, boolean persistent, int at) throws IOException {
    KeyFiles there = KeyFiles.of(each, key);
    try (WarmStartStore store = WarmStartStore.open(each, options.withFileOps(ops))) {
      store.saveOverwrite(key, "r1", PAYLOAD, EntryAttributes.checkpoint());
      Path aside = Files.move(there.payload("r1"), each.resolve(".warmstart/aside"));
      sweepLater(store);
      Files.createDirectories(there.directory());
      Files.move(aside, there.payload("r1"));
      sweepLater(store);

      ops.arm(fault, persistent, at, each);
      boolean restored;
      try {
        restored = store.restore(List.of()).restored() == 1;
      } catch (StoreException e) {
        restored = false;
      }
      @Nullable FileOp failed = ops.failed();
      @Nullable String operation = failed == null ? null : failed.toString();
      ops.disarm();

      Map<String, String> whole = RootFiles.read(each).whole;
      boolean inPlace = whole.containsKey(key.toHex() + "/r1");
      assertTrue(inPlace || !restored, String.valueOf(operation));
      clock.advance(Duration.ofMinutes(3));
      store.evictOverflow();
      store.restore(List.of());
      assertHas(store, "r1", PAYLOAD);
      return operation;
    }
  }
}
