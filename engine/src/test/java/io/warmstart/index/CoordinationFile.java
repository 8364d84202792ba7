package io.warmstart.index;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** The shared file as a vandal sees it. */
final class CoordinationFile {
  private CoordinationFile() {}

  static Path in(Path directory) {
    return directory.resolve(ProcessRegistry.COORDINATION_NAME);
  }

  static boolean isWhole(Path directory) {
    try {
      return Files.size(in(directory)) == CoordinationLayout.FILE_LENGTH;
    } catch (IOException e) {
      return false;
    }
  }

  static void patch(Path directory, Consumer<MappedByteBuffer> change) throws IOException {
    try (FileChannel channel =
        FileChannel.open(in(directory), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer buffer = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
      buffer.order(ByteOrder.LITTLE_ENDIAN);
      change.accept(buffer);
    }
  }
}
