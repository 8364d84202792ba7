package io.warmstart.payload;

/** Whether a payload's memory was freed. */
public final class Released {
  private Released() {}

  public static boolean is(CachedPayload payload) {
    return payload.memory().released();
  }
}
