package io.warmstart.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PiecesTest {
  private final FileOps ops = new NioFileOps();

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 20_000, 64 * 1024})
  void theBeginningOfAFileEndsWithTheFileOrAtTheLimit(int length) throws IOException {
    byte[] bytes = write(length);

    for (int most : new int[] {0, 1, 4096, 10_000, length, length + 1}) {
      assertArrayEquals(
          Arrays.copyOf(bytes, Math.min(most, length)),
          Pieces.first(ops, file(), most),
          () -> "at most " + most);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 512, 128 * 1024, 300_000})
  void eachByteOfAFileIsTakenOnceAndInOrder(int length) throws IOException {
    byte[] bytes = write(length);
    ByteArrayOutputStream taken = new ByteArrayOutputStream();

    try (FileOps.FileHandle file = ops.openForReading(file())) {
      Pieces.each(file, (piece, count) -> taken.write(piece, 0, count));
    }

    assertArrayEquals(bytes, taken.toByteArray());
  }

  /** No two neighbouring pages are alike. */
  private byte[] write(int length) throws IOException {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i + (i >> 8) + (i >> 16));
    }
    Files.write(file(), bytes);
    return bytes;
  }

  private Path file() {
    return directory.resolve("file");
  }
}
