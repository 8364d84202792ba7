package io.warmstart.payload;

import io.warmstart.io.FileOps;
import io.warmstart.io.Pieces;
import io.warmstart.model.Digest256;
import io.warmstart.model.Payload;
import io.warmstart.model.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.Checksum;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.PointerBytesStore;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.IoUtil;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One version of a payload, off the heap: those that the cache can keep many of copied into native
 * memory, larger ones mapped read-only, those beyond what a buffer can address copied again, in
 * pieces, into native memory. Where other machines may write, all are copied.
 *
 * <p>A mapping shows the version that was opened for as long as it lives: overwriting renames
 * another file into place, eviction removes the name. A program that truncates a payload file in
 * place, against the format, makes later accesses of the mapping fail with InternalError, or kills
 * the process; a copy it cannot reach ({@code docs/adr/0005}).
 *
 * <p>{@link #release} may be called from any thread, once or more; nobody may be reading then.
 */
public final class PayloadMemory {
  /**
   * Up to here a payload is copied: 16 MiB. Up to about that size a copy with its checksum takes no
   * more time than the page faults of a mapping, and a few do not fill the cache.
   */
  static final long COPY_UP_TO_BYTES = PayloadCache.DEFAULT_CAPACITY_BYTES / 16;

  /** What a mapping and a {@link org.agrona.DirectBuffer} can address. */
  static final long MAP_UP_TO_BYTES = Integer.MAX_VALUE - 8;

  private final @Nullable MappedByteBuffer mapping;
  private final long address;
  private final long length;
  private final AtomicBoolean released = new AtomicBoolean();

  private PayloadMemory(@Nullable MappedByteBuffer mapping, long address, long length) {
    this.mapping = mapping;
    this.address = address;
    this.length = length;
  }

  /** A payload as it was read, and its checksum where that was wanted. */
  public record Loaded(PayloadMemory memory, @Nullable Digest256 checksum) {}

  /**
   * Reads a payload whose size has been compared with the manifest's.
   *
   * @param withChecksum whether to compute the checksum on the way
   * @throws EOFException if the file is shorter than {@code length}
   */
  public static Loaded load(FileOps.FileHandle file, long length, boolean withChecksum)
      throws IOException {
    return load(file, length, withChecksum, COPY_UP_TO_BYTES, MAP_UP_TO_BYTES);
  }

  static Loaded load(
      FileOps.FileHandle file, long length, boolean withChecksum, long copyUpTo, long mapUpTo)
      throws IOException {
    return length > copyUpTo && length <= mapUpTo
        ? map(file, length, withChecksum)
        : copy(file, length, withChecksum);
  }

  /** The same, never by a mapping: the payload then depends on the file no more. */
  public static Loaded copy(FileOps.FileHandle file, long length, boolean withChecksum)
      throws IOException {
    if (length == 0) {
      Digest256 ofNothing = withChecksum ? new Sha256().finish() : null;
      return new Loaded(new PayloadMemory(null, 0, 0), ofNothing);
    }
    long address = allocate(length);
    boolean loaded = false;
    try {
      Sha256 sha256 = withChecksum ? new Sha256() : null;
      byte[] piece = Pieces.of(length);
      for (long position = 0; position < length; ) {
        int count = (int) Math.min(piece.length, length - position);
        count = file.read(ByteBuffer.wrap(piece, 0, count), position);
        if (count <= 0) {
          throw new EOFException("payload ends early: expected=" + length + " actual=" + position);
        }
        new UnsafeBuffer(address + position, count).putBytes(0, piece, 0, count);
        if (sha256 != null) {
          sha256.update(piece, count);
        }
        position += count;
      }
      PayloadMemory memory = new PayloadMemory(null, address, length);
      loaded = true;
      return new Loaded(memory, sha256 == null ? null : sha256.finish());
    } finally {
      if (!loaded) {
        UnsafeApi.freeMemory(address);
      }
    }
  }

  /**
   * Copies a payload out of memory that others may write to meanwhile: what was copied is then to
   * be compared with its check.
   *
   * @throws IOException if there is no memory for it
   */
  public static PayloadMemory copyOf(DirectBuffer source, int offset, int length)
      throws IOException {
    if (length == 0) {
      return new PayloadMemory(null, 0, 0);
    }
    long address = allocate(length);
    boolean copied = false;
    try {
      new UnsafeBuffer(address, length).putBytes(0, source, offset, length);
      copied = true;
      return new PayloadMemory(null, address, length);
    } finally {
      if (!copied) {
        UnsafeApi.freeMemory(address);
      }
    }
  }

  /**
   * The checksum of what was copied.
   *
   * @param also takes the same bytes
   */
  public Digest256 checksum(Checksum also) {
    Sha256 sha256 = new Sha256();
    byte[] piece = Pieces.of(length);
    for (long position = 0; position < length; position += piece.length) {
      int count = (int) Math.min(piece.length, length - position);
      new UnsafeBuffer(address + position, count).getBytes(0, piece, 0, count);
      sha256.update(piece, count);
      also.update(piece, 0, count);
    }
    return sha256.finish();
  }

  /** Whether a payload of this length is copied into native memory, and not mapped. */
  public static boolean isCopied(long length) {
    return length <= COPY_UP_TO_BYTES;
  }

  /** Takes over native memory that a payload was copied to. */
  static PayloadMemory ofCopy(long address, long length) {
    return new PayloadMemory(null, address, length);
  }

  /** The length is what a manifest says: too much of it is that entry's failure, not the JVM's. */
  static long allocate(long length) throws IOException {
    try {
      return UnsafeApi.allocateMemory(length);
    } catch (OutOfMemoryError e) {
      throw new IOException("payload does not fit into native memory: actual=" + length, e);
    }
  }

  /** The same of memory that is there, which stays if there is no more. */
  static long reallocate(long address, long capacity, long length) throws IOException {
    try {
      return UnsafeApi.reallocateMemory(address, capacity);
    } catch (OutOfMemoryError e) {
      throw new IOException("payload does not fit into native memory: actual=" + length, e);
    }
  }

  private static Loaded map(FileOps.FileHandle file, long length, boolean withChecksum)
      throws IOException {
    MappedByteBuffer mapping = file.mapReadOnly(length);
    boolean loaded = false;
    try {
      long address = BufferUtil.address(mapping);
      Digest256 checksum = withChecksum ? checksum(mapping) : null;
      loaded = true;
      return new Loaded(new PayloadMemory(mapping, address, length), checksum);
    } catch (InternalError e) {
      // A page of the mapping is gone: the file was truncated under it.
      throw new EOFException("payload was truncated while it was read: expected=" + length);
    } finally {
      if (!loaded) {
        IoUtil.unmap(mapping);
      }
    }
  }

  /** Through the heap, piece by piece: a checksum intrinsic over a lost page kills the JVM. */
  private static Digest256 checksum(MappedByteBuffer mapping) {
    Sha256 sha256 = new Sha256();
    byte[] piece = Pieces.of(mapping.capacity());
    ByteBuffer view = mapping.duplicate();
    while (view.hasRemaining()) {
      int count = Math.min(piece.length, view.remaining());
      view.get(piece, 0, count);
      sha256.update(piece, count);
    }
    return sha256.finish();
  }

  /** Bytes. */
  public long length() {
    return length;
  }

  /** Copies some of it to the heap. */
  void get(long position, byte[] target, int offset, int count) {
    new UnsafeBuffer(address + position, count).getBytes(0, target, offset, count);
  }

  /** Whether it is a mapping. */
  boolean isMapped() {
    return mapping != null;
  }

  /** Where it lies; 0 if it is empty. */
  long address() {
    return address;
  }

  /** Whether an Agrona buffer can show so many bytes. */
  public static boolean fitsBuffer(long length) {
    return length <= MAP_UP_TO_BYTES;
  }

  /**
   * The payload as Chronicle's bytes, of any size; to be released before the memory is.
   *
   * @throws OutOfMemoryError if there is no thread or memory now for Chronicle to start
   * @throws StoreException if Chronicle's classes do not work in this JVM
   */
  public BytesStore<?, ?> view() {
    ChronicleBytes.require();
    try {
      if (length == 0) {
        return BytesStore.lazyNativeBytesStoreWithFixedCapacity(0);
      }
      PointerBytesStore view = BytesStore.nativePointer();
      view.set(address, length);
      return view;
    } catch (LinkageError | UnsupportedOperationException e) {
      throw ChronicleBytes.broken(e);
    }
  }

  /** Its bytes, to be saved or sent before it is released. */
  public Payload asPayload() {
    return fitsBuffer(length)
        ? Payload.of(new UnsafeBuffer(address, (int) length), 0, (int) length)
        : Payload.of(view());
  }

  /** Whether it was freed. */
  boolean released() {
    return released.get();
  }

  /** Frees the memory or the mapping; later calls do nothing. */
  public void release() {
    if (released.compareAndSet(false, true)) {
      if (mapping != null) {
        IoUtil.unmap(mapping);
      } else if (address != 0) {
        UnsafeApi.freeMemory(address);
      }
    }
  }
}
