package io.warmstart.index;

import io.warmstart.payload.CacheLinePadding;
import java.util.Objects;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/** Where a key's slot lies. Made once, moved often, so that a lookup allocates nothing. */
final class SlotCursor extends CacheLinePadding {
  private @Nullable AtomicBuffer buffer;
  int offset;

  void moveTo(AtomicBuffer newBuffer, int newOffset) {
    buffer = newBuffer;
    offset = newOffset;
  }

  void clear() {
    buffer = null;
  }

  AtomicBuffer buffer() {
    return Objects.requireNonNull(buffer);
  }
}
