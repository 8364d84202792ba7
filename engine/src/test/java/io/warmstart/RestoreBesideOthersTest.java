package io.warmstart;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.format.Owner;
import io.warmstart.format.StagedName;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.io.ObservedFileOps.Kind;
import io.warmstart.io.OnceBefore;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.RestoreReport.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restore while others publish, or may be about to. */
class RestoreBesideOthersTest extends QuarantinedEntry {
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
      assertEquals(List.of(Outcome.NOT_WHOLE), outcomes(store.quarantined(List.of())));
    }
  }

  /** Whether it gives a file its name, or takes it from there. */
  private static boolean names(FileOp op, String name) {
    Path target = op.target();
    return (op.kind() == Kind.RENAME || op.kind() == Kind.LINK)
        && (op.path().endsWith(name) || (target != null && target.endsWith(name)));
  }

  /** A rename replaced what the original, or another machine, had published since the last look. */
  @ParameterizedTest
  @ValueSource(strings = {"r1.bin", "r1.json"})
  void whatOthersPublishMeanwhileStays(String before, @TempDir Path elsewhere) throws Exception {
    OnceBefore ops = new OnceBefore();
    try (WarmStartStore store = WarmStartStore.open(root, options.withFileOps(ops));
        WarmStartStore other = WarmStartStore.open(elsewhere, options)) {
      save(store, "r1", PAYLOAD);
      quarantineHalves(store, "r1");
      List<String> quarantined = KeyFiles.quarantined(root);
      other.saveOverwrite(key, "r1", OTHER, EntryAttributes.checkpoint());
      KeyFiles others = KeyFiles.of(elsewhere, key);
      ops.arm(
          op -> names(op, before),
          1,
          () -> {
            Files.move(others.payload("r1"), files().payload("r1"), REPLACE_EXISTING);
            Files.move(others.manifest("r1"), files().manifest("r1"), REPLACE_EXISTING);
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
}
