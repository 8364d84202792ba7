package io.warmstart;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.io.FaultyFileOps;
import io.warmstart.io.FaultyFileOps.Fault;
import io.warmstart.io.ObservedFileOps.FileOp;
import io.warmstart.model.EntryAttributes;
import io.warmstart.model.StoreException;
import io.warmstart.testing.Rounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A restore that meets an error at any of its operations on files. */
@Tag("slow")
@Tag("once")
class RestoreFaultTest extends QuarantinedEntry {
  /** Whole or not at all: at each operation that fails, once or from there on. */
  @ParameterizedTest
  @EnumSource(names = {"EIO", "ENOSPC", "EACCES"})
  void errorAtAnyOperationLosesNothing(Fault fault) throws IOException {
    for (boolean persistent : List.of(false, true)) {
      List<String> tried = new ArrayList<>();
      int step = persistent ? Rounds.stride(4) : 1;
      int at = 0;
      for (; ; at += step) {
        Path each = root.resolve(fault + "-" + persistent + "-" + at);
        FaultyFileOps ops = new FaultyFileOps();
        @Nullable String operation = restoreWithFault(each, ops, fault, persistent, at);
        if (operation == null) {
          break;
        }
        tried.add(operation);
      }
      assertTrue(at > 25, tried::toString);
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
