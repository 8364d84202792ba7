package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.index.ForkedJvm;
import io.warmstart.model.Durability;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.Fingerprint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a flight recording shows of a store, and that it costs nothing where there is none. */
@Tag("slow")
class FlightRecordingTest {
  @TempDir Path parent;

  /** Saves into files and into the journal, looks up and sweeps. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      Fingerprint key = Payloads.key("k");
      Path root = Path.of(arguments[0]);
      StoreOptions inFiles = StoreOptions.defaults().withDurability(Durability.IN_FILES);
      try (WarmStartStore store = WarmStartStore.open(root, inFiles);
          WarmStartStore journalling = WarmStartStore.open(root)) {
        store.saveOverwrite(key, "r", new byte[100], EntryAttributes.checkpoint());
        JournallingProcess.warmUp(journalling, key);
        store.lookup(key).orElseThrow().close();
        store.evictOverflow();
      }
      System.out.println("done");
    }
  }

  private static void run(Path root, String... flags) throws Exception {
    ForkedJvm.Command command = ForkedJvm.command(Program.class, root.toString());
    for (String flag : flags) {
      command.flag(flag);
    }
    try (ForkedJvm program = command.start()) {
      program.awaitLine("done");
      program.awaitEnd();
    }
  }

  @Test
  void itShowsSavesLookupsSweepsAndSyncs() throws Exception {
    Path file = parent.resolve("recording.jfr");

    run(parent.resolve("root"), "-XX:StartFlightRecording=filename=" + file);

    Map<String, List<RecordedEvent>> events =
        RecordingFile.readAllEvents(file).stream()
            .collect(Collectors.groupingBy(each -> each.getEventType().getName()));
    List<RecordedEvent> saves = events.getOrDefault("io.warmstart.Save", List.of());
    RecordedEvent first = saves.get(0);
    assertEquals(Payloads.key("k").toHex(), first.getString("key"));
    assertEquals("r", first.getString("runId"));
    assertEquals(100, first.getLong("bytes"));
    assertEquals("IN_FILES", first.getString("durability"));
    assertFalse(first.getBoolean("journalled"));
    assertTrue(first.getDuration().toNanos() > 0);
    assertTrue(saves.get(saves.size() - 1).getBoolean("journalled"));
    assertTrue(
        events.getOrDefault("io.warmstart.Lookup", List.of()).stream()
            .anyMatch(each -> each.getBoolean("found")));
    assertFalse(events.getOrDefault("io.warmstart.Sweep", List.of()).isEmpty());
    assertEquals(
        List.of("directory", "file", "segment"),
        events.getOrDefault("io.warmstart.Sync", List.of()).stream()
            .map(each -> each.getString("what"))
            .distinct()
            .sorted()
            .toList());
  }

  /**
   * The first event of a program's own costs a JVM some tenths of a second, recording or not; to
   * load Chronicle's bytes takes about as long.
   */
  @Test
  void whatNobodyAsksForIsNotLoaded() throws Exception {
    Path loaded = parent.resolve("loaded");

    run(parent.resolve("root"), "-Xlog:class+load:file=" + loaded);

    String classes = Files.readString(loaded);
    assertTrue(classes.contains("io.warmstart.flight.Flight"));
    assertFalse(classes.contains("jdk.jfr.internal.MetadataRepository"));
    assertFalse(classes.contains("net.openhft.chronicle.core.Jvm"));
  }

  @Test
  void aRuntimeThatHasNoRecorderWillDo() throws Exception {
    run(parent.resolve("root"), "--limit-modules=java.se,jdk.unsupported");
  }
}
