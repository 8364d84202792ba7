package io.warmstart.jmh.peer;

/** What some stores must be told when they are made: how much they will hold. */
public record Sizing(long entries, int payloadBytes) {

  /** The bytes of all payloads. */
  public long bytes() {
    return entries * payloadBytes;
  }
}
