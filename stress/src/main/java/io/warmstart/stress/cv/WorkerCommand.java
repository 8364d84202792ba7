package io.warmstart.stress.cv;

import io.warmstart.WarmStartStore;
import io.warmstart.stress.cv.work.Worker;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The worker's command line; its coordinator is the only one to use it. */
@Command(
    name = WorkerCommand.NAME,
    hidden = true,
    description = "A worker of cv; speaks its coordinator's protocol on its standard streams.")
public final class WorkerCommand implements Callable<Integer> {
  static final String NAME = "cv-worker";

  private static final int DONE = 0;
  private static final int ERROR = 3;

  @Mixin private SpecOptions options;

  @Override
  public Integer call() {
    PrintStream messages =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)),
            false,
            StandardCharsets.UTF_8);
    // Whatever else prints to standard output must not come between the messages.
    System.setOut(System.err);
    boolean done =
        new Worker(System.in, messages)
            .run(options.spec(), () -> WarmStartStore.open(options.root, options.storeOptions()));
    return done ? DONE : ERROR;
  }
}
