package io.warmstart.index;

import io.warmstart.index.table.IndexFile;
import io.warmstart.index.table.IndexFiles;
import io.warmstart.index.table.IndexMapper;
import io.warmstart.io.NioFileOps;
import io.warmstart.mapped.IndexLayout;
import io.warmstart.notice.Notices;
import io.warmstart.payload.PayloadCache;
import io.warmstart.process.Placement;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The files of an index in plain memory: to be copied, and looked at through other buffers. */
public final class MemoryIndex {
  static final long BOOT = 42;
  static final long GENERATION = 7;
  private static final int NONE = -1;

  private final @Nullable UnsafeBuffer[] memory = new UnsafeBuffer[IndexLayout.MOST_FILES];
  private boolean full;
  private int hidden = NONE;
  private int refusals;

  public MemoryIndex() {
    make(0);
  }

  private UnsafeBuffer make(int number) {
    UnsafeBuffer made = new UnsafeBuffer(ByteBuffer.allocateDirect(IndexLayout.fileLength(number)));
    memory[number] = made;
    new IndexFile(made, number, null).initialise(BOOT, GENERATION);
    return made;
  }

  /** A generation of the index in memory of its own. */
  static Generation attachment() {
    return over(new MemoryIndex());
  }

  /** The same over memory that others use too. */
  public static Generation over(MemoryIndex memory) {
    IndexFiles files =
        new IndexFiles(
            new IndexFile(memory.file(0), 0, null),
            new IndexFiles.Extensions() {
              @Override
              public @Nullable IndexFile open(int number, long generation) {
                return memory.has(number) ? make(number, generation) : null;
              }

              @Override
              public IndexFile make(int number, long generation) {
                return new IndexFile(
                    memory.has(number) ? memory.file(number) : memory.make(number), number, null);
              }
            });
    return new Generation(files, files::allocate);
  }

  /** The bytes of a file that is there. */
  public UnsafeBuffer file(int number) {
    UnsafeBuffer file = memory[number];
    if (file == null) {
      throw new AssertionError("no file " + number);
    }
    return file;
  }

  boolean has(int number) {
    return memory[number] != null;
  }

  /** From here on a file cannot be mapped by those who have not done so. */
  void hide(int number) {
    hidden = number;
  }

  /** Ends that. */
  void hideNothing() {
    hidden = NONE;
  }

  /** From here on a file is found by nobody who has not mapped it. */
  void remove(int number) {
    memory[number] = null;
  }

  /** So many times nobody can attach. */
  void refuse(int times) {
    refusals = times;
  }

  /** From here on no file can be made. */
  void fill() {
    full = true;
  }

  public MemoryIndex copy() {
    MemoryIndex copy = new MemoryIndex();
    for (int number = 0; number < memory.length; number++) {
      UnsafeBuffer original = memory[number];
      if (original != null) {
        copy.make(number).putBytes(0, original, 0, original.capacity());
      }
    }
    copy.full = full;
    return copy;
  }

  /** All puts of one process into the files, as it maps them. */
  Index attach(IndexRoot root, UnaryOperator<AtomicBuffer> over) {
    return attach(root, over, new PayloadCache(1 << 20));
  }

  Index attach(IndexRoot root, UnaryOperator<AtomicBuffer> over, PayloadCache cache) {
    IndexMapper mapper =
        new IndexMapper(Path.of("/nowhere"), new NioFileOps(), () -> BOOT, false) {
          @Override
          public IndexFiles open() throws IOException {
            if (refusals > 0) {
              refusals--;
              throw new IOException("Too many open files");
            }
            return new IndexFiles(new IndexFile(over.apply(file(0)), 0, null), this);
          }

          @Override
          public @Nullable IndexFile open(int number, long generation) throws IOException {
            if (number == hidden) {
              throw new IOException("Too many open files");
            }
            UnsafeBuffer there = memory[number];
            return there == null ? null : new IndexFile(over.apply(there), number, null);
          }

          @Override
          public IndexFile make(int number, long generation) throws IOException {
            if (full) {
              throw new IOException("No space left on device");
            }
            UnsafeBuffer there = memory[number];
            return new IndexFile(
                over.apply(there == null ? MemoryIndex.this.make(number) : there), number, null);
          }
        };
    return new Index(
        root.stripes,
        Path.of("/nowhere"),
        Placement.inRoot(Path.of("/nowhere")),
        new NioFileOps(),
        new Notices(),
        root.counters,
        cache,
        mapper);
  }
}
