package io.warmstart.stress.history;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.agrona.IoUtil;

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

  /** The operation that a worker died in, if it died in one. */
  public static Optional<Operation> lastOf(Path directory, int worker) throws IOException {
    return lastBegun(directory, worker).filter(last -> last.responded() == Operation.NEVER);
  }

  /** The operation that a worker has begun last, answered or not. */
  public static Optional<Operation> lastBegun(Path directory, int worker) throws IOException {
    List<Operation> operations = new ArrayList<>();
    for (Path file : segments(directory)) {
      if (file.getFileName().toString().startsWith(RecordLayout.prefix(worker))) {
        read(file, operations);
      }
    }
    return operations.isEmpty()
        ? Optional.empty()
        : Optional.of(operations.get(operations.size() - 1));
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
    try (FileChannel channel = FileChannel.open(file)) {
      MappedByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
      try {
        read(worker, bytes.order(ByteOrder.nativeOrder()), into);
      } finally {
        IoUtil.unmap(bytes);
      }
    }
  }

  private static void read(int worker, ByteBuffer bytes, List<Operation> into) {
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
