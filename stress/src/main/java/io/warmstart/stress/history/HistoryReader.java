package io.warmstart.stress.history;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads what workers did, the dead ones too. */
public final class HistoryReader {
  private HistoryReader() {}

  /** All operations of all histories in a directory, in no order. */
  public static List<Operation> readAll(Path directory) throws IOException {
    List<Operation> operations = new ArrayList<>();
    for (Path file : segments(directory)) {
      read(file, operations);
    }
    return operations;
  }

  /** Removes the histories of a directory. */
  public static void removeAll(Path directory) throws IOException {
    for (Path file : segments(directory)) {
      Files.delete(file);
    }
  }

  private static List<Path> segments(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("history-"))
          .sorted()
          .toList();
    }
  }

  private static void read(Path file, List<Operation> into) throws IOException {
    String name = file.getFileName().toString();
    int worker = Integer.parseInt(name.substring("history-".length(), "history-".length() + 5));
    ByteBuffer bytes;
    try (FileChannel channel = FileChannel.open(file)) {
      bytes = ByteBuffer.allocate((int) channel.size()).order(ByteOrder.nativeOrder());
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
        // Until all is read.
      }
      bytes.flip();
    }
    for (int at = 0; at < bytes.limit(); at += RecordLayout.LENGTH) {
      int state = bytes.getInt(at + RecordLayout.STATE);
      if (state == RecordLayout.EMPTY) {
        return;
      }
      into.add(
          new Operation(
              worker,
              Kind.ofCode(bytes.getInt(at + RecordLayout.KIND)),
              bytes.getInt(at + RecordLayout.KEY),
              bytes.getInt(at + RecordLayout.RUN),
              bytes.getLong(at + RecordLayout.VERSION),
              bytes.getLong(at + RecordLayout.INVOKED),
              state == RecordLayout.IN_FLIGHT
                  ? Operation.NEVER
                  : bytes.getLong(at + RecordLayout.RESPONDED),
              state == RecordLayout.FAILED,
              bytes.getLong(at + RecordLayout.REMOVED)));
    }
  }
}
