package io.warmstart.index.table;

import io.warmstart.payload.CacheLinePadding;
import java.util.Objects;
import org.agrona.concurrent.AtomicBuffer;
import org.jspecify.annotations.Nullable;

/** Where a key's slot lies. Made once, moved often, so that a lookup allocates nothing. */
public final class SlotCursor extends CacheLinePadding {
  private @Nullable IndexFile file;
  public int offset;

  public void moveTo(IndexFile newFile, int newOffset) {
    file = newFile;
    offset = newOffset;
  }

  public void clear() {
    file = null;
  }

  public IndexFile file() {
    return Objects.requireNonNull(file);
  }

  public AtomicBuffer buffer() {
    return file().buffer;
  }

  /** Where the slot's hot word lies in the same buffer. */
  public int hotWord() {
    return file().hotWordAt(offset);
  }
}
