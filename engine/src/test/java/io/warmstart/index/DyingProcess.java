package io.warmstart.index;

import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A process that dies instead of making one of its stores: see {@link #over}. */
public final class DyingProcess {
  /** What a SIGKILL looks like from within. */
  public static final class Death extends Error {
    private static final long serialVersionUID = 1L;

    private Death() {
      super("killed", null, false, false);
    }
  }

  private long left = Long.MAX_VALUE;
  private long stores;
  private long loads;

  /** From here on so many stores are made, and no more. */
  public void dieAfter(long more) {
    left = more;
    stores = 0;
  }

  /** How many stores it has made since. */
  long stores() {
    return stores;
  }

  /** How many loads it has made since it was born. */
  public long loads() {
    return loads;
  }

  /** A buffer of the process over memory that outlives it. */
  public AtomicBuffer over(AtomicBuffer memory) {
    return new Mapped(memory);
  }

  private void store() {
    if (stores == left) {
      throw new Death();
    }
    stores++;
  }

  /** All loads and stores of the index are among these: see {@link IndexBufferCallsTest}. */
  private final class Mapped extends UnsafeBuffer {
    Mapped(AtomicBuffer memory) {
      super(memory);
    }

    @Override
    public long getLong(int index) {
      loads++;
      return super.getLong(index);
    }

    @Override
    public long getLongVolatile(int index) {
      loads++;
      return super.getLongVolatile(index);
    }

    @Override
    public void getBytes(int index, byte[] target) {
      loads++;
      super.getBytes(index, target);
    }

    @Override
    public void putLong(int index, long value) {
      store();
      super.putLong(index, value);
    }

    @Override
    public void putLongVolatile(int index, long value) {
      store();
      super.putLongVolatile(index, value);
    }

    @Override
    public void putLongRelease(int index, long value) {
      store();
      super.putLongRelease(index, value);
    }

    @Override
    public void putBytes(int index, byte[] source, int offset, int length) {
      if (stores == left) {
        // No one store: it gets half way.
        super.putBytes(index, source, offset, length / 2);
      }
      store();
      super.putBytes(index, source, offset, length);
    }
  }
}
