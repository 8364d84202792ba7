package io.warmstart.format;

import io.warmstart.model.Digest256;

/** Which run of which key; as text, what a message says of it. */
public record Run(Digest256 key, String runId) {
  @Override
  public String toString() {
    return "key=" + key.toHex() + " run=" + runId;
  }
}
