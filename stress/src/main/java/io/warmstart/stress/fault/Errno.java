package io.warmstart.stress.fault;

/** What a call fails with, by its number on Linux. */
public enum Errno {
  EIO(5),
  EACCES(13),
  EMFILE(24),
  ENOSPC(28),
  EROFS(30);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
