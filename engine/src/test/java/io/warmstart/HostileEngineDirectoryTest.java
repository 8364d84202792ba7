package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import io.warmstart.model.PolicyUse;
import io.warmstart.model.StoreCounter;
import io.warmstart.model.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links, pipes and directories in place of the engine's own files. */
@Tag("slow")
class HostileEngineDirectoryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path parent;
  private final Fingerprint key = Payloads.key("hostile engine directory");
  private Path root;
  private Path engineDirectory;
  private Canary canary;

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(parent.resolve("root"));
    engineDirectory = root.resolve(".warmstart");
    canary = Canary.in(parent.resolve("outside"));
  }

  @AfterEach
  void nothingOutsideWasTouched() throws IOException {
    canary.assertUntouched();
  }

  private void saveAndBreak(WarmStartStore store) throws IOException {
    store.saveOverwrite(key, "bad", new byte[] {1}, EntryAttributes.checkpoint().withObjective(1));
    store.saveOverwrite(key, "good", new byte[] {2}, EntryAttributes.checkpoint().withObjective(2));
    KeyFiles.of(root, key).writePayload("bad", "tampered");
  }

  /**
   * Sweeps emptied the directory that the link leads to, and bad pairs were moved out of the root.
   */
  @Test
  void aLinkInPlaceOfTheQuarantineIsNeitherFilledNorEmptied() throws Exception {
    Files.createDirectory(engineDirectory);
    Files.createSymbolicLink(engineDirectory.resolve("quarantine"), canary.place());
    StoreOptions nothingFits =
        StoreOptions.defaults().withSizeBudgetBytes(0).withPolicy(PolicyUse.THIS_STORE_ONLY);
    try (WarmStartStore store = WarmStartStore.open(root);
        WarmStartStore sweeper = WarmStartStore.open(root, nothingFits)) {
      saveAndBreak(store);
      try (Entry entry = store.lookup(key).orElseThrow()) {
        assertEquals("good", entry.runId(), "the runner-up, though the bad one has to stay");
      }
      assertEquals(0, store.inspect().quarantineBytes());
      sweeper.evictOverflow();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipe", "file"})
  void whereTheQuarantineCannotBeMadeTheRunnerUpIsFoundAllTheSame(String plant) throws Exception {
    Files.createDirectory(engineDirectory);
    plant(plant, engineDirectory.resolve("quarantine"));
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store =
              WarmStartStore.open(root, StoreOptions.defaults().withClock(FaultScenario.AHEAD))) {
            saveAndBreak(store);
            for (int again = 0; again < 2; again++) {
              try (Entry entry = store.lookup(key).orElseThrow()) {
                assertEquals("good", entry.runId());
              }
            }
            Files.delete(KeyFiles.of(root, key).manifest("good"));
            StoreException failed =
                assertThrows(StoreException.class, () -> store.lookup(key).ifPresent(Entry::close));
            assertTrue(String.valueOf(failed.getMessage()).contains("quarantine"));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"link", "dangling link", "pipe", "file"})
  void inPlaceOfTheEngineDirectoryTheRootIsRefusedClearly(String plant) throws Exception {
    plant(plant, engineDirectory);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          StoreException refused =
              assertThrows(StoreException.class, () -> WarmStartStore.open(root));
          String message = String.valueOf(refused.getMessage());
          assertTrue(message.contains("not a directory"), message);
          assertTrue(message.contains(engineDirectory.toString()), message);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"link", "dangling link", "pipe", "full directory"})
  void inPlaceOfTheLockFileTheRootIsRefusedClearly(String plant) throws Exception {
    Files.createDirectory(engineDirectory);
    plant(plant, engineDirectory.resolve("locks"));
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          StoreException refused =
              assertThrows(StoreException.class, () -> WarmStartStore.open(root));
          String message = String.valueOf(refused.getMessage());
          assertTrue(message.contains(engineDirectory.resolve("locks").toString()), message);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"link", "dangling link", "pipe", "file"})
  void inPlaceOfTheSharedFilesTheyAreMadeAnew(String plant) throws Exception {
    Files.createDirectory(engineDirectory);
    plant(plant, engineDirectory.resolve("coordination"));
    plant(plant, engineDirectory.resolve("coordination.new-1-1"));
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store = WarmStartStore.open(root)) {
            store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
            assertEquals(0, store.stats().count(StoreCounter.FILES_ONLY));
          }
        });
  }

  /** A second name of a file outside: it must not be written through. */
  @Test
  void aHardLinkInPlaceOfTheSharedFileIsReplacedNotWritten() throws Exception {
    Files.createDirectory(engineDirectory);
    Path outside = canary.place().resolve("outside");
    Files.write(outside, new byte[1 << 20]);
    Files.createLink(engineDirectory.resolve("coordination"), outside);
    canary.settle();
    try (WarmStartStore store = WarmStartStore.open(root)) {
      store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
    }
  }

  /**
   * A listing of a key failed where its labels could not be read, and waited for ever at a pipe.
   */
  @ParameterizedTest
  @CsvSource({"pipe, .", "file, .", "pipe, KEY", "full directory, KEY", "dangling link, KEY"})
  void inPlaceOfLabelsThereAreNoneAndTheKeyIsListed(String plant, String where) throws Exception {
    Path labels = Files.createDirectory(engineDirectory).resolve("labels");
    plant(plant, where.equals("KEY") ? Files.createDirectory(labels).resolve(key.toHex()) : labels);
    assertTimeoutPreemptively(
        PATIENCE,
        () -> {
          try (WarmStartStore store = WarmStartStore.open(root)) {
            store.save(key, new byte[] {1}, EntryAttributes.checkpoint());
            assertEquals(Map.of(), store.contents(key).labels());
            assertEquals(1, store.contents(key).entries().size());
            assertThrows(StoreException.class, () -> store.label(key, "text", "a name"));
          }
        });
  }

  private void plant(String plant, Path place) throws Exception {
    switch (plant) {
      case "link" -> Files.createSymbolicLink(place, canary.place());
      case "dangling link" -> Files.createSymbolicLink(place, canary.place().resolve("nowhere"));
      case "pipe" ->
          assertEquals(0, new ProcessBuilder("mkfifo", place.toString()).start().waitFor());
      case "file" -> Files.writeString(place, "a file");
      case "full directory" ->
          Files.writeString(Files.createDirectory(place).resolve("file"), "a file");
      default -> throw new IllegalArgumentException(plant);
    }
  }
}
