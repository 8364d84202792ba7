package io.warmstart.stress.syscall;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * The process that is counted: overwrites until it runs as it will for hours, and then as often as
 * asked between two marks.
 */
@Command(name = OverwriteCommand.NAME, hidden = true, description = "Overwrites between two marks.")
public final class OverwriteCommand implements Callable<Integer> {
  static final String NAME = "overwrite";

  @Parameters(index = "0")
  private Overwriter.Store store = Overwriter.Store.WARMSTART;

  @Parameters(index = "1")
  private Path root = Path.of("");

  @Parameters(index = "2")
  private int payloadBytes;

  @Parameters(index = "3")
  private int warmups;

  @Parameters(index = "4")
  private int overwrites;

  @Override
  public Integer call() throws IOException {
    byte[] payload = new byte[payloadBytes];
    Random random = new Random(1);
    try (Overwriter overwriter = Overwriter.of(store, root)) {
      long iteration = 0;
      for (int i = 0; i < warmups; i++) {
        random.nextBytes(payload);
        overwriter.overwrite(payload, iteration++);
      }
      mark(StraceLog.BEGIN);
      for (int i = 0; i < overwrites; i++) {
        random.nextBytes(payload);
        overwriter.overwrite(payload, iteration++);
      }
      mark(StraceLog.END);
    }
    return 0;
  }

  /** A call that the log shows with its argument: a look at a name that is not there. */
  private static void mark(String name) {
    if (Files.exists(Path.of(name))) {
      throw new IllegalStateException("in the way of a mark: file=" + name);
    }
  }
}
