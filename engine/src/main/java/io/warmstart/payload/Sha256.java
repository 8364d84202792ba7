package io.warmstart.payload;

import io.warmstart.model.Digest256;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A SHA-256 under way. For one thread. */
public final class Sha256 {
  private final MessageDigest digest;

  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Takes the next bytes. */
  public void update(byte[] bytes, int length) {
    digest.update(bytes, 0, length);
  }

  /** Ends it. */
  public Digest256 finish() {
    return Digest256.ofBytes(digest.digest());
  }
}
