package io.warmstart.jmh.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairFilesTest {
  @TempDir Path root;

  /** One run of the sweeps in ten had entries that were shorter than their budget was made for. */
  @Test
  void allEntriesAreOfOneLengthWhateverTheirStamp() throws IOException {
    PairFiles files = new PairFiles(root, 256);
    int key = 0;
    for (int nanos : new int[] {0, 7, 12_345_678, 100_000_000, 999_999_999}) {
      files.write(key, 1, Instant.ofEpochSecond(1_700_000_000, nanos));
      Path directory = root.resolve(Key.of(key).hex());
      key++;

      long bytes =
          Files.size(directory.resolve("run.bin")) + Files.size(directory.resolve("run.json"));

      assertEquals(files.bytesOfOne(), bytes);
    }
  }
}
