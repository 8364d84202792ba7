package io.warmstart.pair;

import io.warmstart.format.Stamp;
import java.io.IOException;

/** Gives the moments of writes. */
@FunctionalInterface
public interface StampSource {
  /** The written stamp of the next entry of a key: later than any that the key has. */
  Stamp next(KeyDirectory directory) throws IOException;
}
