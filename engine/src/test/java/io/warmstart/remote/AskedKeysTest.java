package io.warmstart.remote;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.warmstart.model.Digest256;
import org.junit.jupiter.api.Test;

class AskedKeysTest {
  private static final Digest256 KEY = Digest256.fromHex("12".repeat(32));
  private static final long INTERVAL = 100;

  private long now = 1000;
  private final AskedKeys asked = new AskedKeys(INTERVAL, () -> now);

  @Test
  void keyIsDueUntilItWasAskedAndAgainWhenTheIntervalIsOver() {
    assertTrue(asked.isDue(KEY));

    asked.asked(KEY);

    assertFalse(asked.isDue(KEY));
    now += INTERVAL - 1;
    assertFalse(asked.isDue(KEY));
    now++;
    assertTrue(asked.isDue(KEY));
  }

  /** By a clock that was set back an hour, no key would be asked for again for an hour. */
  @Test
  void clockThatWasSetBackMakesAKeyDue() {
    asked.asked(KEY);

    now--;

    assertTrue(asked.isDue(KEY));
  }
}
