package io.warmstart.save;

import java.io.IOException;

/** Whether a run has a later version than one that is to be saved, elsewhere than in a pair. */
@FunctionalInterface
public interface LaterVersion {
  boolean isThere() throws IOException;
}
