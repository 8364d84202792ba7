package io.warmstart.index;

import io.warmstart.payload.CacheLinePadding;
import java.util.Objects;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/** Where a key's slot lies. Made once, moved often, so that a lookup allocates nothing. */
final class SlotCursor extends CacheLinePadding {
  private @Nullable IndexFile file;
  int offset;

  void moveTo(IndexFile newFile, int newOffset) {
    file = newFile;
    offset = newOffset;
  }

  void clear() {
    file = null;
  }

  IndexFile file() {
    return Objects.requireNonNull(file);
  }

  AtomicBuffer buffer() {
    return file().buffer;
  }

  /** Where the slot's hot word lies in the same buffer. */
  int hotWord() {
    return file().hotWordAt(offset);
  }
}
