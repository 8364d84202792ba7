package io.warmstart.stress.syscall;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The process that is counted: overwrites until it runs as it will for hours, then as often as
 * asked between two marks, and then looks up in the same way.
 */
@Command(
    name = CountedCommand.NAME,
    hidden = true,
    description = "Overwrites and looks up between marks.")
public final class CountedCommand implements Callable<Integer> {
  static final String NAME = "counted";

  @Parameters(index = "0")
  private CountedStore.Which which = CountedStore.Which.WARMSTART;

  @Parameters(index = "1")
  private Path root = Path.of("");

  @Parameters(index = "2")
  private int payloadBytes;

  @Parameters(index = "3")
  private int warmups;

  @Parameters(index = "4")
  private int overwrites;

  @Parameters(index = "5")
  private int hits;

  @Override
  public Integer call() throws IOException {
    byte[] payload = new byte[payloadBytes];
    Random random = new Random(1);
    try (CountedStore store = CountedStore.of(which, root)) {
      long iteration = 0;
      for (int i = 0; i < warmups; i++) {
        random.nextBytes(payload);
        store.overwrite(payload, iteration++);
      }
      mark(StraceLog.Marks.OVERWRITES.begin());
      for (int i = 0; i < overwrites; i++) {
        random.nextBytes(payload);
        store.overwrite(payload, iteration++);
      }
      mark(StraceLog.Marks.OVERWRITES.end());
      if (which.countsHits()) {
        look(store);
        mark(StraceLog.Marks.HITS.begin());
        look(store);
        mark(StraceLog.Marks.HITS.end());
      }
    }
    return 0;
  }

  private void look(CountedStore store) {
    for (int i = 0; i < hits; i++) {
      store.hit();
    }
  }

  /** A call that the log shows with its argument: a look at a name that is not there. */
  private static void mark(String name) {
    if (Files.exists(Path.of(name))) {
      throw new IllegalStateException("in the way of a mark: file=" + name);
    }
  }
}
