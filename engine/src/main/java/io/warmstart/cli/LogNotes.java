package io.warmstart.cli;

import io.warmstart.model.PayloadTooLargeException;
import io.warmstart.model.StorageFullException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the store says through its logger becomes notes on standard error: what was evicted, what
 * has come into force, what is damaged. The JDK makes it when the first of them comes.
 */
public final class LogNotes extends Handler {
  private static volatile @Nullable Output output;

  /** Names where notes go. */
  static void tell(Output notes) {
    output = notes;
  }

  @Override
  public void publish(LogRecord record) {
    Output notes = output;
    // A save that is refused, or finds no room, is the command's own, which says so.
    boolean said =
        record.getThrown() instanceof PayloadTooLargeException
            || record.getThrown() instanceof StorageFullException;
    if (notes != null && !said && isLoggable(record)) {
      notes.note(String.valueOf(record.getMessage()));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}

  /** The JDK's logging for a command: the store's logger alone, and to us. */
  public static final class Configuration {
    private static final String PROPERTIES =
        "io.warmstart.handlers="
            + LogNotes.class.getName()
            + "\nio.warmstart.level=FINE\nio.warmstart.useParentHandlers=false\n";

    /** Called by the JDK, once somebody logs. */
    public Configuration() throws IOException {
      LogManager.getLogManager()
          .readConfiguration(
              new ByteArrayInputStream(PROPERTIES.getBytes(StandardCharsets.ISO_8859_1)));
    }
  }
}
