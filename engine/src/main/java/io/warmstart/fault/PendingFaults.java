package io.warmstart.fault;

/**
 * Brings the error of a mapped page that is gone to where it can be caught. HotSpot skips the
 * machine instruction that touched the page and leaves a note for the thread, which becomes an
 * {@link InternalError} at some later entry into the VM.
 */
public final class PendingFaults {
  private static final Object NEVER_LOCKED = new Object();

  /**
   * Before the note became a handshake (JDK 19), a native method did not look for it on its way
   * back, only an entry into the VM from Java did. Of the two ways the newer leaves no garbage.
   */
  private static final boolean NATIVE_METHODS_LOOK = Runtime.version().feature() >= 19;

  /** Not final: a compiler that knew the length would build the array without asking the VM. */
  private static int none;

  private PendingFaults() {}

  /**
   * Throws the {@link InternalError} of an access of this thread that has met a lost page, if there
   * was one. Costs tens of nanoseconds and no system call; allocates 16 bytes before JDK 19.
   */
  public static void raise() {
    if (NATIVE_METHODS_LOOK) {
      Thread.holdsLock(NEVER_LOCKED);
    } else {
      allocateNothing(none);
    }
  }

  /** An array of arrays is always built by the VM, even an empty one whose result nobody wants. */
  private static Object allocateNothing(int length) {
    return new Object[length][length];
  }
}
