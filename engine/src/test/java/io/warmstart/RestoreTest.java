package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.format.Manifest;
import io.warmstart.format.ManifestCodec;
import io.warmstart.format.Stamp;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.ReadOnlyStoreException;
import io.warmstart.model.RestoreReport;
import io.warmstart.model.RestoreReport.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What went to quarantine was there for good: halves of pairs whose other half came later, put
 * aside with a reason and with no way back.
 */
class RestoreTest extends QuarantinedEntry {
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
      assertTrue(store.verify().clean());
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
      assertEquals(PAYLOAD.length, report.items().get(0).payloadBytes());
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

  /** The advice was to move the whole entry away. */
  @Test
  void whatIsNotWholeIsSaidToBeSoBesideAWholeEntryToo() throws IOException {
    try (WarmStartStore store = WarmStartStore.open(root, options)) {
      save(store, "r1", PAYLOAD);
      Files.write(files().payload("r1"), OTHER);
      sweepLater(store);
      save(store, "r1", new byte[] {1, 2});

      RestoreReport report = store.quarantined(List.of());

      assertEquals(List.of(Outcome.NOT_WHOLE), outcomes(report));
      String detail = report.items().get(0).detail();
      assertTrue(detail.endsWith("and a whole entry is in place"), detail);
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
}
