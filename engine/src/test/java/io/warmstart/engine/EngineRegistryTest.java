package io.warmstart.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.warmstart.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which stores of one JVM share an engine. */
class EngineRegistryTest {
  private static final StoreOptions READERS = StoreOptions.defaults().withReadOnly(true);

  @TempDir Path root;
  @TempDir Path machine;

  /** The one that was opened first had the other take what it knew of other machines. */
  @Test
  void aReaderBesideOtherMachinesSharesNoneWithOneThatIsAlone() throws IOException {
    Path real = root.toRealPath();
    EngineOptions beside = READERS.withLocalDirectory(machine).engineOptions();
    Engine alone = EngineRegistry.acquire(real, READERS.engineOptions());
    Engine knowing = EngineRegistry.acquire(real, beside);
    Engine again = EngineRegistry.acquire(real, beside);
    try {
      assertNotSame(alone, knowing);
      assertSame(knowing, again);
      assertEquals(false, alone.place().shared());
      assertEquals(true, knowing.place().shared());
    } finally {
      EngineRegistry.release(again);
      EngineRegistry.release(knowing);
      EngineRegistry.release(alone);
    }
  }
}
