package io.warmstart.mapped;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.warmstart.index.ForkedJvm;
import io.warmstart.index.MappedFaultsChild;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The error of a lost page came late: a save failed long after the access that met it, with words
 * about "a recent unsafe memory access".
 */
@Tag("slow")
class MappedFaultsTest {
  private static final int ACCESSES = 16;

  @TempDir Path parent;

  @ParameterizedTest
  @CsvSource({
    "-Xint, 10",
    "-XX:TieredStopAtLevel=1, 2000",
    "-XX:-TieredCompilation, 30000",
    "-XX:+TieredCompilation, 30000"
  })
  void theErrorOfALostPageSurfacesWhereThePageWasTouched(String flag, String warmUp)
      throws Exception {
    try (ForkedJvm child =
        ForkedJvm.command(MappedFaultsChild.class, parent.resolve("file").toString(), warmUp)
            .flag(flag)
            .flag("-XX:ErrorFile=" + parent.resolve("death"))
            .start()) {
      for (int each = 0; each < ACCESSES; each++) {
        String told = child.awaitLine("access");
        assertEquals("5 in place, 0 late", told.substring(told.indexOf(": ") + 2), told);
      }
      child.awaitLine("done");
    }
  }
}
