package io.warmstart.index;

import io.warmstart.mapped.MappedFaults;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Touches pages that are gone, and tells of each kind of access what it did not catch in place. */
public final class MappedFaultsChild {
  private static final int LENGTH = 64 * 1024;
  private static final int PAGE = 4096;
  private static final int ROUNDS = 5;
  private static final long CAUGHT = -0x7777;
  private static final byte[] HEAP = new byte[256];

  /** Not final, so that no compiler knows it. */
  private static long five = 5;

  private static long sink;

  private MappedFaultsChild() {}

  private interface Access {
    long go(AtomicBuffer buffer, int offset);
  }

  private static Map<String, Access> accesses() {
    Map<String, Access> all = new LinkedHashMap<>();
    all.put("get", (buffer, offset) -> buffer.getLong(offset));
    all.put("get volatile", (buffer, offset) -> buffer.getLongVolatile(offset));
    all.put("get acquire", (buffer, offset) -> buffer.getLongAcquire(offset));
    all.put("compare", (buffer, offset) -> buffer.getLongVolatile(offset) == five ? 3 : 4);
    all.put("test bits", (buffer, offset) -> (buffer.getLong(offset) & 0x1234_5600L) == 0 ? 3 : 4);
    all.put("narrow", (buffer, offset) -> (int) buffer.getLong(offset));
    all.put("shift", (buffer, offset) -> (int) (buffer.getLongVolatile(offset) >>> 32));
    all.put(
        "as double", (buffer, offset) -> (long) Double.longBitsToDouble(buffer.getLong(offset)));
    all.put(
        "sum",
        (buffer, offset) -> {
          long sum = 0;
          for (int each = 0; each < PAGE; each += 8) {
            sum += buffer.getLongVolatile(offset + each);
          }
          return sum;
        });
    all.put(
        "copy out",
        (buffer, offset) -> {
          buffer.getBytes(offset, HEAP, 0, 64);
          return HEAP[3];
        });
    all.put("put", (buffer, offset) -> put(() -> buffer.putLong(offset, five)));
    all.put("put volatile", (buffer, offset) -> put(() -> buffer.putLongVolatile(offset, five)));
    all.put("put release", (buffer, offset) -> put(() -> buffer.putLongRelease(offset, five)));
    all.put("put nothing", (buffer, offset) -> put(() -> buffer.putLong(offset, 0)));
    all.put("copy in", (buffer, offset) -> put(() -> buffer.putBytes(offset, HEAP, 0, 64)));
    all.put(
        "add",
        (buffer, offset) -> put(() -> buffer.putLong(offset, buffer.getLong(offset) + five)));
    return all;
  }

  private static long put(Runnable put) {
    put.run();
    return 0;
  }

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[0]);
    int warmUp = Integer.parseInt(args[1]);
    for (Map.Entry<String, Access> each : accesses().entrySet()) {
      AtomicBuffer whole = map(file);
      for (int i = 0; i < warmUp; i++) {
        sink += caught(each.getValue(), whole);
      }
      int inPlace = 0;
      int late = 0;
      for (int round = 0; round < ROUNDS; round++) {
        AtomicBuffer buffer = map(file);
        sink += caught(each.getValue(), buffer);
        truncate(file);
        try {
          if (caught(each.getValue(), buffer) == CAUGHT) {
            inPlace++;
          }
          MappedFaults.raisePending();
        } catch (InternalError e) {
          late++;
        }
      }
      System.out.println(
          "access " + each.getKey() + ": " + inPlace + " in place, " + late + " late");
    }
    System.out.println("done " + sink);
  }

  private static long caught(Access access, AtomicBuffer buffer) {
    try {
      long value = access.go(buffer, PAGE);
      MappedFaults.raisePending();
      return value;
    } catch (InternalError e) {
      return CAUGHT;
    }
  }

  private static AtomicBuffer map(Path file) throws IOException {
    Files.write(file, new byte[LENGTH]);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, LENGTH);
      return new UnsafeBuffer(mapped);
    }
  }

  private static void truncate(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
    }
  }
}
