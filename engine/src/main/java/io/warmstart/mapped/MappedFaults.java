package io.warmstart.mapped;

import io.warmstart.fault.PendingFaults;

/**
 * Brings the error of a mapped page that is gone to where it can be caught.
 *
 * <p>A page of a mapping is lost when somebody truncates the file. HotSpot then skips the machine
 * instruction that touched it (a load leaves anything in its register, a store is dropped) and
 * leaves a note for the thread, which becomes an {@link InternalError} at some later entry into the
 * VM: another method, a user's code. Code that accesses a mapping therefore calls {@link
 * #raisePending} inside the same {@code try}, and uses nothing that was read before it has
 * returned:
 *
 * <pre>{@code
 * try {
 *   long value = buffer.getLongVolatile(offset);
 *   MappedFaults.raisePending();
 *   return value;
 * } catch (InternalError e) {
 *   lost = true; // and the caller goes on with files
 * }
 * }</pre>
 *
 * <p>This holds only for accesses that HotSpot can skip. It dies on a lost page
 *
 * <ul>
 *   <li>in a compare-and-set or a get-and-add that is not compiled;
 *   <li>in compiled code that reads an {@code int} and widens it to a {@code long}: x86's {@code
 *       movslq} is an instruction whose length it cannot tell.
 * </ul>
 *
 * <p>So a mapping that others can truncate is read and written in whole {@code long}s (plain,
 * volatile, acquire, release) and copied in bulk, and in no other way.
 */
public final class MappedFaults {
  private MappedFaults() {}

  /**
   * Throws the {@link InternalError} of an access of this thread that has met a lost page, if there
   * was one. Costs tens of nanoseconds and no system call; allocates 16 bytes before JDK 19.
   */
  public static void raisePending() {
    PendingFaults.raise();
  }
}
