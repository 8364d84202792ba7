package io.warmstart.stress.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Whole inputs of targets: those in {@code fuzz/}, one a line, or scripts of random edits. */
final class Corpus {
  private static final int SCRIPTS = 16;

  private Corpus() {}

  /** The lines of a file beside this class's, of bytes as they are. */
  static List<byte[]> lines(String name) throws IOException {
    try (InputStream stream = Corpus.class.getResourceAsStream("/fuzz/" + name + ".txt")) {
      if (stream == null) {
        throw new IOException("no corpus: fuzz/" + name + ".txt");
      }
      String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return Arrays.stream(text.split("\n"))
          .map(line -> line.getBytes(StandardCharsets.UTF_8))
          .toList();
    }
  }

  /** Scripts for {@link Edits}, always the same. */
  static List<byte[]> scripts() {
    SplittableRandom random = new SplittableRandom(7);
    return IntStream.range(0, SCRIPTS)
        .mapToObj(
            each -> {
              ByteBuffer script = ByteBuffer.allocate((1 + each % 8) * Edits.STEP_BYTES);
              random.nextBytes(script.array());
              return script.array();
            })
        .toList();
  }
}
